"""How far long work is, told in lines: a log can be read as well as a terminal, and while it is being written."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO, TypeVar

EVERY = 10.0  # seconds between two lines
T = TypeVar("T")


class Progress:
    """Says what is going on and how much of it is done: at once, then at most one line every ten seconds."""

    def __init__(
        self,
        what: str,
        total: int,
        *,
        out: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
        every: float = EVERY,
    ) -> None:
        self._what, self._total, self._every, self._clock = what, total, every, clock
        self._out = out or sys.stderr
        self._began = self._said = clock()
        self._say(f"{what}: {total:,} to do")

    def at(self, done: int, more: str = "") -> None:
        """So many are done by now."""
        now = self._clock()
        if now - self._said < self._every:
            return
        self._said = now
        rate = done / (now - self._began)
        ahead = f", some {_duration((self._total - done) / rate)} left" if 0 < done < self._total else ""
        told = f"{done:,} of {self._total:,}{f', {more}' if more else ''}, {rate:,.0f} a second{ahead}"
        self._say(f"{self._what}: {told}")

    def over(self, work: Iterable[T]) -> Iterator[T]:
        """The same things, counted as they pass."""
        for done, each in enumerate(work, start=1):
            self.at(done)
            yield each

    def _say(self, text: str) -> None:
        self._out.write(f"{time.strftime('%H:%M:%S')} {text}\n")
        self._out.flush()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min" if minutes else f"{rest} s"
