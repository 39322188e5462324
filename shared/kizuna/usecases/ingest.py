"""Events in, golden records current: resolve, fold, evaluate, one guarded write a person.

The same for HTTP, queue, bus and file. When it returns, every event is in one of three places: counted on a
profile, among the violations with its cause, or left over for another try (nothing of it was stored then).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.errors import Conflict, TooLarge, Unavailable
from kizuna.core.events import Event, Violation
from kizuna.core.identity import components
from kizuna.core.ports import Ledger, People
from kizuna.usecases.ingested import Ingested
from kizuna.usecases.person_write import write_person
from kizuna.usecases.resolving import Directory, joints, read_directory, refused, resolved

TRIES = 3


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
) -> Ingested:
    """Bring every person in `events` (in order of receipt) up to date.

    `is_over(people_done)` is asked before each person: what is not begun by then is left over.
    """
    if not events:
        return Ingested()
    try:
        directory = read_directory(people, events)
    except Unavailable as error:
        return Ingested(left_over=tuple(events), cause=str(error))
    groups = [[events[index] for index in group] for group in components(joints(events, directory))]
    done = 0

    def work(group: list[Event]) -> Ingested:
        return _with_retries(group, directory, people, ledger, catalog, now=now, new_id=new_id)

    def guarded(group: list[Event]) -> Ingested:
        nonlocal done
        if is_over(done):
            return Ingested(left_over=tuple(group), cause="inline_budget")
        done += 1
        return work(group)

    if workers > 1 and len(groups) > 1:
        with ThreadPoolExecutor(max_workers=workers) as pool:
            results = list(pool.map(guarded, groups))
    else:
        results = [guarded(group) for group in groups]
    return sum(results, Ingested())


def _with_retries(
    events: list[Event],
    directory: Directory,
    people: People,
    ledger: Ledger,
    catalog: Catalog,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Ingested:
    """What is stored of a group stays in the result, whatever becomes of the others in it."""
    cause = ""
    done: list[Ingested] = []
    for attempt in range(TRIES):
        try:
            fresh = directory if attempt == 0 else read_directory(people, events)
            for part in _group(events, fresh.copy(), people, ledger, catalog, now=now, new_id=new_id):
                done.append(part)  # each at once: the next may not come
            return sum(done, Ingested())
        except Conflict as error:
            cause = f"contended: {error}"
        except TooLarge:
            halves = _in_halves(events, people, ledger, catalog, now=now, new_id=new_id)
            return sum(done, Ingested()) + halves
        except Unavailable as error:
            cause = str(error)
            break
    return sum(done, Ingested()) + Ingested(left_over=tuple(events), cause=cause)


def _in_halves(
    events: list[Event],
    people: People,
    ledger: Ledger,
    catalog: Catalog,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Ingested:
    """Together they were too much for one write of a person. A single event that is too much unites nobody; if it
    still is, it goes to quarantine."""
    if len(events) == 1:
        return _alone(events[0], people, ledger, catalog, now=now, new_id=new_id)
    result = Ingested()
    for half in (events[: len(events) // 2], events[len(events) // 2 :]):
        try:
            directory = read_directory(people, half)
        except Unavailable as error:
            result += Ingested(left_over=tuple(half), cause=str(error))
            continue
        result += _with_retries(half, directory, people, ledger, catalog, now=now, new_id=new_id)
    return result


def _alone(
    event: Event,
    people: People,
    ledger: Ledger,
    catalog: Catalog,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Ingested:
    """Count an event for its strongest identifier alone, and report that the others were not used."""
    try:
        directory = read_directory(people, [event])
        parts = _group([event], directory, people, ledger, catalog, now=now, new_id=new_id, unites=False)
        counted_alone = replace(_unfit(event), reason="counted for its strongest identifier alone: " + _FULL)
        return sum(parts, Ingested()) + Ingested(violations=(counted_alone,))
    except TooLarge:
        return Ingested(violations=(_unfit(event),))
    except (Conflict, Unavailable) as error:
        return Ingested(left_over=(event,), cause=str(error))


def _group(
    events: list[Event],
    directory: Directory,
    people: People,
    ledger: Ledger,
    catalog: Catalog,
    *,
    now: datetime,
    new_id: Callable[[], str],
    unites: bool = True,
) -> Iterator[Ingested]:
    """Each part when it is stored."""
    plans, before, violations = resolved(events, directory, now=now, new_id=new_id, unites=unites)
    for person, plan in plans.items():
        profile = directory.profiles[person]
        yield from write_person(profile, before.get(person), plan, people, ledger, catalog, now=now)
    yield Ingested(violations=tuple(violations))


_FULL = "with this event the person's record would be larger than the store takes"


def _unfit(event: Event) -> Violation:
    return refused(event, "record_too_large", "", _FULL)
