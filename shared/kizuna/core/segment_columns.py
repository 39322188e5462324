"""Which trees a plan takes, in which columns they lie, and what its groups count before anything is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kizuna.core.conditions import EventDid, Everyone, InSegment, TraitIs, evaluate
from kizuna.core.durations import FIRST
from kizuna.core.segments.fields import NOBODY, is_by_value, is_counted
from kizuna.core.segments.layout import Layout, order_of, units
from kizuna.core.segments.trees import HALF, Forest, Question, Tally


def columns_of(forest: Forest, decided: Mapping[str, int]) -> tuple[list[int], list[int]]:
    """The trees that take part, in the order of their columns, and after how many others each can be decided."""
    layers: dict[int, int] = {}

    def layer_of(tree: int) -> int:
        if tree not in layers:
            asked = [
                source
                for number in forest.trees[tree].questions()
                for source in sources(forest.questions[number])
            ]
            layers[tree] = max((layer_of(source) + 1 for source in asked), default=0)
        return layers[tree]

    def sources(question: Question) -> list[int]:
        match question:
            case Tally(points=points):
                return [tree for tree, _ in points]
            case InSegment(in_segment=name):
                return [decided[name]] if name in decided else []
            case _:
                return []

    for tree in decided.values():
        layer_of(tree)
    columns = order_of({tree: forest.trees[tree] for tree in layers})
    return columns, [layers[tree] for tree in columns]


def counted_from(
    forest: Forest, columns: Sequence[int], layout: Layout
) -> tuple[int, dict[int, dict[int, int]]]:
    """What groups count about somebody unknown, and what each question changes by another answer than that."""
    base: dict[int, int] = {}
    changes: dict[int, dict[int, int]] = {}
    unknown: dict[int, bool] = {}
    for column, tree in enumerate(columns):
        for number, group in enumerate(forest.trees[tree].groups):
            place = layout.places[column][number]
            counted = HALF - group.least
            for part in group.parts:
                if part.is_group:
                    counted += part.negated
                    continue
                if part.number not in unknown:
                    unknown[part.number] = _of_somebody_unknown(forest.questions[part.number])
                holds = unknown[part.number] is not part.negated
                counted += holds
                of_question = changes.setdefault(part.number, {})
                of_question[place] = of_question.get(place, 0) + (-1 if holds else 1)
            base[place] = counted
    return units(base, layout.size), changes


def _of_somebody_unknown(question: Question) -> bool:
    match question:
        case Everyone():
            return True
        case TraitIs() if is_by_value(question):
            return evaluate(question, NOBODY, now=FIRST).matched
        case EventDid() if is_counted(question):
            return evaluate(question, NOBODY, now=FIRST).matched
        case _:
            return False
