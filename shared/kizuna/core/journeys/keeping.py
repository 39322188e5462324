"""The values that a run carries, and how much of them it can: its row is written at each step, and has its bounds.

A step leaves its values under a name: those of an event under the id of the step that waited for it, those of
`set_context` under their own. Of one event at most 4 KB are kept, of everything together 32 KB, as JSON. What has no
room is left out, whole values at a time and the earlier ones first kept; the path then says so (`CUT`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

EVENT_KEPT = 4_096  # bytes of JSON that one event leaves in the values of a run
RUN_KEPT = 32_768  # bytes of JSON of all values of a run; and of those that one step hands on
CUT = ".cut"  # behind the code of a station: not all that was learned there is kept


def size_of(value: Any) -> int:
    """Bytes of a value as JSON."""
    return len(json.dumps(value, ensure_ascii=False, default=str).encode())


def kept_of(properties: Mapping[str, Any], room: int = EVENT_KEPT) -> dict[str, Any]:
    """What a run remembers of an event: all of it, or of a large one what is small enough, in its order."""
    kept: dict[str, Any] = {}
    for name, value in properties.items():
        size = size_of([name, value])
        if size <= room:
            kept[name] = value
            room -= size
    return kept


def with_learned(context: Mapping[str, Any], learned: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """The values of a run with those that a step has learned, and whether there was room for all of them.

    What a name stood for before makes way in any case: an older value under it would be taken for the new one.
    """
    values = {name: value for name, value in context.items() if name not in learned}
    room, whole = RUN_KEPT - size_of(values), True
    for name, value in learned.items():
        around = size_of(name) + 4  # colon, comma and space
        kept = kept_of(value, min(EVENT_KEPT, room - around)) if isinstance(value, Mapping) else value
        size = size_of(kept) + around
        if size > room:
            whole = False
            continue
        whole = whole and kept == value
        values[name] = kept
        room -= size
    return values, whole
