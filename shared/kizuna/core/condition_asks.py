"""What all conditions of a workspace ask for beside events: what a record keeps only because somebody asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kizuna.core.conditions import (
    Condition,
    ConsentIs,
    Converted,
    DeviceIs,
    EnteredSegment,
    EventDid,
    JourneyState,
    LeftSegment,
    MessageOutcome,
    PlaceIs,
    Reachable,
    Sequence,
    TraitIs,
    leaves_of,
    plain,
)
from kizuna.core.conditions.plain import DEVICES
from kizuna.core.feedback import MESSAGE_SENT, MESSAGE_WITHHELD

_EVENTS_OF = {"sent": MESSAGE_SENT, "withheld": MESSAGE_WITHHELD}


@dataclass(frozen=True, slots=True)
class Asks:
    """`consents`: the summary of the ledger. `moves`: the segments whose entries and exits matter. `told`: the names
    of the events that tell of our own messages. `devices`: those that people were seen on; `place`: where.
    `journeys`: those of which it matters where people stand in them."""

    consents: bool = False
    devices: bool = False
    place: bool = False
    moves: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()
    journeys: frozenset[str] = frozenset()


def asks_of(conditions: Iterable[Condition], *, events: Iterable[str] = ()) -> Asks:
    """What these conditions ask for; `events` are the names of all events that they count."""
    consents = devices = place = False
    moves: set[str] = set()
    journeys: set[str] = set()
    told = {name for name in events if name in _EVENTS_OF.values()}
    for condition in conditions:
        for leaf in leaves_of(condition):
            match leaf:
                case MessageOutcome(message=state) if state in _EVENTS_OF:
                    told.add(_EVENTS_OF[state])
                case Converted(campaign=str()):
                    told.add(MESSAGE_SENT)
                case DeviceIs():
                    devices = True
                case TraitIs(trait=path):
                    devices = devices or path.partition(".")[0] == DEVICES
                case PlaceIs(geo="last_known"):
                    consents = place = True
                case EventDid(asks_place=True) | Sequence(asks_place=True):
                    consents = True
                case EnteredSegment(entered_segment=segment) | LeftSegment(left_segment=segment):
                    moves.add(segment)
                case JourneyState(journey=journey):
                    journeys.add(journey)
                case _:
                    consents = consents or any(map(_rests_on_consent, leaves_of(plain(leaf))))
    return Asks(consents, devices, place, frozenset(moves), frozenset(told), frozenset(journeys))


def _rests_on_consent(leaf: Condition) -> bool:
    match leaf:
        case ConsentIs() | Reachable(purpose="promotional"):
            return True
        case EventDid() | Sequence():
            return leaf.asks_place
        case _:
            return False
