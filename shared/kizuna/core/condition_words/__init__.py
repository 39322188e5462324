"""Every question of the language as a sentence, English and Japanese, told from what its author wrote.

A question without words would be a silent hole in every explanation, so the match is exhaustive: a new one does not
pass the type checker before it is told here.
"""

from __future__ import annotations

from typing import assert_never

from kizuna.core.condition_words.comparing import comparison_in_words
from kizuna.core.condition_words.contact import contact_in_words
from kizuna.core.condition_words.events import (
    event_in_words,
    filter_in_words,
    sequence_in_words,
)
from kizuna.core.condition_words.person import standing_in_words
from kizuna.core.condition_words.values import number_in_words
from kizuna.core.conditions import (
    All,
    AnyOf,
    AtLeast,
    Condition,
    EventDid,
    Everyone,
    InSegment,
    NoneOf,
    RandomBucket,
    Reachable,
    TraitIs,
    Xor,
)
from kizuna.core.conditions.consent_questions import ConsentIs, Subscription
from kizuna.core.conditions.language import Score, parts_of
from kizuna.core.conditions.message_questions import Converted, MessageOutcome
from kizuna.core.conditions.person_questions import (
    Affinity,
    DeviceIs,
    EnteredSegment,
    Holdout,
    JourneyState,
    LeftSegment,
    RfmIs,
    StaticList,
    Variant,
)
from kizuna.core.conditions.sequences import Sequence
from kizuna.core.conditions.trait_questions import PlaceIs
from kizuna.core.sentences import Language, Words

_GROUPS: dict[str, Words] = {
    "all": Words("all of these hold", "次のすべてを満たす"),
    "any": Words("one of these holds, or more", "次のいずれかを満たす"),
    "none": Words("none of these holds", "次のいずれも満たさない"),
    "xor": Words("exactly one of these holds", "次のうち一つだけを満たす"),
    "at_least": Words("at least {least} of these hold", "次のうち{least}つ以上を満たす"),
    "score": Words(
        "the points of those of these that hold come to {number}",
        "次のうち満たすものの点数の合計が{number}である",
    ),
}


def in_words(condition: Condition, language: Language) -> str:
    """A whole condition in one sentence; what a group consists of stands in brackets."""
    parts = parts_of(condition)
    if not parts:
        return leaf_in_words(condition, language)
    told = [in_words(part, language) for part in parts]
    if isinstance(condition, Score):
        points = (f"{each.points:g}" for each in condition.of)
        mark = " points: " if language == "en" else "点："
        told = [f"{worth}{mark}{part}" for worth, part in zip(points, told, strict=True)]
    if len(told) == 1 and isinstance(condition, All | AnyOf):
        return told[0]
    if len(told) == 1 and isinstance(condition, NoneOf):
        return f"not: {told[0]}" if language == "en" else f"「{told[0]}」ではない"
    if language == "ja":
        return f"{group_in_words(condition, language)}（{'；'.join(told)}）"
    return f"{group_in_words(condition, language)} ({'; '.join(told)})"


def group_in_words(condition: Condition, language: Language) -> str:
    """What a group asks of its parts, without them. Raises ValueError for a single question."""
    match condition:
        case All() | AnyOf() | NoneOf() | Xor():
            return str(getattr(_GROUPS[condition.type], language))
        case AtLeast(n=least):
            return str(getattr(_GROUPS["at_least"], language)).format(least=least)
        case Score(op=op, value=value):
            return str(getattr(_GROUPS["score"], language)).format(
                number=number_in_words(op, value, language)
            )
        case _:
            raise ValueError(f"not a group: {condition.type}")


def leaf_in_words(leaf: Condition, language: Language) -> str:
    """One question as a sentence. Exhaustive over the language."""
    match leaf:
        case TraitIs(trait=path):
            where = filter_in_words(getattr(leaf, "where", None), language)
            return comparison_in_words(leaf, path, language, where=where)
        case EventDid():
            return event_in_words(leaf, language)
        case Sequence():
            return sequence_in_words(leaf, language)
        case MessageOutcome() | Converted() | ConsentIs() | Subscription() | Reachable():
            return contact_in_words(leaf, language)
        case InSegment() | EnteredSegment() | LeftSegment() | StaticList() | JourneyState():
            return standing_in_words(leaf, language)
        case (
            RandomBucket()
            | Holdout()
            | Variant()
            | Affinity()
            | RfmIs()
            | DeviceIs()
            | PlaceIs()
            | Everyone()
        ):
            return standing_in_words(leaf, language)
        case All() | AnyOf() | NoneOf() | Xor() | AtLeast() | Score():
            return in_words(leaf, language)
        case _:
            assert_never(leaf)
