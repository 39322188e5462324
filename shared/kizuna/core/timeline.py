"""Where an event stands in its person's timeline."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from kizuna.core.durations import epoch_millis
from kizuna.core.events import Event
from kizuna.core.ids import seen_hash


def timeline_key(event: Event) -> str:
    """The sort key of an event in its person's timeline: by time, and the same for a repeat."""
    return _key(event.at, event.source.id, event.id)


@lru_cache(maxsize=4096)  # asked for several times of each event of a batch
def _key(at: datetime, source: str, event_id: str) -> str:
    return f"e#{epoch_millis(at):013d}#{seen_hash(source, event_id).hex()}"
