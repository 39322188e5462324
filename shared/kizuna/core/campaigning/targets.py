"""Whether a campaign is aimed at anybody, or at everybody: read from how it is written, whatever the data are.

Whom a campaign leaves out makes no target: everyone but a few is everyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from kizuna.core.campaigns import Campaign, OnSchedule
from kizuna.core.conditions import Condition
from kizuna.core.conditions.language import All, AnyOf, AtLeast, NoneOf
from kizuna.core.conditions.person_questions import Everyone, InSegment
from kizuna.core.segments import EVERYONE, Segment


def needs_targeting(campaign: Campaign) -> bool:
    """Whether a campaign is one that the blast guard looks at: promotion that starts by itself, for an audience."""
    return (
        campaign.category == "marketing"
        and isinstance(campaign.trigger, OnSchedule)
        and campaign.audience is not None
    )


def untargeted(campaign: Campaign, segments: Iterable[Segment]) -> str | None:
    """The segment of the audience that is everyone, where nothing else narrows it; None if it is aimed."""
    if not needs_targeting(campaign) or campaign.audience is None:
        return None
    everyone = segments_of_everyone(segments)
    if campaign.when is not None and not is_always(campaign.when, everyone):
        return None
    return next((name for name in campaign.audience.segments if name in everyone), None)


def segments_of_everyone(segments: Iterable[Segment]) -> frozenset[str]:
    """The built-in segment of everyone, and those whose condition holds for anybody."""
    found, left = {EVERYONE}, list(segments)
    while True:
        more = {each.id for each in left if is_always(each.when, found)}
        if not more:
            return frozenset(found)
        found |= more
        left = [each for each in left if each.id not in more]


def is_always(condition: Condition, everyone: Set[str]) -> bool:
    """Whether a condition holds for anybody at any time. `everyone` are segments that anybody is in."""
    match condition:
        case Everyone():
            return True
        case InSegment(in_segment=name):
            return name in everyone
        case All(of=parts):
            return all(is_always(part, everyone) for part in parts)
        case AnyOf(of=parts):
            return any(is_always(part, everyone) or NoneOf(of=(part,)) in parts for part in parts)
        case AtLeast(n=n, of=parts):
            return sum(is_always(part, everyone) for part in parts) >= n
        case NoneOf(of=parts):
            return all(is_never(part, everyone) for part in parts)
        case _:
            return False


def is_never(condition: Condition, everyone: Set[str]) -> bool:
    """Whether a condition holds for nobody."""
    match condition:
        case All(of=parts):
            return any(is_never(part, everyone) for part in parts)
        case AnyOf(of=parts):
            return all(is_never(part, everyone) for part in parts)
        case NoneOf(of=parts):
            return any(is_always(part, everyone) for part in parts)
        case _:
            return False
