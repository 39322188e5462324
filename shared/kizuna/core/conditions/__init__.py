"""Questions about a person, as one typed union, and what they mean.

language             what can be asked, and how it is written: groups of questions
  trait_questions    about what is known      event_questions    about what was done
  person_questions   about where a person stands
comparing     traits and properties against values       times       when a window turns
remembered    what must be kept of events                answers     how answers add up
view          what conditions may look at
meaning       the truth, and until when it holds         event_meaning   of questions about events
"""

from kizuna.core.conditions.answers import Answer, at_least, earliest, opposite
from kizuna.core.conditions.comparing import MAX_VALUES, TraitOperator, at_path, compare
from kizuna.core.conditions.event_meaning import matches_properties
from kizuna.core.conditions.event_questions import EventDid, PropertyIs, Window
from kizuna.core.conditions.language import (
    MAX_DEPTH,
    MAX_LEAVES,
    All,
    AnyOf,
    AtLeast,
    Condition,
    NoneOf,
    Xor,
    depth_of,
    leaves_of,
    size_problem,
)
from kizuna.core.conditions.meaning import evaluate
from kizuna.core.conditions.person_questions import Everyone, InSegment, RandomBucket, Reachable
from kizuna.core.conditions.remembered import DECIMALS, AggregateNeed, aggregate_key, need_of
from kizuna.core.conditions.trait_questions import TraitIs
from kizuna.core.conditions.view import View

__all__ = [
    "DECIMALS",
    "MAX_DEPTH",
    "MAX_LEAVES",
    "MAX_VALUES",
    "AggregateNeed",
    "All",
    "Answer",
    "AnyOf",
    "AtLeast",
    "Condition",
    "EventDid",
    "Everyone",
    "InSegment",
    "NoneOf",
    "PropertyIs",
    "RandomBucket",
    "Reachable",
    "TraitIs",
    "TraitOperator",
    "View",
    "Window",
    "Xor",
    "aggregate_key",
    "at_least",
    "at_path",
    "compare",
    "depth_of",
    "earliest",
    "evaluate",
    "leaves_of",
    "matches_properties",
    "need_of",
    "opposite",
    "size_problem",
]
