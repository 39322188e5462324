"""What a condition means: short, slow and obvious. Whatever is faster is held against it.

Evaluation gives the truth and `flips_at`: the earliest later instant at which the answer may change with no
new event. Too early is harmless (the alarm recomputes and sleeps again), too late is not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from kizuna.core.conditions.answers import Answer, at_least, earliest, opposite
from kizuna.core.conditions.comparing import compare_numbers
from kizuna.core.conditions.consent_questions import ConsentIs, Reachable
from kizuna.core.conditions.event_meaning import event_answer
from kizuna.core.conditions.event_questions import EventDid
from kizuna.core.conditions.language import All, AnyOf, AtLeast, Condition, NoneOf, Score, Xor
from kizuna.core.conditions.locations import with_consent
from kizuna.core.conditions.person_meaning import person_answer
from kizuna.core.conditions.person_questions import (
    EnteredSegment,
    Everyone,
    InSegment,
    JourneyState,
    LeftSegment,
    RandomBucket,
    StaticList,
)
from kizuna.core.conditions.plain import Convenient, plain_leaf
from kizuna.core.conditions.remembered import DECIMALS, aggregate_key
from kizuna.core.conditions.sequence_meaning import sequence_answer
from kizuna.core.conditions.sequences import Sequence as EventSequence
from kizuna.core.conditions.trait_meaning import place_answer, trait_answer
from kizuna.core.conditions.trait_questions import PlaceIs, TraitIs
from kizuna.core.conditions.view import View


def evaluate(condition: Condition, view: View, *, now: datetime) -> Answer:
    """The meaning of a condition: short, slow and obvious."""
    match condition:
        case TraitIs():
            return trait_answer(condition, view, now=now)
        case PlaceIs():
            return place_answer(condition, view, now=now)
        case EventDid():
            state = view.aggregates.get(aggregate_key(condition), {})
            did = event_answer(condition, state, now=now, zone=view.zone)
            return with_consent(did, view, now=now) if condition.asks_place else did
        case EventSequence():
            state = view.aggregates.get(aggregate_key(condition), {})
            did = sequence_answer(condition, state, now=now, zone=view.zone)
            return with_consent(did, view, now=now) if condition.asks_place else did
        case InSegment() | EnteredSegment() | LeftSegment() | StaticList() | JourneyState() | Reachable():
            return person_answer(condition, view, now=now)
        case ConsentIs() | RandomBucket() | Everyone():
            return person_answer(condition, view, now=now)
        case _ if isinstance(condition, Convenient):
            return evaluate(plain_leaf(condition), view, now=now)
        case All(of=parts):
            return at_least(len(parts), _answers(parts, view, now))
        case AnyOf(of=parts):
            return at_least(1, _answers(parts, view, now))
        case NoneOf(of=parts):
            return opposite(at_least(1, _answers(parts, view, now)))
        case Xor(of=parts):
            answers = _answers(parts, view, now)
            return Answer(sum(answer.matched for answer in answers) == 1, earliest(answers))
        case AtLeast(of=parts, n=least):
            return at_least(least, _answers(parts, view, now))
        case Score():
            return _scored(condition, view, now)
        case _:
            assert_never(condition)


def _answers(parts: Sequence[Condition], view: View, now: datetime) -> list[Answer]:
    return [evaluate(part, view, now=now) for part in parts]


def _scored(score: Score, view: View, now: datetime) -> Answer:
    answers = _answers([each.when for each in score.of], view, now)
    earned = [each.points for each, answer in zip(score.of, answers, strict=True) if answer.matched]
    points = round(math.fsum(earned), DECIMALS)
    return Answer(compare_numbers(score.op, points, score.value), earliest(answers))
