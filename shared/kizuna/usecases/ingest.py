"""Events in, golden records current: resolve, fold, evaluate, one guarded write a person.

The same for HTTP, queue, bus and file. When it returns, every event is in one of three places: counted on a
profile, among the violations with its cause, or left over for another try (nothing of it was stored then). Events of
somebody who was erased since they came are in none; only their number is told (`dropping`).
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kizuna.core.errors import Conflict, TooLarge, Unavailable
from kizuna.core.events import Event, Violation
from kizuna.core.identity import components
from kizuna.core.ports import Ledger, People
from kizuna.usecases.admission import admitted
from kizuna.usecases.dropping import without_erased
from kizuna.usecases.ingested import Ingested
from kizuna.usecases.person_write import write_person
from kizuna.usecases.resolving import Directory, joints, read_directory, refused, resolved

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog

TRIES = 3
# The cause of what was not begun: the time was over, or there were too many people.
INLINE_BUDGET = "inline_budget"


@dataclass(frozen=True, slots=True)
class _Desk:
    """What one call of `ingest` works with. Nothing that is not begun yet is begun once `is_late`."""

    people: People
    ledger: Ledger
    catalog: Catalog
    now: datetime
    new_id: Callable[[], str]
    is_late: Callable[[], bool]
    told_at: datetime | None


def ingest(
    events: Sequence[Event],
    *,
    people: People,
    ledger: Ledger,
    catalog: Catalog,
    now: datetime,
    new_id: Callable[[], str],
    is_over: Callable[[int], bool] = lambda people_done: False,
    workers: int = 1,
    told_at: datetime | None = None,
) -> Ingested:
    """Bring every person in `events` (in order of receipt) up to date.

    `told_at` is when all of them reached us, if that was before they were read (a file): somebody who was erased
    since is not brought back.

    `is_over(people_done)` is asked before each person, and with 0 before each further try: what is not begun by then
    is left over. What breaks in an unforeseen way is left over as well, for a queue that ends where somebody looks:
    a mistake of ours in one event must not cost the others, nor the event.
    """
    events, kept_out = admitted(events, catalog.plan)
    if not events:
        return Ingested(violations=kept_out)
    desk = _Desk(people, ledger, catalog, now, new_id, is_late=lambda: is_over(0), told_at=told_at)
    return Ingested(violations=kept_out) + _by_person(events, desk, is_over, workers)


def _by_person(
    events: Sequence[Event], desk: _Desk, is_over: Callable[[int], bool], workers: int
) -> Ingested:
    try:
        directory = read_directory(desk.people, events, desk.catalog.identity)
        kept = without_erased(events, joints(events, directory), directory, desk.people, told_at=desk.told_at)
    except Unavailable as error:
        return Ingested(left_over=tuple(events), cause=str(error))
    except Conflict as error:
        # Somebody's profiles lead in a circle, for the moment or for good: the others are not to wait for that.
        if len(events) == 1:
            return Ingested(left_over=tuple(events), cause=f"contended: {error}")
        half = len(events) // 2
        return sum(
            (_by_person(part, desk, is_over, workers) for part in (events[:half], events[half:])), Ingested()
        )
    groups = [[kept.events[index] for index in group] for group in components(kept.ties)]
    done = 0

    def guarded(group: list[Event]) -> Ingested:
        nonlocal done
        if is_over(done):
            return Ingested(left_over=tuple(group), cause=INLINE_BUDGET)
        done += 1
        try:
            return _with_retries(group, directory, desk)
        except Exception as error:  # ours, or a service's that we do not know; the cause says where
            return Ingested(left_over=tuple(group), cause=_where(error))

    if workers > 1 and len(groups) > 1:
        with ThreadPoolExecutor(max_workers=workers) as pool:
            results = list(pool.map(guarded, groups))
    else:
        results = [guarded(group) for group in groups]
    return sum(results, Ingested(erased=kept.dropped))


def _with_retries(events: list[Event], directory: Directory, desk: _Desk) -> Ingested:
    """What is stored of a group stays in the result, whatever becomes of the others in it."""
    cause = ""
    done: list[Ingested] = []
    for attempt in range(TRIES):
        if attempt and desk.is_late():
            break
        try:
            fresh = directory if attempt == 0 else read_directory(desk.people, events, desk.catalog.identity)
            if attempt:  # somebody may have been erased since
                kept = without_erased(events, joints(events, fresh), fresh, desk.people, told_at=desk.told_at)
                done.append(Ingested(erased=kept.dropped))
                events = kept.events
            for part in _group(events, fresh.copy(), desk):
                done.append(part)  # each at once: the next may not come
            return sum(done, Ingested())
        except Conflict as error:
            cause = f"contended: {error}"
        except TooLarge:
            return sum(done, Ingested()) + _in_halves(events, desk)
        except Unavailable as error:
            cause = str(error)
            break
    return sum(done, Ingested()) + Ingested(left_over=tuple(events), cause=cause)


def _in_halves(events: list[Event], desk: _Desk) -> Ingested:
    """Together they were too much for one write of a person. A single event that is too much unites nobody; if it
    still is, it goes to quarantine."""
    if len(events) == 1:
        return _alone(events[0], desk)
    result = Ingested()
    for half in (events[: len(events) // 2], events[len(events) // 2 :]):
        if desk.is_late():
            result += Ingested(left_over=tuple(half), cause=INLINE_BUDGET)
            continue
        try:
            directory = read_directory(desk.people, half, desk.catalog.identity)
        except (Conflict, Unavailable) as error:
            result += Ingested(left_over=tuple(half), cause=str(error))
            continue
        result += _with_retries(half, directory, desk)
    return result


def _alone(event: Event, desk: _Desk) -> Ingested:
    """Count an event for its strongest identifier alone, and report that the others were not used."""
    try:
        directory = read_directory(desk.people, [event], desk.catalog.identity)
        parts = _group([event], directory, desk, unites=False)
        told = "counted for its strongest identifier alone: " + _FULL
        counted_alone = replace(_unfit(event), reason=told, stored=True)
        return sum(parts, Ingested()) + Ingested(violations=(counted_alone,))
    except TooLarge:
        return Ingested(violations=(_unfit(event),))
    except (Conflict, Unavailable) as error:
        return Ingested(left_over=(event,), cause=str(error))


def _group(
    events: list[Event], directory: Directory, desk: _Desk, *, unites: bool = True
) -> Iterator[Ingested]:
    """Each part when it is stored."""
    found = resolved(events, directory, now=desk.now, new_id=desk.new_id, unites=unites, catalog=desk.catalog)
    for write in found.releases:
        desk.people.commit(write)
    for person, plan in found.plans.items():
        profile = directory.profiles[person]
        yield from write_person(
            profile,
            found.before.get(person),
            plan,
            desk.people,
            desk.ledger,
            desk.catalog,
            now=desk.now,
            marks=directory.marks,
        )
    desk.people.keep_reviews(found.reviews)
    yield Ingested(violations=tuple(found.violations))


def _where(error: Exception) -> str:
    """What broke and where. Its text is left out: it may hold what the event holds."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {place.name}, {Path(place.filename).name} {place.lineno}"


_FULL = "with this event the person's record would be larger than the store takes"


def _unfit(event: Event) -> Violation:
    return refused(event, "record_too_large", "", _FULL)
