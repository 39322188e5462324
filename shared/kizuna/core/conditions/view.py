"""What conditions may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from kizuna.core.conditions.answers import Answer

Moves = Mapping[str, tuple[int | None, int | None]]  # of a segment: last entered, last left, in milliseconds


class Consents(Protocol):
    """What a person's ledger says, as conditions may ask for it (`consent_standing`)."""

    def word(self, channel: str, topic: str, purpose: str, state: str, *, now: datetime) -> Answer:
        """Whether the word on a channel and topic is this one (`ConsentIs`)."""
        ...

    def may_write(self, channel: str, topic: str | None, *, now: datetime) -> Answer:
        """Whether a promotional message would be let through (`Reachable`)."""
        ...


@dataclass(frozen=True, slots=True)
class View:
    """What conditions may look at."""

    traits: Mapping[str, Any]
    aggregates: Mapping[str, Mapping[str, Any]]
    segments: frozenset[str]
    channels: frozenset[str]  # with a usable address
    bucket_id: str
    consents: Consents | None = None  # None: nothing was ever said
    moves: Moves = field(default_factory=dict)  # of the segments that some condition asks about
    lists: frozenset[str] = frozenset()  # kept by hand
    journeys: Mapping[str, frozenset[str]] = field(default_factory=dict)  # `segments.stands.Stands`
    since: Mapping[str, datetime] = field(default_factory=dict)  # of a trait: when it came to its value
    zone: str | None = None  # the person's, by its IANA name
