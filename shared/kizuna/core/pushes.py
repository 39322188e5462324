"""What an app tells of a push: no provider says that one was shown or tapped.

With each push travels the id of its message, and the app gives it back with the event of the client SDKs' mobile
specification. The id follows from the token of the device and is told to nobody else, so whoever has it got the push;
that it is theirs is looked at besides (`usecases/outcomes/told_by_app.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kizuna.core.events import Event
from kizuna.core.messages import Message, State

MESSAGE_FIELD = "kizuna_message"  # in the data of a push, and in the properties of what the app tells
# A tap leads into the app at once: it is an open and a click in one.
_TAPPED = ("opened", "clicked")
FACTS_OF: Mapping[str, tuple[str, ...]] = {
    "Push Notification Received": ("delivered",),
    "Push Notification Tapped": _TAPPED,
    "Push Notification Opened": _TAPPED,
    "Application Opened": _TAPPED,  # by the push, where it brings its id
}
_ID = re.compile(r"[a-z2-7]{26}")
_MAY_BE_THERE = frozenset({State.SENDING, State.SENT, State.UNKNOWN})


@dataclass(frozen=True, slots=True)
class ToldOfPush:
    """An app says what became of a push."""

    message: str
    facts: tuple[str, ...]
    at: datetime


def data_of(message: Message, data: Mapping[str, str]) -> dict[str, str]:
    """What travels with a push: what its template says, and the id of its message."""
    return {**data, MESSAGE_FIELD: message.id}


def told_of_push(event: Event) -> ToldOfPush | None:
    """What an event says about a push of ours; None for what says nothing, whatever is in it."""
    facts = FACTS_OF.get(event.name) if event.type == "track" else None
    named: Any = event.properties.get(MESSAGE_FIELD)
    if facts is None or not isinstance(named, str) or not _ID.fullmatch(named):
        return None
    return ToldOfPush(named, facts, min(event.at, event.received_at))


def may_be_told_of(message: Message) -> bool:
    """Whether a message is a push that may have reached a device."""
    return message.channel == "push" and message.state in _MAY_BE_THERE
