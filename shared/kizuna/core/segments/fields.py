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
from math import inf, nextafter
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
    if leaf.verb not in ("did", "did_not", "count"):
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
_TYPES = (None, "string", "number", "boolean")
_EXACT = 1 << 53  # whole numbers up to here are floats, too


def _is_plain(leaf: TraitIs) -> bool:
    if positive_of(leaf.op) not in _PLAIN or leaf.value_type not in _TYPES:
        return False
    return positive_of(leaf.op) != "eq" or not isinstance(leaf.value, list | tuple)


class TraitField:
    """Questions about one trait whose answers depend on its value alone.

    `words` are the changes by texts that came before, `flags` those by False and by True. Where numbers matter,
    `cuts` are those at which an answer may change, and `regions` the changes between them.
    """

    def __init__(self, path: str, questions: Sequence[tuple[int, TraitIs]], summed: Sum) -> None:
        self.path = path
        self.words: dict[str, int] = {}
        self._questions = [
            (number, leaf, evaluate(leaf, NOBODY, now=FIRST).matched) for number, leaf in questions
        ]
        self._summed = summed
        self._is_plain = all(_is_plain(leaf) for _, leaf in questions)
        self.cuts = _cuts(leaf.value for _, leaf in questions) if self._is_plain else []
        self.regions: list[int | None] = [None] * (len(self.cuts) + 1)
        self.flags = (summed(self._differing(False)), summed(self._differing(True)))

    def of(self, value: Any) -> int:
        """What a value changes."""
        if isinstance(value, list) and self._is_plain:
            return self._summed(frozenset[int]().union(*map(self._differing, value)))
        if self.cuts and type(value) in (int, float) and value == value:  # noqa: PLR0124  (not a number: nowhere)
            place = bisect_right(self.cuts, value)
            change = self.regions[place]
            if change is None:
                change = self.regions[place] = self._summed(self._differing(value))
            return change
        change = self._summed(self._differing(value))
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


def _cuts(values: Iterable[Any]) -> list[float]:
    """The numbers among what is compared with, each followed by the next higher one: it may be "above" or "from"."""
    numbers = {
        number
        for value in values
        for number in (value if isinstance(value, tuple) else (value,))
        if type(number) in (int, float)
    }
    if any(abs(number) >= _EXACT for number in numbers):
        return []
    return sorted({cut for number in numbers for cut in (number, nextafter(number, inf))})


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
        self.size = len(self.rows)

    def of(self, count: int) -> int:
        return self.rows[count if count < self.size else -1]


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
        whether = [each for each in windows if each.size <= 2]
        self.windows = [each for each in windows if each.size > 2]
        self.lengths = [each.length for each in whether]
        self.by_age = [sum(each.of(1) for each in whether[place:]) for place in range(len(whether) + 1)]
        self.is_timed = bool(windows)
        self.is_counted = self.total.size > 1

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
                turning = window.turning[count if count < window.size else -1]
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
