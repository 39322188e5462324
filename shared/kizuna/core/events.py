"""What clients tell us, in one canonical form whatever SDK, bus or file it came by.

`intake` makes these from the dialects of `ingest-api.md`; everything behind it knows only this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.durations import Duration

_OURS = "kizuna"  # a name in the context of events that is ours to tell …
TOLD_BY = f"{_OURS}.told_by"  # … and the path of what it tells: see `SeenContext`

EventType = Literal["identify", "track", "page", "screen", "group", "alias"]


class SourceKind(StrEnum):
    """Who vouches for an event; it decides what its consents and identifiers are worth."""

    CLIENT = "client"  # a publishable key in a web page or app: unverified
    SERVER = "server"  # the company's own back end, with a secret key
    PROVIDER = "provider"  # SES, SMS or push, through the account's own bus
    IMPORT = (
        "import"  # a file of the company's: worth what a back end's word is, with the proof that a row shows
    )
    SYSTEM = "system"  # Kizuna itself: a preference page


@dataclass(frozen=True, slots=True)
class ConsentProof:
    """How a source asks for consent, declared once for it: what its grants rest on, what was promised in exchange,
    and for how long they were given (None: for good)."""

    wording_version: str
    shown: str
    basis: str = "express"
    benefit_offered: str = ""
    expires_after: Duration | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where an event came from: the scope of its message ids and the worth of its word."""

    id: str
    kind: SourceKind
    consent_proof: ConsentProof | None = None
    identity_verified: bool = False  # the caller proved with a token to be this very person


@dataclass(frozen=True, slots=True)
class Event:
    """One event with its corrected time. Times are aware, in UTC.

    `at` orders the profile, `received_at` is our own clock. `profile_id` is set only where the person is
    already known without identifiers: feedback about a message we sent.
    """

    type: EventType
    id: str
    source: Source
    at: datetime
    received_at: datetime
    name: str = ""  # of a track event; the page or screen name otherwise
    user_id: str | None = None
    anonymous_id: str | None = None
    previous_id: str | None = None
    group_id: str | None = None
    traits: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    triggers: bool = True  # False: stored and counted, but starts no message and no journey
    profile_id: str | None = None
    original_at: datetime | None = None
    sent_at: datetime | None = None
    identities: tuple[
        tuple[str, str], ...
    ] = ()  # (type, value) pairs that a merge call declares one person's
    extra: Mapping[str, Any] = field(default_factory=dict)  # fields of the raw event without a meaning here


class SeenContext(Mapping[str, Any]):
    """An event's context as conditions see it, which also says who told the event.

    `kizuna.told_by` is the kind of the source, as we know it from the key: whatever the event itself says under our
    name is not looked at.
    """

    __slots__ = ("_event",)

    def __init__(self, event: Event) -> None:
        self._event = event

    def __getitem__(self, name: str) -> Any:
        if name == _OURS:
            return {"told_by": self._event.source.kind.value}
        if _is_ours(name):
            raise KeyError(name)
        return self._event.context[name]

    def __iter__(self) -> Iterator[str]:
        yield from (name for name in self._event.context if not _is_ours(name))
        yield _OURS

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _is_ours(name: str) -> bool:
    return name == _OURS or name.startswith(f"{_OURS}.")


@dataclass(frozen=True, slots=True)
class Violation:
    """An event that cannot be used, or only in part, with its cause. `raw` is what came in, kept for a replay.

    `stored`: the event was counted all the same, and only what `path` names was not used, or only reported.
    """

    cause: str  # a code: event_too_large, missing_identity, unknown_type, …
    path: str  # the field, such as `batch[3].event`
    reason: str  # a sentence without personal data
    source: str
    received_at: datetime
    raw: str
    event_name: str = ""
    stored: bool = False
    source_kind: str = ""  # what its word was worth; empty where nobody vouched for anything

    @property
    def fate(self) -> Literal["stored", "quarantined", "rejected"]:
        """What became of the event: counted all the same, kept for a replay, or not kept at all."""
        if self.stored:
            return "stored"
        return "quarantined" if self.raw else "rejected"
