"""Hours in which the company itself wants to be heard, for one message to one person (`rules-spec.md` 5.2).

They stand beside the hours of the law and those that a person asked for, and can only make a message wait or vanish.
What a workspace writes is `quiet_rules.QuietHours`; here it is with the person's zone found, as the gate is asked it
and as decision records keep it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from kizuna.core.policy import Window

OnHit = Literal["defer", "drop", "channel_switch"]

DAY = 24 * 60  # minutes
CLOSED = -1  # in the place of a weekday: a day without hours

Span = tuple[
    int, int
]  # local minutes from the midnight at which its day begins; over midnight the end is above 1440
Week = tuple[tuple[Span, ...], ...]  # Monday first


def open_windows(week: Week, day: int, *, quiet: bool, before: int | None = None) -> tuple[Window, ...]:
    """The open minutes of a day that counts as this weekday (or `CLOSED`), after one that counted as `before`."""
    if day == CLOSED:
        return ()
    before = (day - 1) % 7 if before is None else before
    spilled = () if before == CLOSED else week[before]
    told = [Window(start, min(end, DAY)) for start, end in week[day]]
    told += [Window(0, end - DAY) for _, end in spilled if end > DAY]
    joined = _joined(told)
    return _rest(joined) if quiet else joined


def _joined(windows: Iterable[Window]) -> tuple[Window, ...]:
    found: list[Window] = []
    for window in sorted(windows):
        if found and window.start <= found[-1].end:
            found[-1] = Window(found[-1].start, max(found[-1].end, window.end))
        else:
            found.append(window)
    return tuple(found)


def _rest(windows: Sequence[Window]) -> tuple[Window, ...]:
    edges = [0, *(edge for window in windows for edge in window), DAY]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple(Window(start, end) for start, end in pairs if start < end)


@dataclass(frozen=True, slots=True)
class HouseHours:
    """The hours that one message to one person keeps.

    They hold in all of `zones`, or where none is known in every zone of the `country` (empty: of the world). `days`
    are dates that count as another weekday, or as `CLOSED`. A message that would have to wait until after `until` is
    too late. `every`: service messages keep them as well.
    """

    week: Week
    until: datetime
    quiet: bool = False
    days: tuple[tuple[str, int], ...] = ()
    zones: tuple[str, ...] = ()
    country: str = ""
    on_hit: OnHit = "defer"
    every: bool = False

    def open_on(self, day: date) -> tuple[Window, ...]:
        """The local minutes of a day in which the message may be heard."""
        return open_windows(
            self.week, self._counts_as(day), quiet=self.quiet, before=self._counts_as(day - timedelta(days=1))
        )

    def _counts_as(self, day: date) -> int:
        return next((other for told, other in self.days if told == day.isoformat()), day.weekday())
