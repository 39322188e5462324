"""Questions of a plan that no look-up answers: they are asked, those that look at one number together.

"At least 50, 100 and 500 spent in 30 days" are three questions about one sum: it is added up once, and the moments at
which it may change are gone through once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import compress

from kizuna.core.conditions import Condition, EventDid, View, evaluate
from kizuna.core.conditions.event_meaning import number_asked, shared_answers

Told = tuple[int, datetime | None]  # what the answers change, and when they may turn


class Asked:
    """One question, or several that look at the same number; each with what it changes where it holds."""

    def __init__(self, questions: Sequence[tuple[Condition, int]]) -> None:
        self._alone, self._change = questions[0]
        self._leaves = [leaf for leaf, _ in questions if isinstance(leaf, EventDid)]
        self._changes = [change for _, change in questions]

    def of(self, view: View, *, now: datetime) -> Told:
        """What they change at a moment, and the earliest later one at which that may be another."""
        if len(self._changes) == 1:
            answer = evaluate(self._alone, view, now=now)
            return self._change if answer.matched else 0, answer.flips_at
        state = view.aggregates.get(self._leaves[0].key, {})
        matched, flips_at = shared_answers(self._leaves, state, now=now, zone=view.zone)
        return sum(compress(self._changes, matched)), flips_at


def together(questions: Iterable[tuple[Condition, int]]) -> list[Asked]:
    """The questions, those that can be asked together side by side."""
    by_number: dict[object, list[tuple[Condition, int]]] = {}
    for place, (question, change) in enumerate(questions):
        number = number_asked(question) if isinstance(question, EventDid) else None
        by_number.setdefault(place if number is None else number, []).append((question, change))
    return [Asked(some) for some in by_number.values()]
