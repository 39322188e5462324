"""What RFM needs to be remembered of each person, and how it is read back.

The inputs come from what profiles remember of their events, not from the lake: they are exact to the event (late
ones, repeats and merges included), a run need not scan all that ever happened, and nobody who was erased is in them.
It costs some twenty bytes an order on the profile. A segment that asks for the same event in a window shares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kizuna.core.conditions import EventDid, Last
from kizuna.core.durations import Duration
from kizuna.core.entry_pages import whole
from kizuna.core.people import Profile
from kizuna.core.rfm.scores import Inputs, RfmDefinition, inputs_of

# A run takes some minutes, and judges all as of its beginning: so long what was in the range then is not forgotten.
_SLACK = 86_400


def asked_of(definition: RfmDefinition) -> EventDid:
    """The question whose answer takes what RFM needs: each such event of the date range with its amount."""
    seconds = int(definition.length.total_seconds()) + _SLACK
    return EventDid(
        event=definition.event,
        verb="sum",
        of=definition.value_of,
        window=Last(last=Duration(seconds=seconds)),
        value=0,
    )


def remembered_inputs(profile: Profile, definition: RfmDefinition, *, at: datetime) -> Inputs | None:
    """The inputs of a person who remembers what definitions in force ask for (`upkeep.with_current_memory`)."""
    state = whole(profile.aggregates, profile.held_rows).get(asked_of(definition).key, {})
    return inputs_of(happened_of(state, definition.value_of), definition, at=at)


def happened_of(state: Mapping[str, Any], value_of: str) -> list[tuple[int, float]]:
    """The events that an aggregate keeps one by one: their millisecond and amount, 0 where there is no number."""
    columns = list(state.get("k", ()))
    place = columns.index(value_of) + 1 if value_of in columns else 0
    return [(row[0], _amount(row[place]) if place else 0.0) for row in state.get("e", ())]


def _amount(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
