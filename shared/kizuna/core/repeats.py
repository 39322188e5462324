"""A message that says what another one said: a row of its own that names the first."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kizuna.core.ids import message_id
from kizuna.core.messages import Message, State


def repeat_of(message: Message, mark: str, *, now: datetime) -> Message:
    """The one repeat of a message for a reason (`mark`), which nobody has tried to send yet.

    Its id follows from what the first one's does: however often it is asked for, there is one. Receivers that know
    repeats by a key know it by the first one's, also where this is the repeat of a repeat.
    """
    step = f"{message.step}~{mark}"
    again = message_id(
        campaign=message.campaign,
        run=message.run,
        step=step,
        person=message.person,
        channel=message.channel,
        address=message.address_id,
    )
    return replace(
        message,
        id=again,
        step=step,
        again_of=message.again_of or message.id,
        state=State.PENDING,
        state_version=0,
        created_at=now,
        changed_at=now,
        not_before=None,
        owner="",
        throttled=0,
        provider_id="",
        unknown_since=None,
        watched_until=None,
        facts={},
        evidence=(),
    )
