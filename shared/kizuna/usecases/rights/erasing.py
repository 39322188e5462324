"""The work of an erasure: one bounded piece a call, from wherever it stopped (order: `core/rights/erasure.py`).

Each piece can be done twice. A crash after it, before the row says so, does it twice. Whoever drives (the function
`privacy`, the command line) goes on until `Progress` says to wait; if nobody does, the sweep of alarms finds the row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never

from kizuna.core.bus_events import ProfileErased
from kizuna.core.catalog import Catalog
from kizuna.core.errors import Conflict
from kizuna.core.ids import address_id
from kizuna.core.journeys.leaving import ERASED
from kizuna.core.journeys.places import place_of
from kizuna.core.people import CHANNELS_OF, Address, Profile
from kizuna.core.ports import Bus, Erasures, JourneyRuns, Ledger, People, Rows
from kizuna.core.rights.erasure import (
    Erasure,
    Step,
    held,
    must_wait,
    proof_of,
    stepped,
    suppressions,
    tombstone,
)
from kizuna.core.rights.rights import HashKeys, names_somebody
from kizuna.core.segments import EVERYONE
from kizuna.core.segments.lists import indexed_names, list_index
from kizuna.usecases.journeys.taking_out import take_out
from kizuna.usecases.rights.exporting import exports_of

OBJECTS = 50  # objects that one piece of work looks through
QUARANTINE_KEPT = timedelta(days=31)  # the bucket's own rule deletes after 30


@dataclass(frozen=True, slots=True)
class Eraser:
    """The ports of an erasure."""

    people: People
    ledger: Ledger
    erasures: Erasures
    rows: Rows
    bus: Bus
    hash_keys: Callable[[], HashKeys]
    journeys: JourneyRuns


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an erasure stands after a piece of work. `until`: there is nothing to do before then."""

    step: Step | None  # the next one; None when it is over
    until: datetime | None = None
    counts: Mapping[str, int] | None = None

    @property
    def is_buried(self) -> bool:
        """Whether nothing of the person is in any table any more."""
        return self.step is None or self.until is not None


def erase_further(person: str, on: Eraser, catalog: Catalog, *, now: datetime) -> Progress:
    """Do the next piece of work of a person's erasure. Raises Conflict if somebody else did it meanwhile."""
    erasure = on.erasures.under_way(person)
    if erasure is None:
        return Progress(None)
    if must_wait(erasure, now=now):
        return Progress(erasure.step, erasure.due_at, erasure.counts)
    if erasure.step is Step.CLOSE:
        on.erasures.close(erasure, erasure.entry("finished", at=now))
        return Progress(None, counts=erasure.counts)
    cursor, done = _piece(erasure, on, catalog, now=now)
    after = stepped(erasure, now=now, cursor=cursor, done=done)
    on.erasures.advance(after)
    return Progress(after.step, after.due_at if must_wait(after, now=now) else None, after.counts)


def erase_as_far_as_possible(
    person: str, on: Eraser, catalog: Catalog, *, now: Callable[[], datetime], is_over: Callable[[], bool]
) -> Progress:
    """Piece after piece until it is over, has to wait, or `is_over`."""
    while True:
        with suppress(Conflict):  # somebody else works on it: go on from where they are
            progress = erase_further(person, on, catalog, now=now())
            if progress.step is None or progress.until is not None:
                return progress
        if is_over():
            erasure = on.erasures.under_way(person)
            return Progress(erasure.step if erasure else None)


