"""Runs of RFM in memory."""

from __future__ import annotations

from collections.abc import Iterable

from kizuna.core.rfm.runs import Page, Phase, Result, RfmRun


class InMemoryRfm:
    """The port `RfmRuns`."""

    def __init__(self) -> None:
        self.runs: dict[tuple[str, str], RfmRun] = {}
        self.stored: dict[tuple[str, str], dict[tuple[Phase, int, int], Page]] = {}
        self.results: dict[tuple[str, str], Result] = {}

    def start(self, run: RfmRun) -> RfmRun:
        return self.runs.setdefault(_key(run), run)

    def get(self, definition: str, run: str) -> RfmRun | None:
        return self.runs.get((definition, run))

    def latest(self, definition: str, *, limit: int = 10) -> tuple[RfmRun, ...]:
        found = (run for run in self.runs.values() if run.definition.id == definition)
        return tuple(sorted(found, key=lambda run: run.id, reverse=True)[:limit])

    def add(self, run: RfmRun, page: Page) -> bool:
        pages = self.stored.setdefault(_key(run), {})
        place = (page.phase, page.shard, page.step)
        if place in pages:
            return False
        pages[place] = page
        return True

    def last(self, run: RfmRun, phase: Phase, shard: int) -> Page | None:
        found = [page for page in self.pages(run, phase) if page.shard == shard]
        return found[-1] if found else None

    def pages(self, run: RfmRun, phase: Phase) -> Iterable[Page]:
        pages = self.stored.get(_key(run), {})
        return [page for place, page in sorted(pages.items()) if place[0] == phase]

    def settle(self, run: RfmRun, result: Result) -> None:
        self.results.setdefault(_key(run), result)

    def result(self, run: RfmRun) -> Result | None:
        return self.results.get(_key(run))


def _key(run: RfmRun) -> tuple[str, str]:
    return run.definition.id, run.id
