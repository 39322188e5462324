"""The questions of a plan that look at the same thing, answered together by one look-up.

    a trait                  by its value, or by where a number lies between those that are compared with it
    the memory of an event   by how many of its instants a window holds, or by how old the latest is
    a set                    by each of its elements
    anything else            question by question

An answer is told as what it changes: `Unit`s of the plan's one number (`segment_layout`), counted from the answers
about somebody of whom nothing is known. So whatever is unknown costs nothing. Instants are whole milliseconds since
1970 here, as they are stored.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import ceil, inf, nextafter
from typing import Any

from kizuna.core.conditions import Condition, EventDid, Reachable, StaticList, TraitIs, View, evaluate
from kizuna.core.conditions.comparing import compare_numbers
from kizuna.core.conditions.inputs import Input
from kizuna.core.conditions.operators import positive_of
from kizuna.core.conditions.trait_questions import looks_of
from kizuna.core.conditions.windows import Last
from kizuna.core.durations import FIRST
from kizuna.core.segment_moments import NEVER

_LONGEST = 100 * 366 * 86_400  # seconds: longer windows could pass the ends of the calendar
_VALUES = 512  # remembered of one trait
_LONG = 64  # characters of a value that is not remembered

Sum = Callable[[frozenset[int]], int]  # of the units of questions
NOBODY = View(traits={}, aggregates={}, segments=frozenset(), channels=frozenset(), bucket_id="")


def is_by_value(leaf: TraitIs) -> bool:
    """Whether the value of this one trait is all that the answer depends on."""
    return not looks_of(leaf).anywhere


def is_counted(leaf: EventDid) -> bool:
    """Whether a number of events answers it, of all time or in a time up to now of exact length."""
    if leaf.verb not in ("did", "did_not", "count") or leaf.asks_place:
        return False
    return leaf.window is None or (isinstance(leaf.window, Last) and 0 < leaf.window.last.seconds <= _LONGEST)


def element_of(leaf: Condition) -> Input | None:
    """The field of a view that must hold an element, with the element."""
    match leaf:
        case StaticList(static_list=name):
            return Input("lists", name)
        case Reachable(reachable=channel, purpose="any"):
            return Input("channels", channel)
        case _:
            return None


# ── traits ──────────────────────────────────────────────────────────────────────────────────────

# Of a list these hold where they hold for an element; and of a number they tell how it lies to other numbers.
_PLAIN = frozenset(
    {"eq", "in", "gt", "gte", "lt", "lte", "between", "contains", "starts_with", "ends_with", "has_any"}
)
_TYPES = (None, "number")  # read as a text, a number answers like no other
_FROM = frozenset({"gte", "lt"})  # their answers change at the number …
_ABOVE = frozenset({"gt", "lte"})  # … and theirs just above it
_EXACT = 1 << 53  # whole numbers up to here are floats, too


def _is_plain(leaf: TraitIs) -> bool:
    if positive_of(leaf.op) not in _PLAIN or leaf.value_type not in _TYPES:
        return False
    return positive_of(leaf.op) != "eq" or not isinstance(leaf.value, list | tuple)


class TraitField:
    """Questions about one trait whose answers depend on its value alone.

    `words` are the changes by texts that came before, `flags` those by False and by True. Where numbers matter,
    `cuts` are those at which an answer may change, and `regions` the changes between them; `steps` and `levels` are
    the same for whole numbers, which are compared much faster with their like.
    """

    def __init__(self, path: str, questions: Sequence[tuple[int, TraitIs]], summed: Sum) -> None:
        self.path = path
        self.words: dict[str, int] = {}
        self._questions = [
            (number, leaf, evaluate(leaf, NOBODY, now=FIRST).matched) for number, leaf in questions
        ]
        self._summed = summed
        self._is_plain = all(_is_plain(leaf) for _, leaf in questions)
        self.cuts = _cuts(leaf for _, leaf in questions) if self._is_plain else []
        self.regions: list[int | None] = [None] * (len(self.cuts) + 1)
        self.steps = sorted({ceil(cut) for cut in self.cuts})
        self.levels: list[int | None] = [None] * (len(self.steps) + 1)
        self.flags = (summed(self._differing(False)), summed(self._differing(True)))

    def of(self, value: Any) -> int:
        """What a value changes."""
        if isinstance(value, list) and self._is_plain:
            return self._summed(frozenset[int]().union(*map(self._differing, value)))
        change = self._summed(self._differing(value))
        if self.cuts and type(value) is int:
            self.levels[bisect_right(self.steps, value)] = change
        if self.cuts and type(value) is float and value == value:  # noqa: PLR0124  (not a number: nowhere)
            self.regions[bisect_right(self.cuts, value)] = change
        if type(value) is str and len(value) <= _LONG:
            if len(self.words) >= _VALUES:
                self.words.clear()
            self.words[value] = change
        return change

    def _differing(self, value: Any) -> frozenset[int]:
        """The questions whose answer is another than about somebody without the trait."""
        view = replace(NOBODY, traits={self.path: value})
        return frozenset(
            number
            for number, leaf, unknown in self._questions
            if evaluate(leaf, view, now=FIRST).matched is not unknown
        )


def _cuts(leaves: Iterable[TraitIs]) -> list[float]:
    """The numbers at which an answer may change: one that is compared with, or the next higher one."""
    cuts: set[float] = set()
    for leaf in leaves:
        op = positive_of(leaf.op)
        for number in leaf.value if isinstance(leaf.value, tuple) else (leaf.value,):
            if isinstance(number, bool) or not isinstance(number, int | float):
                continue
            if abs(number) >= _EXACT:
                return []
            cuts.update(() if op in _ABOVE else (number,))
            cuts.update(() if op in _FROM else (nextafter(number, inf),))
    return sorted(cuts)


# ── memories of events ──────────────────────────────────────────────────────────────────────────


class _Window:
    """What a number of events in a window of some length changes."""

    def __init__(self, length: int, questions: Sequence[tuple[int, EventDid]], summed: Sum) -> None:
        self.length = length
        turning = {count for _, leaf in questions for count in leaf.turning_counts if count > 0}
        self.rows = [0]  # by number; the last stands for all higher ones
        self.turning = [0]  # with the how many latest event the answer turns next; 0: with none
        for count in range(1, max(turning, default=0) + 1):
            if count in turning:
                differing = frozenset(
                    number for number, leaf in questions if _holds(leaf, count) is not _holds(leaf, 0)
                )
                self.rows.append(summed(differing))
                self.turning.append(count)
            else:
                self.rows.append(self.rows[-1])
                self.turning.append(self.turning[-1])
        self.most = len(self.rows) - 1

    def of(self, count: int) -> int:
        return self.rows[count if count < self.most else self.most]


Rows = tuple[int, ...]  # what a number of events changes; the last for all higher ones
Windows = tuple[tuple[int, Rows, int], ...]  # length, rows, the place of their last
Timed = tuple[
    Sequence[int], Rows, Windows
]  # lengths of windows, by age of the latest, and by numbers in windows
Tables = tuple[Rows, int, Timed | None]  # of all time, the place of their last, and of windows


class MemoryField:
    """All questions about how often something happened that share one memory (`aggregates`).

    `total` is by the number of all time, `by_age` by how many of `lengths` the latest event is older than, `windows`
    are those in which more than whether there was one matters.
    """

    def __init__(self, key: str, questions: Sequence[tuple[int, EventDid]], summed: Sum) -> None:
        self.key = key
        by_length: dict[int, list[tuple[int, EventDid]]] = {}
        for number, leaf in questions:
            length = leaf.window.last.seconds * 1000 if isinstance(leaf.window, Last) else 0
            by_length.setdefault(length, []).append((number, leaf))
        total = by_length.pop(0, [])
        self.total = _Window(0, total, summed)
        windows = [_Window(length, about, summed) for length, about in sorted(by_length.items())]
        whether = [each for each in windows if each.most <= 1]
        self.windows = [each for each in windows if each.most > 1]
        self.lengths = [each.length for each in whether]
        self.by_age = [sum(each.of(1) for each in whether[place:]) for place in range(len(whether) + 1)]
        self.is_timed = bool(windows)
        self.is_counted = self.total.most > 0

    def tables(self) -> Tables:
        """What `of` looks up, for those who do so themselves."""
        windows = tuple((each.length, tuple(each.rows), each.most) for each in self.windows)
        timed = (self.lengths, tuple(self.by_age), windows) if self.is_timed else None
        return tuple(self.total.rows), self.total.most, timed

    def of(self, state: Mapping[str, Any], millis: int) -> int:
        """What the memory changes at a moment."""
        change = self.total.of(state.get("n", 0)) if self.is_counted else 0
        instants: Sequence[int] = state.get("t", ())
        past = bisect_right(instants, millis)
        if past:
            change += self.by_age[bisect_right(self.lengths, millis - instants[past - 1])]
            for window in self.windows:
                change += window.of(past - bisect_right(instants, millis - window.length, 0, past))
        return change

    def turn(self, state: Mapping[str, Any], millis: int) -> int:
        """When an answer may next change with no event, or NEVER."""
        instants: Sequence[int] | None = state.get("t")
        if not instants:
            return NEVER
        past = bisect_right(instants, millis)
        first = instants[past] if past < len(instants) else NEVER  # one that is still to come
        if past:
            latest = instants[past - 1]
            place = bisect_right(self.lengths, millis - latest)
            if place < len(self.lengths):
                first = min(first, latest + self.lengths[place])
            for window in self.windows:
                count = past - bisect_right(instants, millis - window.length, 0, past)
                turning = window.turning[count if count < window.most else window.most]
                if turning:
                    first = min(first, instants[past - turning] + window.length)
        return first


def _holds(leaf: EventDid, count: int) -> bool:
    match leaf.verb:
        case "did":
            return count >= 1
        case "did_not":
            return count == 0
        case _:
            return compare_numbers(leaf.op, count, leaf.number)
