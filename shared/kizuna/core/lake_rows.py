"""The rows of the lake that conditions are asked of: people as of a night, and what they did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from kizuna.core.conditions.trait_meaning import homes, zone_in
from kizuna.core.conditions.view import View
from kizuna.core.consent import ANY, MARKETING
from kizuna.core.consent.standing import RecordedConsents, Span
from kizuna.core.events import Event, SeenContext
from kizuna.core.gate.request import CHANNELS
from kizuna.core.ids import digest, seen_hash
from kizuna.core.intake.canonical import canonical_json
from kizuna.core.lake_cells import CELL_TYPES, cells_of, micros, place_fields
from kizuna.core.own_channels import OWN_CHANNELS
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
# The word (`s`) on a channel (`c`), topic (`t`) and purpose (`o`) from `i` until `u`, in microseconds; where there is
# none nothing stands. Of the purpose `""` it is `yes` where a promotional message would be let through.
WORDS = "WORDS"
WORD_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("c", "t", "o", "s"), "VARCHAR"),
    **dict.fromkeys(("i", "u"), "BIGINT"),
}
# Where somebody lives: what has a point (`p` is `point`), what names a country or region (`region`).
HOMES = "HOMES"
HOME_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("p", "c", "o"), "VARCHAR"),
    **dict.fromkeys(("g", "w"), "DOUBLE"),
}
STRUCTS: Mapping[str, Mapping[str, str]] = {
    CELLS: CELL_TYPES, MOVES: MOVE_TYPES, HELD: HELD_TYPES, WORDS: WORD_TYPES, HOMES: HOME_TYPES,
}  # fmt: skip
UNNAMED = "-"  # stands for every channel, topic and purpose that somebody's record does not name
KNOWN_FOR = timedelta(days=9)  # words are told for so long: no snapshot is asked any more then
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
    "named": "VARCHAR[]",
    "words": WORDS,
    "homes": HOMES,
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
    "around": CELLS,
}


def person_row(profile: Profile, *, now: datetime) -> dict[str, Any]:
    """What a condition may look at of a person, as `view_of` shows it to the evaluator.

    The profile is `decidable`, and `now` the moment from which on it is asked about.
    """
    view = view_of(profile)
    consents = view.consents if isinstance(view.consents, RecordedConsents) else None
    named = _named(profile, consents) if consents is not None and consents.rows else {}
    words = _words(consents, named, now) if consents is not None else ()
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
        "named": [f"{kind}:{name}" for kind, names in named.items() for name in names if name != UNNAMED],
        "words": list(words),
        "homes": list(_homes(view)),
        "cells": cells_of(view.traits, zone=zone_in(view)),
    }


def _homes(view: View) -> Iterator[dict[str, Any]]:
    for kind in ("point", "region"):
        for place in homes(view.traits, region=kind == "region"):
            if isinstance(place, Mapping) and (fields := place_fields(place)):
                yield {"p": kind, **fields}


def _named(profile: Profile, consents: RecordedConsents) -> dict[str, list[str]]:
    """Whatever the record speaks of by name, and by `UNNAMED` all else. A word on all channels is one on each."""
    channels, topics, purposes = consents.names()
    held = {address.channel for address in profile.addresses.values()}
    return {
        "channel": sorted({*CHANNELS, *channels, *held, UNNAMED} - {ANY}),
        "topic": sorted({*topics, ANY, UNNAMED}),
        "purpose": sorted({*purposes, MARKETING, UNNAMED}),
    }


def _words(
    consents: RecordedConsents, named: Mapping[str, list[str]], now: datetime
) -> Iterator[dict[str, Any]]:
    until = now + KNOWN_FOR
    # For a purpose that is not named only what was said of all of them counts: on every channel and topic the same,
    # unless it was said as a No to the purpose `*`, which may be about one of them.
    differ = ANY in named.get("purpose", ())
    everywhere = list(consents.word_spans(UNNAMED, UNNAMED, UNNAMED, now=now, until=until)) if named else []
    for channel in named.get("channel", ()):
        for topic in named["topic"]:
            for purpose in named["purpose"]:
                spans: Iterable[Span] = everywhere
                if purpose != UNNAMED or differ:
                    spans = consents.word_spans(channel, topic, purpose, now=now, until=until)
                yield from _told(spans, {"c": channel, "t": topic, "o": purpose}, nothing="none")
    reached = {address.channel for address in consents.profile.addresses.values()} | OWN_CHANNELS
    for channel in sorted(reached):
        for topic in named.get("topic", (UNNAMED,)):
            spans = consents.writing_spans(channel, topic, now=now, until=until)
            yield from _told(spans, {"c": channel, "t": topic, "o": ""}, nothing="no")


def _told(spans: Iterable[Span], about: Mapping[str, str], *, nothing: str) -> Iterator[dict[str, Any]]:
    for word, begins, ends in spans:
        if word != nothing:
            times = {"i": begins and micros(begins), "u": ends and micros(ends)}
            yield {**about, "s": word, **{name: at for name, at in times.items() if at is not None}}


def event_row(part: str, event: Event, *, stored: datetime) -> dict[str, Any]:
    """An event as it happened, and beside it what a condition may look at.

    By its id readers know a repeat: the client's own id is unique within its source alone. `stored` tells which of
    two copies is the newer: an event may move to another partition (`usecases/identity/unmerge.py`).
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
        "around": cells_of(SeenContext(event)),
    }
