"""Runs of RFM: what began, the pages of each, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.rfm.runs import Page, Phase, Result, RfmRun


class RfmRuns(Protocol):
    """Runs by definition and instant. Nothing in it names a person but the last of each page."""

    def start(self, run: RfmRun) -> RfmRun:
        """Record that a run began, unless one of this definition and instant did: then that one is told.

        Put on the condition that there is none. A crash right after leaves a run that nobody works on; starting it
        again hands it out.
        """
        ...

    def get(self, definition: str, run: str) -> RfmRun | None: ...

    def latest(self, definition: str, *, limit: int = 10) -> tuple[RfmRun, ...]:
        """The newest runs of a definition, the newest first."""
        ...

    def add(self, run: RfmRun, page: Page) -> bool:
        """Store a page on the condition that its step is free. False if it is not: somebody else did it.

        A crash right after leaves the shard to whoever gets its message again, who goes on behind this page.
        """
        ...

    def last(self, run: RfmRun, phase: Phase, shard: int) -> Page | None:
        """The page of the highest step of a shard."""
        ...

    def pages(self, run: RfmRun, phase: Phase) -> Iterable[Page]:
        """All pages of a phase, shard by shard in the order of their steps."""
        ...

    def settle(self, run: RfmRun, result: Result) -> None:
        """Store what came of a run, once; a second one, worked out of the same pages, says the same."""
        ...

    def result(self, run: RfmRun) -> Result | None: ...
