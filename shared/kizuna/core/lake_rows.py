"""The rows of the lake that conditions are asked of: people as of a night, and what they did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kizuna.core.conditions.trait_meaning import zone_in
from kizuna.core.events import Event
from kizuna.core.ids import digest, seen_hash
from kizuna.core.intake.canonical import canonical_json
from kizuna.core.lake_cells import CELL_TYPES, cells_of, micros
from kizuna.core.people import Profile
from kizuna.core.segments import view_of

# Columns of either table, in words that every engine knows. `cells` are a list of `lake_cells.CELL_TYPES`.
CELLS = "CELLS"
MOVES = "MOVES"
HELD = "HELD"
# When somebody last entered (`i`) and left (`o`) the segment `p`, in milliseconds since 1970.
MOVE_TYPES: Mapping[str, str] = {"p": "VARCHAR", "i": "BIGINT", "o": "BIGINT"}
# Since when the trait `p` has its value, in microseconds (`i`; `y` is there to be compared as an instant is).
HELD_TYPES: Mapping[str, str] = {"p": "VARCHAR", "i": "BIGINT", "y": "BIGINT"}
STRUCTS: Mapping[str, Mapping[str, str]] = {CELLS: CELL_TYPES, MOVES: MOVE_TYPES, HELD: HELD_TYPES}
PERSON_TYPES: Mapping[str, str] = {
    "person": "VARCHAR",
    "version": "BIGINT",
    "bucket": "VARCHAR",
    "zone": "VARCHAR",
    "parts": "VARCHAR[]",
    "segments": "VARCHAR[]",
    "channels": "VARCHAR[]",
    "lists": "VARCHAR[]",
    "journeys": "VARCHAR[]",
    "moves": MOVES,
    "held": HELD,
    "cells": CELLS,
}
EVENT_TYPES: Mapping[str, str] = {
    "person": "VARCHAR",
    "id": "VARCHAR",
    "type": "VARCHAR",
    "name": "VARCHAR",
    "happened": "BIGINT",
    "stored": "BIGINT",
    "mark": "VARCHAR",
    "cells": CELLS,
}


def person_row(profile: Profile) -> dict[str, Any]:
    """What a condition may look at of a person, as `view_of` shows it to the evaluator."""
    view = view_of(profile)
    return {
        "kind": "person",
        "person": profile.id,
        "version": profile.version,
        "bucket": view.bucket_id,
        "zone": view.zone,
        "parts": list(profile.parts) or [profile.id],
        "segments": sorted(view.segments),
        "channels": sorted(view.channels),
        "lists": sorted(view.lists),
        "journeys": sorted(f"{name}/{state}" for name, states in view.journeys.items() for state in states),
        "moves": [
            {"p": segment, "i": entered, "o": left} for segment, (entered, left) in sorted(view.moves.items())
        ],
        "held": [{"p": name, "i": micros(since)} for name, since in view.since.items()],
        "cells": cells_of(view.traits, zone=zone_in(view)),
    }


def event_row(part: str, event: Event, *, stored: datetime) -> dict[str, Any]:
    """An event as it happened, and beside it what a condition may look at.

    By its id readers know a repeat: the client's own id is unique within its source alone. `stored` tells which of
    two copies is the newer: an event may move to another partition (`usecases/unmerge.py`).
    """
    return {
        **canonical_json(event),
        "kind": "event",
        "id": digest("event", event.source.id, event.id),
        "messageId": event.id,
        "person": part,
        "source": event.source.id,
        "happened": micros(event.at),
        "stored": micros(stored),
        "mark": seen_hash(event.source.id, event.id).hex(),
        "cells": cells_of(event.properties),
    }
