"""What a sequence means, asked of the events that are remembered of its steps.

    rows of the steps ──▶ for each step: where the steps so far may end, and what later steps must equal
                      ──▶ the last step has an end, and nothing followed that must not

A row is an event: its millisecond, the steps that it may be (a bit each), the values by which steps are joined. They
are sorted (`tallying.place`); a step follows another if its row comes later in that order.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Events
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kizuna.core.conditions.answers import Answer
from kizuna.core.conditions.event_meaning import Kept, answered, looked_at
from kizuna.core.conditions.sequences import Sequence, Step
from kizuna.core.conditions.windows import LOOKS_BACK, Frame, Last, frame_at, turns_of
from kizuna.core.durations import Duration, epoch_millis, from_epoch_millis

Bound = tuple[tuple[str, str], ...]  # what joins refer to: `step.property` and its value as text, by name
Rows = Events[Events[Any]]


def sequence_answer(
    leaf: Sequence, state: Mapping[str, Any], *, now: datetime, zone: str | None = None
) -> Answer:
    """Whether it happened in this order, and the moment at which that changes if nothing happens."""
    kept = Kept(state)
    rows = kept.rows
    most = looked_at(5_000, kept)

    def holds(moment: datetime) -> bool:
        frame = frame_at(leaf.window, now=moment, zone=zone, since=state.get("l"))
        if frame is None:
            return False
        if leaf.window is None:
            frame = Frame(epoch_millis(moment - LOOKS_BACK), frame.until)
        return _Search(leaf, rows, frame, moment).succeeds()

    turns = _turns(leaf, rows, now=now, zone=zone, most=most + 1)
    return answered(holds, turns, now=now, most=most)


def complete_sequence_since(leaf: Sequence, state: Mapping[str, Any], *, now: datetime) -> datetime | None:
    """Since when all its events are remembered; None where that is everything that it looks at."""
    since = state.get("cs")
    if since is None or leaf.window is None:
        return None
    frame = frame_at(leaf.window, now=now, since=state.get("l"))
    return from_epoch_millis(since) if frame is None or frame.after < since else None


def _turns(leaf: Sequence, rows: Rows, *, now: datetime, zone: str | None, most: int) -> Iterable[datetime]:
    """Steps enter and leave the window, and the time is over in which something must not follow: the next ones."""
    happened = [row[0] for row in rows if row[1]]
    yield from turns_of(leaf.window or _WITHOUT, happened, now=now, zone=zone, most=most)
    yield from turns_of(None, happened, now=now, most=most)
    for step, nots in _steps(leaf):
        places = [row[0] for row in rows if row[1] >> step.number & 1]
        for never in nots:
            if never.step.within is not None:
                yield from turns_of(Last(last=never.step.within), places, now=now, most=most)


_WITHOUT = Last(last=Duration(seconds=int(LOOKS_BACK.total_seconds())))


@dataclass(frozen=True, slots=True)
class _Numbered:
    number: int
    step: Step


def _steps(leaf: Sequence) -> list[tuple[_Numbered, list[_Numbered]]]:
    """The steps that happen, each with those that must not follow it."""
    found: list[tuple[_Numbered, list[_Numbered]]] = []
    for number, step in enumerate(leaf.sequence):
        if step.event is not None:
            found.append((_Numbered(number, step), []))
        else:
            found[-1][1].append(_Numbered(number, step))
    return found


class _Search:
    """One look for the steps of a sequence, at one moment."""

    def __init__(self, leaf: Sequence, rows: Rows, frame: Frame, moment: datetime) -> None:
        self._leaf = leaf
        self._frame = frame
        self._now = epoch_millis(moment)
        self._rows = [row for row in rows if row[0] <= self._now]
        self._instants = [row[0] for row in self._rows]
        self._columns = {name: place + 2 for place, name in enumerate(leaf.columns)}
        self._places: dict[int, list[int]] = defaultdict(list)
        for index, row in enumerate(self._rows):
            for number in range(len(leaf.sequence)):
                if row[1] >> number & 1:
                    self._places[number].append(index)
        self._joined: dict[int, dict[tuple[str, ...], list[int]]] = {}
        self._limits: Mapping[tuple[Bound, int], int] = {}

    def succeeds(self) -> bool:
        steps = _steps(self._leaf)
        # Where the steps so far may end, by what later steps must equal.
        ends: dict[Bound, set[int]] = {(): {-1}}
        for (step, nots), following in zip(steps, [*steps[1:], None], strict=True):
            reached: dict[Bound, set[int]] = defaultdict(set)
            for bound, indexes in ends.items():
                for index in self._next(step, bound, indexes):
                    after = self._bound(step, bound, index)
                    if self._is_unharmed(index, after, nots):
                        reached[after].add(index)
            if not reached:
                return False
            ends = self._limited(reached, nots, is_last=following is None)
        return bool(ends)

    # ── the next step ───────────────────────────────────────────────────────────────────────────

    def _next(self, step: _Numbered, bound: Bound, indexes: set[int]) -> Iterable[int]:
        """The rows that may be this step, given those at which the steps before may end."""
        places = self._matching(step, bound)
        if self._leaf.strict and step.number:
            wanted = {index + 1 for index in indexes}
            candidates: Iterable[int] = [place for place in places if place in wanted]
        else:
            candidates = self._covered(step, places, indexes, bound)
        for place in candidates:
            if not self._frame.holds(self._instants[place]):
                continue
            if self._leaf.strict and self._is_late(step, place):
                continue
            yield place

    def _is_late(self, step: _Numbered, place: int) -> bool:
        """Whether it comes too long after the row just before."""
        within = step.step.within
        return within is not None and place > 0 and self._instants[place] > self._deadline(place - 1, within)

    def _covered(self, step: _Numbered, places: list[int], indexes: set[int], bound: Bound) -> Iterable[int]:
        """Those places that lie after some index, and not later than it allows; each once."""
        done = 0
        for index in sorted(indexes):
            last = self._last_allowed(step, index, bound)
            start = max(done, bisect_right(places, index))
            end = bisect_right(places, last)
            if end > start:
                yield from places[start:end]
                done = end

    def _last_allowed(self, step: _Numbered, index: int, bound: Bound) -> int:
        if index < 0:
            return len(self._rows) - 1
        last = self._limits.get((bound, index), len(self._rows) - 1)
        if step.step.within is None:
            return last
        return min(last, bisect_right(self._instants, self._deadline(index, step.step.within)) - 1)

    # ── what must not follow ────────────────────────────────────────────────────────────────────

    def _is_unharmed(self, index: int, bound: Bound, nots: list[_Numbered]) -> bool:
        """Whether each time in which something must not follow is over, and it did not."""
        for never in nots:
            if never.step.within is None:
                continue
            deadline = self._deadline(index, never.step.within)
            if deadline > self._now:
                return False
            follower = self._first_after(never, bound, index)
            if follower is not None and self._instants[follower] <= deadline:
                return False
        return True

    def _limited(
        self, reached: Mapping[Bound, set[int]], nots: list[_Numbered], *, is_last: bool
    ) -> dict[Bound, set[int]]:
        """What must not come before the next step, or after the last, limits where the next may lie."""
        endless = [never for never in nots if never.step.within is None]
        limits: dict[tuple[Bound, int], int] = {}
        kept: dict[Bound, set[int]] = {}
        for bound, indexes in reached.items():
            for index in indexes:
                followers = [self._first_after(never, bound, index) for never in endless]
                first = min((each for each in followers if each is not None), default=None)
                if first is not None and is_last:
                    continue
                if first is not None:
                    limits[bound, index] = first
                kept.setdefault(bound, set()).add(index)
        self._limits = limits
        return kept

    def _first_after(self, step: _Numbered, bound: Bound, index: int) -> int | None:
        places = self._matching(step, bound)
        at = bisect_right(places, index)
        return places[at] if at < len(places) else None

    # ── joins ───────────────────────────────────────────────────────────────────────────────────

    def _matching(self, step: _Numbered, bound: Bound) -> list[int]:
        """The rows that may be this step and have the values that its joins ask for."""
        joins = step.step.join
        if not joins:
            return self._places[step.number]
        if step.number not in self._joined:
            by_values: dict[tuple[str, ...], list[int]] = defaultdict(list)
            for place in self._places[step.number]:
                values = [self._value(place, name) for name in joins]
                by_values[tuple(value for value in values if value is not None)].append(place)
            self._joined[step.number] = by_values
        known = dict(bound)
        asked = tuple(known[other] for other in joins.values() if other in known)
        return self._joined[step.number].get(asked, []) if len(asked) == len(joins) else []

    def _bound(self, step: _Numbered, bound: Bound, index: int) -> Bound:
        """What later joins refer to, after this step lies in this row."""
        later = {other for each in self._leaf.sequence[step.number + 1 :] for other in each.join.values()}
        known = {name: value for name, value in bound if name in later}
        for other in later:
            name, _, path = other.partition(".")
            if name == step.step.as_:
                value = self._value(index, path)
                if value is not None:
                    known[other] = value
        return tuple(sorted(known.items()))

    def _value(self, place: int, path: str) -> str | None:
        value = self._rows[place][self._columns[path]]
        return None if value is None else json.dumps(value, ensure_ascii=False)

    def _deadline(self, index: int, within: Duration) -> int:
        return epoch_millis(_until(self._instants[index], within))


def _until(millis: int, within: Duration) -> datetime:
    return within.after(from_epoch_millis(millis))
