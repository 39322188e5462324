"""The answer to a question about a person, and how answers add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a condition holds, and the earliest instant at which that may change with no new event."""

    matched: bool
    flips_at: datetime | None = None


def opposite(answer: Answer) -> Answer:
    return Answer(not answer.matched, answer.flips_at)


def at_least(least: int, answers: Sequence[Answer]) -> Answer:
    """Whether so many hold, and when that may change: not before enough of those turn that stand in the way.

    Of three that all must hold, two do not: before both have turned, nothing comes of it. Each alarm that is not
    set saves a read and a write of a person.
    """
    hits = sum(answer.matched for answer in answers)
    matched = hits >= least
    needed = hits - least + 1 if matched else least - hits
    turns = sorted(answer.flips_at for answer in answers if answer.flips_at and answer.matched is matched)
    return Answer(matched, turns[needed - 1] if needed <= len(turns) else None)


def earliest(answers: Sequence[Answer]) -> datetime | None:
    """The first possible change of any of them."""
    return min((answer.flips_at for answer in answers if answer.flips_at), default=None)
