"""A message of unknown fate, when a report should have come and has not: watched on, and some repeated once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from kizuna.core.catalog import Catalog
from kizuna.core.decisions.record import of_judgement_again
from kizuna.core.errors import AddressTaken
from kizuna.core.judging import state_judged
from kizuna.core.messages import Message
from kizuna.core.ports import Ledger, Messages, NewMessage, People
from kizuna.core.unconfirmed import may_be_repeated, once_more, watched_on
from kizuna.usecases.decisions.rejudge import Rejudged, is_stopped, rejudge


class Ports(Protocol):
    """What looking after such a message needs."""

    @property
    def people(self) -> People: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def messages(self) -> Messages: ...


def look_after(message: Message, on: Ports, catalog: Catalog, *, now: datetime) -> None:
    """Draw the consequences of a watch that ended without a report.

    The repeat is put before the watch is moved on, under an id and guards of its own: a crash in between, or a second
    ring of the same alarm, finds it there.
    """
    after = watched_on(message, now=now)
    if may_be_repeated(message) and catalog.policy.repeat_unknown and after.watched_until is not None:
        _repeat(message, on, catalog, now=now)
    on.messages.save(after, expected=message.state_version)


def _repeat(message: Message, on: Ports, catalog: Catalog, *, now: datetime) -> None:
    if is_stopped(message, catalog) or (message.expires_at is not None and now >= message.expires_at):
        return
    again = rejudge(
        message, people=on.people, ledger=on.ledger, messages=on.messages, catalog=catalog, now=now
    )
    if not isinstance(again, Rejudged):
        return
    repeat = _as_judged(once_more(message, now=now), again, catalog)
    parts = on.people.profiles([message.person])[message.person].parts
    try:
        on.messages.create(NewMessage(repeat, None, parts))
    except AddressTaken:
        return  # somebody else at this address lost theirs as well, and it was repeated for them


def _as_judged(repeat: Message, again: Rejudged, catalog: Catalog) -> Message:
    """Kept also where the gate says no by now: that there was to be a repeat, and why there is none."""
    judgement = again.judgement
    return replace(
        repeat,
        state=state_judged(judgement),
        reason=str(judgement.reason),
        not_before=judgement.not_before,
        decision=of_judgement_again(repeat, judgement, profile=again.profile, catalog=catalog),
    )
