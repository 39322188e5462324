"""Calls to systems outside AWS, at URLs that somebody wrote into the workspace; and how these systems are doing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.webhooks.circuits import Circuit


@dataclass(frozen=True, slots=True)
class Call:
    """One POST."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Replied:
    """The system answered with a status; `retry_after` is the patience that it asks for, if it does."""

    status: int
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Barred:
    """The URL may not be called, or its name leads where nobody is to call. Not a byte was sent."""

    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """No answer: not reached, cut off, too slow, or nothing that is HTTP."""

    reason: str


CallResult = Replied | Barred | Broken


class Callout(Protocol):
    def call(self, call: Call) -> CallResult:
        """Make one attempt; nothing is followed, and nothing of an answer's body is read. Raises nothing."""
        ...


class Circuits(Protocol):
    """The circuit breakers of webhooks."""

    def read(self, webhook: str) -> Circuit | None: ...

    def save(self, circuit: Circuit) -> bool:
        """Store a circuit if the stored one is of the version before. A crash leaves the old or the new one; what a
        lost update forgets is one failure. False if somebody else was faster. Raises Unavailable.
        """
        ...
