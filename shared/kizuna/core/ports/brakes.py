"""What is counted to stop a run in time, and what stops it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.messages import Message
    from kizuna.core.restraint.brakes import AccountBrake, Brakes, RunBrake
    from kizuna.core.restraint.cohorts import Mark, Tallies


class Cohorts(Protocol):
    """Exact counts of landed messages and their signals, by run and minute, and by hour for the whole account."""

    def mark(self, message_id: str) -> Mark | None:
        """What is counted of a message; None if nothing is, or there is no such message."""
        ...

    def count(self, message: Message, before: Mark | None, after: Mark) -> bool:
        """Move a message's mark and the counts with it, in one transaction.

        False if its mark is another than `before` by now, or the message is no longer stored: then nothing moved. The
        alarm of the message is set to `look_at` with it. A crash right after leaves both or neither.
        """
        ...

    def sums(self, campaign: str, cohort: str, *, first: int, last: int) -> Tallies:
        """What landed from one minute to another (since 1970, both included)."""
        ...

    def hours(self, *, first: int, last: int) -> Mapping[int, Tallies]:
        """What landed anywhere, by hours since 1970, both included."""
        ...


class BrakeStore(Protocol):
    """The brakes of runs and of the account."""

    def current(self) -> Brakes:
        """As they stand at this very moment."""
        ...

    def save_run(self, brake: RunBrake) -> bool:
        """Store a brake whose version is one higher than what was read. False if somebody else was first."""
        ...

    def save_account(self, brake: AccountBrake) -> bool:
        """Likewise."""
        ...
