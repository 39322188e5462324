"""Conditions as trees of groups that count: "at least so many of these parts hold".

    all        every part           any    one part          none, and whatever is negated: the sign of a part
    at_least   n parts              xor    one part, and not two
    groups inside groups of the same kind become one

What no group of a few bits can count (a score, a choice out of very many) is a question of its own, about trees.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kizuna.core.conditions import (
    All,
    AnyOf,
    AtLeast,
    Condition,
    Everyone,
    NoneOf,
    Score,
    Xor,
    plain_leaf,
)
from kizuna.core.conditions.plain import Convenient

HALF = 4  # a group is counted in three bits, and holds from 4 on
_MOST = 2 * HALF - 1


class Part(NamedTuple):
    """A question or an inner group, by number; `negated`: it counts where it does not hold."""

    number: int
    is_group: bool
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Holds where at least `least` of its parts do."""

    parts: tuple[Part, ...]
    least: int


@dataclass(frozen=True, slots=True)
class Tree:
    """Groups from inside out; the last one decides."""

    groups: tuple[Group, ...]

    def questions(self) -> Iterable[int]:
        return (part.number for group in self.groups for part in group.parts if not part.is_group)


@dataclass(frozen=True, slots=True)
class Tally:
    """The points of those trees that hold, added up and compared."""

    points: tuple[tuple[int, float], ...]  # of trees
    op: str
    value: float | tuple[float, float]


Question = Condition | Tally


class Forest:
    """Trees, and the distinct questions that they ask: base questions alone (`plain`)."""

    def __init__(self) -> None:
        self.trees: list[Tree] = []
        self.questions: list[Question] = []
        self._numbers: dict[str, int] = {}
        self._groups: list[Group] = []  # of the tree that is being planted

    def plant(self, when: Condition, exclude: Condition | None = None) -> int:
        """The number of a new tree: `when` holds, and `exclude` does not."""
        outer, self._groups = self._groups, []
        parts = self._all(when, True)
        if exclude is not None:
            parts += self._all(exclude, False)
        top = self._joined(parts, len(parts))
        if not top.is_group or top.negated or top.number != len(self._groups) - 1:
            self._groups.append(Group((top,), 1))
        self.trees.append(Tree(tuple(self._groups)))
        self._groups = outer
        return len(self.trees) - 1

    # ── parts ───────────────────────────────────────────────────────────────────────────────────

    def _all(self, condition: Condition, holds: bool) -> list[Part]:
        """What must all be so that the condition holds (or does not)."""
        match condition:
            case All(of=parts) if holds:
                return [part for each in parts for part in self._all(each, True)]
            case AnyOf(of=parts) if not holds:
                return [part for each in parts for part in self._all(each, False)]
            case NoneOf(of=parts) if holds:
                return [part for each in parts for part in self._all(each, False)]
            case All(of=(only,)) | AnyOf(of=(only,)):
                return self._all(only, holds)
            case NoneOf(of=(only,)):
                return self._all(only, not holds)
            case _:
                return [self._part(condition, holds)]

    def _any(self, condition: Condition, holds: bool) -> list[Part]:
        """What suffices, each by itself, so that the condition holds (or does not)."""
        match condition:
            case AnyOf(of=parts) if holds:
                return [part for each in parts for part in self._any(each, True)]
            case All(of=parts) if not holds:
                return [part for each in parts for part in self._any(each, False)]
            case NoneOf(of=parts) if not holds:
                return [part for each in parts for part in self._any(each, True)]
            case All(of=(only,)) | AnyOf(of=(only,)):
                return self._any(only, holds)
            case NoneOf(of=(only,)):
                return self._any(only, not holds)
            case _:
                return [self._part(condition, holds)]

    def _part(self, condition: Condition, holds: bool) -> Part:
        match condition:
            case All():
                parts = self._all(condition, True)
                return _signed(self._joined(parts, len(parts)), holds)
            case AnyOf():
                return _signed(self._joined(self._any(condition, True), 1), holds)
            case NoneOf():
                return _signed(self._joined(self._any(condition, False), 1), not holds)
            case AtLeast(of=of, n=least):
                return _signed(self._at_least(of, least), holds)
            case Xor(of=of):
                return _signed(self._exactly_one(of), holds)
            case Score(of=scored, op=op, value=value):
                points = [(self.plant(each.when), each.points) for each in scored]
                return _signed(self._tally(points, op, value), holds)
            case _ if isinstance(condition, Convenient):
                return self._part(plain_leaf(condition), holds)
            case _:
                return Part(self._question(condition), is_group=False, negated=not holds)

    def _joined(self, parts: Sequence[Part], least: int) -> Part:
        """A group of which all parts must hold, or one (`least`). Too many parts for one group are several."""
        distinct = list(dict.fromkeys(parts))
        is_any = least == 1 and len(parts) > 1
        if len(distinct) == 1:
            return distinct[0]
        while len(distinct) > HALF:
            distinct = [
                self._group(some, 1 if is_any else len(some)) if len(some) > 1 else some[0]
                for some in (distinct[start : start + HALF] for start in range(0, len(distinct), HALF))
            ]
        return self._group(distinct, 1 if is_any else len(distinct))

    def _at_least(self, of: Sequence[Condition], least: int) -> Part:
        if least > len(of):
            return Part(self._question(Everyone()), is_group=False, negated=True)
        if not _fits(len(of), least):
            return self._tally([(self.plant(each), 1) for each in of], "gte", least)
        return self._group([self._part(each, True) for each in of], least)

    def _exactly_one(self, of: Sequence[Condition]) -> Part:
        if not _fits(len(of), 1):
            return self._tally([(self.plant(each), 1) for each in of], "eq", 1)
        parts = [self._part(each, True) for each in of]
        if len(parts) == 1:
            return parts[0]
        one, two = self._group(parts, 1), self._group(parts, 2)
        return self._group([one, _signed(two, False)], 2)

    def _group(self, parts: Sequence[Part], least: int) -> Part:
        self._groups.append(Group(tuple(parts), least))
        return Part(len(self._groups) - 1, is_group=True)

    # ── questions ───────────────────────────────────────────────────────────────────────────────

    def _question(self, condition: Condition) -> int:
        # As text, for in Python 1, 1.0 and True are one key.
        return self._numbered(condition.model_dump_json(), condition)

    def _tally(
        self, points: Sequence[tuple[int, float]], op: str, value: float | tuple[float, float]
    ) -> Part:
        tally = Tally(tuple(points), op, value)
        return Part(self._numbered(f"tally {len(self.questions)}", tally), is_group=False)

    def _numbered(self, key: str, question: Question) -> int:
        number = self._numbers.setdefault(key, len(self.questions))
        if number == len(self.questions):
            self.questions.append(question)
        return number


def _fits(parts: int, least: int) -> bool:
    """Whether a group can count so many: it starts at `HALF - least` and ends so many higher."""
    return least <= HALF and HALF - least + parts <= _MOST


def _signed(part: Part, holds: bool) -> Part:
    return part if holds else Part(part.number, part.is_group, not part.negated)
