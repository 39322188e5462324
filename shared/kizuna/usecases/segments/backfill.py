"""Backfill: everybody in line with changed definitions, by shard and page, while events keep coming in.

    apply ──▶ begin ──▶ one message a shard ──▶ queue `backfill` ──▶ fill ──▶ page after page, a checkpoint after each
    wake, every minute ──▶ watch: begins what a crash of apply left out, hands out again what was lost

Nobody is announced to have entered or left. Each person is written under the version of their profile: what comes in
meanwhile wins, and brings the record up to date by itself. Doing a page twice changes nothing. What writers do who
still go by older definitions is put right by the stream (`react`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AlarmRang, BackfillShard
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.people import Profile
from kizuna.core.ports import Backfills, People, PersonWrite, Queues
from kizuna.core.segments import EVERYONE
from kizuna.core.segments.backfill import (
    Backfill,
    Progress,
    ShardProgress,
    as_stored,
    asked_by,
    next_backfill,
)
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases.people.everybody import living, stored
from kizuna.usecases.reacting.upkeep import bring_up_to_date, brought_up
from kizuna.usecases.segments.recalling import Teller, tell_of_messages, with_recalled

PAGE = 100


@dataclass(frozen=True, slots=True)
class Filler:
    """What filling needs. `definitions` gives those in force at this very moment."""

    people: People
    backfills: Backfills
    queues: Queues
    definitions: Callable[[], Catalog]
    teller: Teller
    workers: int = 1  # calls at a time


def progress_of(backfills: Backfills) -> Progress | None:
    """How the newest backfill stands; None where there never was one."""
    newest = backfills.latest()
    return Progress(newest, backfills.shards(newest.number), SEGMENT_SHARDS) if newest else None


def begin(backfills: Backfills, queues: Queues, catalog: Catalog, *, now: datetime) -> Backfill | None:
    """Begin the backfill that the definitions call for, and hand out its shards; None where they call for none.

    Those of one that is not done are handed out again: whoever is at work on a shard already goes on, and the other
    finds nothing to do. A crash in between is made good by the next call, or by `watch`.
    """
    last = progress_of(backfills)
    wanted = next_backfill(catalog, last, now=now)
    if wanted is not None and backfills.begin(wanted):
        _hand_out(wanted.number, range(SEGMENT_SHARDS), queues)
        return wanted
    if last is not None and wanted is None:
        _hand_out(last.backfill.number, last.unfinished(), queues)
    return None


def watch(backfills: Backfills, queues: Queues, catalog: Catalog, *, now: datetime) -> Progress | None:
    """Once a minute: begin what was not begun, hand out again what was lost. How the newest one stands."""
    last = progress_of(backfills)
    if next_backfill(catalog, last, now=now) is not None:
        begin(backfills, queues, catalog, now=now)
        return progress_of(backfills)
    if last is not None:
        _hand_out(last.backfill.number, last.stalled(now=now), queues)
    return last


def _hand_out(number: int, shards: range | tuple[int, ...], queues: Queues) -> None:
    if shards:
        queues.send(
            Queue.BACKFILL, [BackfillShard(backfill=number, shard=shard).model_dump() for shard in shards]
        )


def fill(
    work: BackfillShard, on: Filler, *, now: datetime, is_over: Callable[[], bool] = lambda: False
) -> Progress | None:
    """Go on with a shard from its checkpoint until it is done, or time is over and the rest goes back on the queue.

    Tells how the backfill stands once the shard is done, else None. Ends where a newer backfill counts, or where
    somebody else is further on with the same shard. Raises Unavailable: the queue brings the work again, and it goes
    on from the page that was not finished.
    """
    newest = on.backfills.latest()
    if newest is None or newest.number != work.backfill:
        return None
    told = _begun(work, on, now)
    catalog = on.definitions()
    if told is None or asked_by(catalog) != newest.asked:
        return None
    while not told.done:
        told = _page(told, newest.recalls, on, catalog, now=now)
        if not on.backfills.advance(work.backfill, told):
            return None
        if told.done:
            return progress_of(on.backfills)
        if is_over():
            _hand_out(work.backfill, (work.shard,), on.queues)
            return None
        if on.definitions() is not catalog:
            catalog = on.definitions()
            if asked_by(catalog) != newest.asked:
                return None
    return None


def _begun(work: BackfillShard, on: Filler, now: datetime) -> ShardProgress | None:
    """Where the shard stands; None where somebody else began it this moment."""
    known = {shard.shard: shard for shard in on.backfills.shards(work.backfill)}
    if work.shard in known:
        return known[work.shard]
    total = on.people.member_count(EVERYONE, work.shard)
    first = ShardProgress(work.shard, as_stored(now), total=total)
    return first if on.backfills.advance(work.backfill, first) else None


def _page(
    told: ShardProgress, recalls: frozenset[str], on: Filler, catalog: Catalog, *, now: datetime
) -> ShardProgress:
    """Bring the people of the next page up to date: first each is looked at, then all writes are done together.

    Whoever cannot be written just then (others keep writing them, the record is full) is rung for by themselves, and
    does not hold up those behind.
    """
    page, following = on.people.members(EVERYONE, told.shard, after=told.after or None, limit=PAGE)
    people = living(page, on.people)
    hand = _Hand(recalls, on, catalog, now)
    changed, apart = 0, []
    drafts: list[tuple[Profile, PersonWrite]] = []
    for profile, found in zip(people, _of_all(people, hand.look_at, on.workers), strict=True):
        match found:
            case PersonWrite():
                drafts.append((profile, found))
            case Exception():
                apart.append(profile.id)
            case is_written:
                changed += is_written
    for profile, refused in stored(drafts, on.people, workers=on.workers):
        match hand.again(profile) if isinstance(refused, Conflict) else refused:
            case Unavailable() as out_of_reach:
                raise out_of_reach
            case Exception():
                apart.append(profile.id)
            case None:
                changed += 1
    if apart:
        on.queues.send(Queue.WAKE, [AlarmRang(kind="profile", id=each).model_dump() for each in apart])
    return told.further(
        after=page[-1] if page else told.after,
        people=len(page),
        changed=changed,
        apart=len(apart),
        done=following is None,
        at=now,
    )


@dataclass(frozen=True, slots=True)
class _Hand:
    """Brings people up to date. What is wrong with one is told, not raised; that nobody can be reached is raised."""

    recalls: frozenset[str]
    on: Filler
    catalog: Catalog
    now: datetime

    def look_at(self, profile: Profile) -> PersonWrite | Exception | bool:
        """The write to be done for somebody; else whether they were written already, or what is wrong."""
        on, catalog, now = self.on, self.catalog, self.now
        try:
            if not tell_of_messages(profile, self.recalls, on.people, on.teller, catalog, now=now):
                return brought_up(profile, on.people, catalog, now=now, recall=self._recall) or False
        except Unavailable:
            raise
        except Exception as error:  # whatever it is, it must not hold up the people behind it
            return error
        return self.again(profile) or True

    def again(self, profile: Profile) -> Exception | None:
        """Read somebody who was written meanwhile, and bring that up to date."""
        try:
            bring_up_to_date(
                profile.id, self.on.people, self.catalog, now=self.now, alarm=False, recall=self._recall
            )
        except Unavailable:
            raise
        except Exception as error:  # likewise, and counted
            return error
        return None

    def _recall(self, profile: Profile) -> Profile:
        return with_recalled(profile, self.recalls, self.on.people)


def _of_all(
    people: Sequence[Profile],
    look_at: Callable[[Profile], PersonWrite | Exception | bool],
    workers: int,
) -> Iterable[PersonWrite | Exception | bool]:
    """Looking at somebody may take a query of their own, which is waited for: so many at a time."""
    if workers == 1 or len(people) < 2:
        return map(look_at, people)
    with ThreadPoolExecutor(max_workers=min(workers, len(people))) as pool:
        return list(pool.map(look_at, people))
