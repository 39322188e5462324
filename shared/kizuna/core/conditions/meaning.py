"""What a condition means: short, slow and obvious. Whatever is faster is held against it.

Evaluation gives the truth and `flips_at`: the earliest later instant at which the answer may change with no
new event. Too early is harmless (the alarm recomputes and sleeps again), too late is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from kizuna.core.conditions.answers import Answer, at_least, earliest, opposite
from kizuna.core.conditions.comparing import at_path, compare
from kizuna.core.conditions.event_meaning import event_answer
from kizuna.core.conditions.event_questions import EventDid
from kizuna.core.conditions.language import All, AnyOf, AtLeast, Condition, NoneOf, Xor
from kizuna.core.conditions.person_questions import Everyone, InSegment, RandomBucket, Reachable
from kizuna.core.conditions.remembered import aggregate_key
from kizuna.core.conditions.trait_questions import TraitIs
from kizuna.core.conditions.view import View
from kizuna.core.ids import bucket


def evaluate(condition: Condition, view: View, *, now: datetime) -> Answer:
    """The meaning of a condition: short, slow and obvious."""
    match condition:
        case TraitIs(trait=path, op=op, value=value):
            return compare(op, at_path(view.traits, path), value, now=now)
        case EventDid():
            return event_answer(condition, view.aggregates.get(aggregate_key(condition), {}), now=now)
        case InSegment(in_segment=segment):
            return Answer(segment in view.segments)
        case Reachable(reachable=channel):
            return Answer(channel in view.channels)
        case RandomBucket(random_bucket=salt, from_=start, to=end):
            return Answer(start <= 100 * bucket(salt, view.bucket_id) < end)
        case Everyone():
            return Answer(matched=True)
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
        case _:
            assert_never(condition)


def _answers(parts: Sequence[Condition], view: View, now: datetime) -> list[Answer]:
    return [evaluate(part, view, now=now) for part in parts]
