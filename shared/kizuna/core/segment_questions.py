"""The questions of a segment index that look at the same thing, answered together.

    a trait                   what its value makes true is remembered by value
    the memory of an event    one count per window decides every question about that window

Instants are whole microseconds since 1970 here; the stored ones have whole milliseconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kizuna.core.conditions import EventDid, TraitIs, at_path, compare
from kizuna.core.conditions.comparing import TAKES_DURATION, compare_numbers, positive_of
from kizuna.core.durations import FIRST

NEVER = 1 << 62
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 100 * 366 * 86_400  # seconds: longer windows could pass the ends of the calendar

_VALUES = 256  # remembered of one trait
_LONG = 64  # characters of a value that is not remembered
_PLAIN = (str, int, float, bool, type(None))


def micros(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def moment(turn: int) -> datetime | None:
    """The inverse of `micros`; None for `NEVER`."""
    return None if turn >= NEVER else _EPOCH + turn * _MICROSECOND


# ── traits ──────────────────────────────────────────────────────────────────────────────────────


def is_timed(leaf: TraitIs) -> bool:
    """Whether the answer also depends on the moment."""
    return positive_of(leaf.op) in TAKES_DURATION


class TraitQuestions:
    """All questions about one trait whose answers depend on its value alone."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._questions: list[tuple[int, TraitIs]] = []
        self._known: dict[tuple[type, Any], int] = {}

    def add(self, bit: int, question: TraitIs) -> None:
        self._questions.append((bit, question))

    def truths(self, traits: Mapping[str, Any]) -> int:
        """The bits of the questions that hold."""
        value = at_path(traits, self._path)
        if not isinstance(value, _PLAIN) or (isinstance(value, str) and len(value) > _LONG):
            return self._asked(value)
        key = (type(value), value)  # the type, for 1 and True are equal
        known = self._known.get(key)
        if known is None:
            known = self._asked(value)
            if len(self._known) >= _VALUES:
                self._known.clear()
            self._known[key] = known
        return known

    def _asked(self, value: Any) -> int:
        truth = 0
        for bit, question in self._questions:
            if compare(question.op, value, question.value, now=FIRST).matched:
                truth |= bit
        return truth


# ── events ──────────────────────────────────────────────────────────────────────────────────────


def is_counted(leaf: EventDid) -> bool:
    """Whether a number of events answers it: no sum, and no window that the calendar makes longer or shorter."""
    if leaf.verb == "sum":
        return False
    return leaf.window is None or 0 < leaf.window.last.seconds <= _LONGEST


@dataclass(frozen=True, slots=True)
class _Row:
    """What so many events in a window mean: the questions that hold, those that turn, and with which event.

    `turns` are pairs of k and nodes: these turn when the k-th latest event leaves the window.
    """

    truth: int
    timed: int
    turns: tuple[tuple[int, tuple[int, ...]], ...]


class EventQuestions:
    """All questions about how often something happened that share one memory (`aggregates`)."""

    def __init__(self, key: str) -> None:
        self.key = key
        self._leaves: dict[int | None, list[tuple[int, EventDid]]] = {}
        self._tables: dict[int | None, tuple[_Row, ...]] = {}

    def add(self, node: int, leaf: EventDid) -> None:
        length = leaf.window.last.seconds * 1000 if leaf.window else None
        about = self._leaves.setdefault(length, [])
        about.append((node, leaf))
        self._tables[length] = _table(about)

    def ask(self, state: Mapping[str, Any], present: int, turns: list[int]) -> tuple[int, int]:
        """The bits of the questions that hold, and of those that turn; when, is entered into `turns`."""
        truth = timed = 0
        instants: Sequence[int] = state.get("t", ())
        millis = present // 1000
        past = len(instants)
        if past and instants[-1] > millis:
            past = bisect_right(instants, millis)
        for length, rows in self._tables.items():
            if length is None:
                truth |= rows[min(int(state.get("n", 0)), len(rows) - 1)].truth
                continue
            count = past - bisect_right(instants, millis - length, 0, past)
            row = rows[count if count < len(rows) else -1]
            truth |= row.truth
            timed |= row.timed
            for latest, nodes in row.turns:
                turn = (instants[past - latest] + length) * 1000
                for node in nodes:
                    turns[node] = turn
            if past < len(instants):  # some are still to come: the first of them may turn anything
                arrival = instants[past] * 1000
                for node, _ in self._leaves[length]:
                    timed |= 1 << node
                    turns[node] = min(turns[node], arrival)
        return truth, timed


def _table(leaves: Sequence[tuple[int, EventDid]]) -> tuple[_Row, ...]:
    """A row for each count; the last one stands for all higher counts."""
    highest = max(0, *(count for _, leaf in leaves for count in leaf.turning_counts))
    return tuple(_row(leaves, count) for count in range(highest + 1))


def _row(leaves: Sequence[tuple[int, EventDid]], count: int) -> _Row:
    truth = timed = 0
    turns: dict[int, list[int]] = {}
    for node, leaf in leaves:
        if _holds(leaf, count):
            truth |= 1 << node
        # The answer turns when the count falls below one of these; the oldest event of them leaves first.
        reached = [turning for turning in leaf.turning_counts if 0 < turning <= count]
        if reached:
            timed |= 1 << node
            turns.setdefault(max(reached), []).append(node)
    return _Row(truth, timed, tuple((latest, tuple(nodes)) for latest, nodes in turns.items()))


def _holds(leaf: EventDid, count: int) -> bool:
    match leaf.verb:
        case "did":
            return count >= 1
        case "did_not":
            return count == 0
        case _:
            return compare_numbers(leaf.op, count, leaf.value)