def _piece(erasure: Erasure, on: Eraser, catalog: Catalog, *, now: datetime) -> tuple[str, Mapping[str, int]]:
    """Where the step goes on (empty: it is done), and what was done."""
    match erasure.step:
        case Step.MARK:
            return _mark(erasure, on)
        case Step.OWNERS:
            return _take_from_indexes(erasure, on, catalog)
        case Step.CONTENTS | Step.CONTENTS_AGAIN:
            return _clear(erasure, on, now=now)
        case Step.LEDGER:
            return _redact(erasure, on)
        case Step.QUARANTINE | Step.QUARANTINE_AGAIN:
            return _clear_quarantine(erasure, on, now=now)
        case Step.BURY:
            return _bury(erasure, on, catalog)
        case Step.LAKE:
            return _clear_lake(erasure, on)
        case Step.CLOSE:
            return "", {}
        case _:
            assert_never(erasure.step)


def _sides(erasure: Erasure, on: Eraser) -> list[Profile]:
    """The profiles that are not tombstones yet."""
    found = on.erasures.stored(erasure.parts)
    return [profile for profile in found.values() if profile.status != "erased"]


def _mark(erasure: Erasure, on: Eraser) -> tuple[str, Mapping[str, int]]:
    """Until then whoever brings an identifier of the person meets its row, which still belongs to the person."""
    on.erasures.mark([mac for _, mac in erasure.hashes], at=erasure.at)
    sides = _sides(erasure, on)
    kept = suppressions(erasure, held(sides), on.ledger.events(erasure.parts), on.hash_keys())
    on.erasures.suppress(erasure, kept)
    return "", {"marks": len(erasure.hashes), "suppressions": len(kept)}


def _take_from_indexes(erasure: Erasure, on: Eraser, catalog: Catalog) -> tuple[str, Mapping[str, int]]:
    sides = _sides(erasure, on)
    addresses = sorted(_addresses(sides))
    on.erasures.raise_reach(sorted(_sharing(addresses, erasure, on)))
    gone = on.erasures.disown(held(sides), erasure.parts)
    on.erasures.forget_holders(addresses, erasure.parts)
    once_one = {person for side in sides for pair in side.apart for person in (pair.part, pair.other)}
    on.erasures.forget_merges(sorted(once_one - set(erasure.parts)), erasure.parts)
    segments = {EVERYONE, *(segment.id for segment in catalog.segments), *map(list_index, catalog.lists)}
    on.erasures.leave_segments(sorted(segments.union(*map(indexed_names, sides))), erasure.parts)
    return "", {"identifiers": gone}


def _addresses(sides: list[Profile]) -> dict[str, Address]:
    return {address.id: address for side in sides for address in side.addresses.values()}


def _sharing(addresses: list[str], erasure: Erasure, on: Eraser) -> set[str]:
    """Who else is reached where the person was: from now on no message goes there that was judged before."""
    return {other for address in addresses for other in on.people.holders(address)} - set(erasure.parts)


def _clear(erasure: Erasure, on: Eraser, *, now: datetime) -> tuple[str, Mapping[str, int]]:
    """Whoever is inside a journey leaves it first: its counts would tell of them for ever as standing there."""
    index = int(erasure.cursor or 0)
    part = erasure.parts[index]
    for run in on.journeys.of_person([part]):
        take_out(place_of(run), ERASED, on.journeys, now=now)
    cleared = on.erasures.clear(part, erasure.parts)
    done = {"events": cleared.events, "messages": cleared.messages, "other": cleared.other}
    following = index if cleared.more else index + 1
    return (str(following) if following < len(erasure.parts) else ""), done


def _redact(erasure: Erasure, on: Eraser) -> tuple[str, Mapping[str, int]]:
    index = int(erasure.cursor or 0)
    addresses, keys = _known_addresses(_sides(erasure, on)), on.hash_keys()
    done = on.erasures.redact(erasure.parts[index], lambda event: proof_of(event, addresses, keys))
    return (str(index + 1) if index + 1 < len(erasure.parts) else ""), {"consents": done}


def _known_addresses(sides: list[Profile]) -> dict[str, Address]:
    """By id, with the numbers and mailboxes that the person was only known by."""
    known = {
        address_id(channel, value): Address(channel, value, side.created_at)
        for side in sides
        for kind, value in side.identities
        for channel in CHANNELS_OF.get(kind, ())
    }
    return {**known, **_addresses(sides)}


