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
from kizuna.core.identity.resolution import components
from kizuna.core.ports import Ledger, People
from kizuna.usecases.collecting.admission import admitted
from kizuna.usecases.identity.resolving import Directory, joints, read_directory, refused, resolved
from kizuna.usecases.ingesting.ingested import Ingested
from kizuna.usecases.ingesting.person_write import PersonDraft, drafted_alone, write_person
from kizuna.usecases.rights.dropping import Kept, without_erased

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog

TRIES = 3
AT_ONCE = 50  # people who are worked out and then written together, before the clock is looked at again
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
    workers: int

    def directory(self, events: Sequence[Event], *, consistent: bool = True) -> Directory:
        return read_directory(self.people, events, self.catalog.identity, consistent=consistent)

    def without_erased(self, events: Sequence[Event], directory: Directory) -> Kept:
        ties = joints(events, directory)
        return without_erased(events, ties, directory, self.people, told_at=self.told_at)


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
    desk = _Desk(
        people, ledger, catalog, now, new_id, is_late=lambda: is_over(0), told_at=told_at, workers=workers
    )
    return Ingested(violations=kept_out) + _by_person(events, desk, is_over)


def _by_person(events: Sequence[Event], desk: _Desk, is_over: Callable[[int], bool]) -> Ingested:
    try:
        directory, kept = _first_look(events, desk)
    except Unavailable as error:
        return Ingested(left_over=tuple(events), cause=str(error))
    except Conflict as error:
        # Somebody's profiles lead in a circle, for the moment or for good: the others are not to wait for that.
        if len(events) == 1:
            return Ingested(left_over=tuple(events), cause=f"contended: {error}")
        half = len(events) // 2
        return sum((_by_person(part, desk, is_over) for part in (events[:half], events[half:])), Ingested())
    groups = [[kept.events[index] for index in group] for group in components(kept.ties)]
    begun = 0
    results = [Ingested(erased=kept.dropped)]
    for start in range(0, len(groups), AT_ONCE):
        portion: list[list[Event]] = []
        for group in groups[start : start + AT_ONCE]:
            if is_over(begun):
                results.append(Ingested(left_over=tuple(group), cause=INLINE_BUDGET))
            else:
                portion.append(group)
                begun += 1
        results += _portion(portion, directory, desk)
    return sum(results, Ingested())


def _first_look(events: Sequence[Event], desk: _Desk) -> tuple[Directory, Kept]:
    """Who these events are of, as it may have been a moment ago: such a read costs half.

    Where several of them bring identifiers to somebody, there may be ties between them that the look did not show,
    and the order of receipt would be lost. Where it seems that somebody was erased, or that profiles lead in a
    circle, nothing would be written that a newer state could refuse. So there it is looked at again.
    """
    try:
        directory = desk.directory(events, consistent=False)
        unsettled = [event for event in events if not directory.is_settled(event)]
        if len(components(joints(unsettled, directory))) > 1:
            directory.renew(unsettled, desk.directory(unsettled))
        kept = desk.without_erased(events, directory)
        if not kept.dropped:
            return directory, kept
    except Conflict:
        pass
    directory = desk.directory(events)
    return directory, desk.without_erased(events, directory)


def _portion(groups: Sequence[list[Event]], directory: Directory, desk: _Desk) -> list[Ingested]:
    """Those who take one plain write each are written together; whoever takes more, or was contended, is alone."""
    results: list[Ingested] = []
    alone: list[tuple[list[Event], Exception | None]] = []
    drafts: list[tuple[list[Event], PersonDraft]] = []
    for group in groups:
        try:
            draft = _plain(group, directory, desk)
        except Exception as error:  # ours; the cause says where
            results.append(Ingested(left_over=tuple(group), cause=_where(error)))
            continue
        if draft is None:
            alone.append((group, None))
        elif draft.write is None:
            results.append(draft.result)
        else:
            drafts.append((group, draft))
    writes = [draft.write for _, draft in drafts if draft.write is not None]
    outcomes = desk.people.commit_all(writes, workers=desk.workers) if writes else []
    for (group, draft), outcome in zip(drafts, outcomes, strict=True):
        if outcome is None:
            results.append(draft.result)
        else:
            alone.append((group, outcome))

    def guarded(each: tuple[list[Event], Exception | None]) -> Ingested:
        group, outcome = each
        try:
            return _with_retries(group, desk, outcome)
        except Exception as error:  # ours, or a service's that we do not know
            return Ingested(left_over=tuple(group), cause=_where(error))

    if desk.workers > 1 and len(alone) > 1:
        with ThreadPoolExecutor(max_workers=min(desk.workers, len(alone))) as pool:
            return results + list(pool.map(guarded, alone))
    return results + [guarded(each) for each in alone]


def _plain(group: list[Event], directory: Directory, desk: _Desk) -> PersonDraft | None:
    """The write of a group that takes just one, of one person, all of whose reasons are conditions of that write.

    The directory may be some writes behind (`Resolved.is_plain` says why that is no harm):

        a profile is older than the stored one     the write is refused by its version
        an owner is missing, or another since      the row of the identifier is put where nobody else holds it
        a profile is missing that is stored        the same: whoever is new brings an identifier
        an event seems counted already             so it is: a mark is only forgotten after its time

    Refused, it is tried again from a consistent read. What would be reported or taken away instead of written is
    None here, and so is what has to read more.
    """
    found = resolved(
        group, directory.part(group), now=desk.now, new_id=desk.new_id, unites=True, catalog=desk.catalog
    )
    if not found.is_plain or len(found.plans) != 1 or found.violations:
        return None
    ((person, plan),) = found.plans.items()
    before = found.before.get(person)
    return drafted_alone(
        found.profiles[person], before, plan, desk.catalog, now=desk.now, marks=directory.marks
    )


def _with_retries(events: list[Event], desk: _Desk, tried: Exception | None = None) -> Ingested:
    """What is stored of a group stays in the result, whatever becomes of the others in it.

    `tried` is what became of a first try, if there was one.
    """
    match tried:
        case TooLarge():
            return _in_halves(events, desk)
        case Unavailable():
            return Ingested(left_over=tuple(events), cause=str(tried))
        case None | Conflict():
            cause = f"contended: {tried}" if tried else ""
        case _:
            raise tried
    done: list[Ingested] = []
    for attempt in range(1 if tried else 0, TRIES):
        if attempt and desk.is_late():
            break
        try:
            directory = desk.directory(events)
            kept = desk.without_erased(events, directory)  # somebody may have been erased since
            done.append(Ingested(erased=kept.dropped))
            events = kept.events
            for part in _group(events, directory, desk):
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
        result += _with_retries(half, desk)
    return result


def _alone(event: Event, desk: _Desk) -> Ingested:
    """Count an event for its strongest identifier alone, and report that the others were not used."""
    try:
        directory = desk.directory([event])
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
        yield from write_person(
            found.profiles[person],
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
