"""Questions about a person, as one typed union, and what they mean.

language             what can be asked, and how it is written: groups of questions
  trait_questions    about what is known      event_questions    about what was done
  person_questions   about where a person stands
  consent_questions  about what was allowed   message_questions  about what became of our messages
plain         convenient questions in terms of the base ones
operators     how a value is questioned                  checking    whether such a question makes sense
properties    a value questioned; filters over events    value_meaning   what both mean
  values             as JSON brings them             comparing          by themselves
  turning            with the clock                  matching           against patterns
  versions           in their order                  networks, geo      where they lie
trait_meaning        of questions about what is known    times       when a window turns
windows       of which time is asked                     sequences   what was done in order
remembered    what must be kept of events                answers     how answers add up
view          what conditions may look at
meaning       the truth, and until when it holds         event_meaning   of questions about events
sequence_meaning                                         calendar_turns   when a day, week or month ends
"""

from kizuna.core.conditions.answers import Answer, at_least, earliest, opposite
from kizuna.core.conditions.checking import MAX_VALUES
from kizuna.core.conditions.consent_questions import ConsentIs, Reachable, Subscription
from kizuna.core.conditions.event_meaning import complete_since
from kizuna.core.conditions.event_questions import EventDid, Window
from kizuna.core.conditions.language import (
    MAX_DEPTH,
    MAX_LEAVES,
    All,
    AnyOf,
    AtLeast,
    Condition,
    NoneOf,
    Score,
    Scored,
    Xor,
    depth_of,
    leaves_of,
    parts_of,
    size_problem,
)
from kizuna.core.conditions.meaning import evaluate
from kizuna.core.conditions.message_questions import Converted, MessageOutcome
from kizuna.core.conditions.operators import TraitOperator
from kizuna.core.conditions.person_questions import (
    Affinity,
    DeviceIs,
    EnteredSegment,
    Everyone,
    Holdout,
    InSegment,
    JourneyState,
    LeftSegment,
    RandomBucket,
    RfmIs,
    StaticList,
    Variant,
)
from kizuna.core.conditions.plain import Convenient, plain, plain_leaf
from kizuna.core.conditions.properties import ContextIs, EventPlace, PropertyIs, Where
from kizuna.core.conditions.remembered import DECIMALS, AggregateNeed, aggregate_key, need_of
from kizuna.core.conditions.sequences import Sequence, Step
from kizuna.core.conditions.trait_questions import PlaceIs, TraitIs
from kizuna.core.conditions.value_meaning import compare, matches
from kizuna.core.conditions.values import at_path, found_at
from kizuna.core.conditions.view import View
from kizuna.core.conditions.windows import Absolute, BetweenAgo, CalendarWindow, Last, SinceLast

__all__ = [
    "DECIMALS",
    "MAX_DEPTH",
    "MAX_LEAVES",
    "MAX_VALUES",
    "Absolute",
    "Affinity",
    "AggregateNeed",
    "All",
    "Answer",
    "AnyOf",
    "AtLeast",
    "BetweenAgo",
    "CalendarWindow",
    "Condition",
    "ConsentIs",
    "ContextIs",
    "Convenient",
    "Converted",
    "DeviceIs",
    "EnteredSegment",
    "EventDid",
    "EventPlace",
    "Everyone",
    "Holdout",
    "InSegment",
    "JourneyState",
    "Last",
    "LeftSegment",
    "MessageOutcome",
    "NoneOf",
    "PlaceIs",
    "PropertyIs",
    "RandomBucket",
    "Reachable",
    "RfmIs",
    "Score",
    "Scored",
    "Sequence",
    "SinceLast",
    "StaticList",
    "Step",
    "Subscription",
    "TraitIs",
    "TraitOperator",
    "Variant",
    "View",
    "Where",
    "Window",
    "Xor",
    "aggregate_key",
    "at_least",
    "at_path",
    "compare",
    "complete_since",
    "depth_of",
    "earliest",
    "evaluate",
    "found_at",
    "leaves_of",
    "matches",
    "need_of",
    "opposite",
    "parts_of",
    "plain",
    "plain_leaf",
    "size_problem",
]