def _bury(erasure: Erasure, on: Eraser, catalog: Catalog) -> tuple[str, Mapping[str, int]]:
    """The person's own profile last: it alone leads to the others."""
    sides = sorted(_sides(erasure, on), key=lambda side: side.id == erasure.person)
    for side in sides:
        on.erasures.bury(tombstone(side, at=erasure.at))
    if ProfileErased.__name__ in catalog.policy.publish:
        told = ProfileErased(person=erasure.person, parts=erasure.parts, cause=erasure.id, at=erasure.at)
        on.bus.publish([(told.name, told.detail())])
    return "", {"profiles": len(sides)}


# ── what lies in the bucket ─────────────────────────────────────────────────────────────────────


def _clear_quarantine(erasure: Erasure, on: Eraser, *, now: datetime) -> tuple[str, Mapping[str, int]]:
    """Violations that hold an identifier of the person. What names nobody cannot be found, and is gone in 30 days."""
    if not erasure.cursor:
        _drop_exports(erasure, on)
    begin = max(erasure.since, now - QUARANTINE_KEPT)
    hashes, keys = frozenset(erasure.hashes), on.hash_keys()

    def is_dropped(line: str) -> bool:
        violation = _read(line)
        raw = violation.get("raw") if isinstance(violation, Mapping) else None
        document = _read(raw) if isinstance(raw, str) else None
        return document is not None and names_somebody(document, hashes, keys)

    return _rewritten("quarantine", ("quarantine/",), begin, is_dropped, erasure, on)


def _drop_exports(erasure: Erasure, on: Eraser) -> None:
    for part in erasure.parts:
        while page := on.rows.keys(exports_of(part), after="", limit=OBJECTS):
            for key in page:
                on.rows.without(key, lambda line: True)


def _clear_lake(erasure: Erasure, on: Eraser) -> tuple[str, Mapping[str, int]]:
    parts = frozenset(erasure.parts)
    known = [json.dumps(part) for part in parts]

    def is_dropped(line: str) -> bool:
        if not any(part in line for part in known) and "rawData" not in line:
            return False
        return any(record.get("person") in parts for record in _records(line))

    return _rewritten("lake", ("events/", "errors/", "people/"), erasure.since, is_dropped, erasure, on)


def _records(line: str) -> Iterator[Mapping[str, Any]]:
    """The record of a line, or what the delivery stream could not deliver (`rawData`, in base64)."""
    record = _read(line)
    if not isinstance(record, Mapping):
        return
    yield record
    undelivered = record.get("rawData")
    if isinstance(undelivered, str):
        for inner in _decoded(undelivered).splitlines():
            found = _read(inner)
            if isinstance(found, Mapping):
                yield found


def _decoded(text: str) -> str:
    import base64
    import binascii

    try:
        return base64.b64decode(text).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _rewritten(
    what: str,
    prefixes: tuple[str, ...],
    since: datetime,
    is_dropped: Callable[[str], bool],
    erasure: Erasure,
    on: Eraser,
) -> tuple[str, Mapping[str, int]]:
    """The next objects written anew without some lines. The cursor is the last object looked through."""
    prefix = next((each for each in prefixes if erasure.cursor.startswith(each)), prefixes[0])
    first = f"{prefix}dt={since:%Y-%m-%d}" if prefix != "errors/" else prefix
    page = on.rows.keys(prefix, after=erasure.cursor if erasure.cursor > first else first, limit=OBJECTS)
    dropped = sum(on.rows.without(key, is_dropped) for key in page)
    done = {what: dropped, "objects": len(page)}
    if len(page) == OBJECTS:
        return page[-1], done
    rest = prefixes[prefixes.index(prefix) + 1 :]
    return (rest[0] if rest else ""), done
