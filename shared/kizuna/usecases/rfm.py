"""A run of RFM: everybody looked at, weighed against each other, and whoever's scores changed written.

    the clock, or a command ──▶ start ──▶ a message a shard ──▶ collect ──▶ pages of numbers
                                              the last shard that is done ──▶ weigh ──▶ the result
                                                   a message a shard ──▶ write ──▶ only whose scores changed

Each page is stored under its step on the condition that the step is free; so shards go on where they stopped, and a
second worker on the same shard finds the step taken and goes on behind it. Weighing the same pages says the same. A
person is written under the version of their profile, with what follows for segments: it is announced as usual.

What it costs in AWS, by list prices of us-east-1, for a million people with 2 KB each: reading everybody twice $0.25,
pages $0.02, queues and Lambda about $0.15; and about $2 per million scores that changed, 2 units and the stream each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from kizuna.core.campaigns import next_run
from kizuna.core.catalog import Catalog
from kizuna.core.contracts import RfmShard, StartRfm
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.folding import settled
from kizuna.core.people import GONE, Profile, Trait
from kizuna.core.ports import People, PersonWrite, Queues, RfmRuns, Schedules
from kizuna.core.rfm.memory import remembered_inputs
from kizuna.core.rfm.runs import Columns, Page, Phase, RfmRun, bucket_number, reach_of, standing_now, weigh
from kizuna.core.rfm.scores import SOURCE, TRAIT, Cuts, RfmDefinition, standing_of
from kizuna.core.segments import EVERYONE
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases.campaigning.launching import is_due
from kizuna.usecases.ingesting.rewriting import rewrite
from kizuna.usecases.people.everybody import living, stored
from kizuna.usecases.reacting.upkeep import with_current_memory

COLLECTED = 1_000  # people a page
WRITTEN = 100


@dataclass(frozen=True, slots=True)
class Scorer:
    """The ports of a run."""

    people: People
    rfm: RfmRuns
    queues: Queues
    workers: int = 1  # writes at a time


# ── beginning ───────────────────────────────────────────────────────────────────────────────────


def start(definition: RfmDefinition, rfm: RfmRuns, *, at: datetime, now: datetime) -> RfmRun:
    """Record a run as of an instant, and tell it: the one there is, if it began before."""
    whole = at.replace(microsecond=0)
    return rfm.start(RfmRun(definition, whole, now))


def start_scheduled(
    work: StartRfm, on: Scorer, schedules: Schedules, catalog: Catalog, *, now: datetime
) -> RfmRun | None:
    """Begin the run of a scheduled instant and hand out its shards; None where nothing in force has that instant.

    The next run is armed first. A second tick hands the same shards out again, which changes nothing.
    """
    definition = catalog.rfm.get(work.rfm)
    if definition is None or not definition.enabled or definition.schedule is None:
        return None
    arm(definition, schedules, after=max(now, work.at))
    if not is_due(definition.schedule, work.at):
        return None  # armed by an older version
    run = start(definition, on.rfm, at=work.at, now=now)
    hand_out(run, phase_of(run, on.rfm), on.queues)
    return run


def arm(definition: RfmDefinition, schedules: Schedules, *, after: datetime) -> datetime | None:
    """Arm the next run after an instant, and tell it; None if there is none. Idempotent."""
    if definition.schedule is None or not definition.enabled:
        return None
    upcoming = next_run(definition.schedule, after=after)
    if upcoming is not None:
        payload = {"rfm": definition.id, "at": instant_to_text(upcoming)}
        schedules.arm(schedule_name(definition.id), at=upcoming, payload=payload)
    return upcoming


def schedule_name(definition: str) -> str:
    """No campaign has such a name: theirs hold no dot."""
    return f"rfm.{definition}"


def phase_of(run: RfmRun, rfm: RfmRuns) -> Phase:
    """What is to be done next of a run."""
    return "collect" if rfm.result(run) is None else "write"


def hand_out(
    run: RfmRun, phase: Phase, queues: Queues, shards: Sequence[int] = range(SEGMENT_SHARDS)
) -> None:
    """Put shards of a phase on the queue. Handed out twice, they are worked on once."""
    bodies = [
        RfmShard(rfm=run.definition.id, run=run.id, phase=phase, shard=shard).model_dump() for shard in shards
    ]
    queues.send(Queue.AUDIENCE, bodies)


def unfinished(rfm: RfmRuns, catalog: Catalog, definition: str, *, now: datetime) -> RfmRun | None:
    """The newest run, if it is worth going on with: in force, not done, and of today."""
    for run in rfm.latest(definition, limit=1):
        if now - run.at < timedelta(days=1) and is_in_force(run, catalog) and not is_done(run, "write", rfm):
            return run
    return None


# ── going on ────────────────────────────────────────────────────────────────────────────────────


def take(
    work: RfmShard,
    on: Scorer,
    catalog: Catalog,
    *,
    now: datetime,
    is_over: Callable[[], bool] = lambda: False,
) -> bool:
    """Go on with a shard until it is done or time is over; then the rest goes back on the queue.

    Whoever finishes the last shard weighs, and hands out the writing; the message is gone only once that is done, so
    a crash before it leads here again. False where the run is no longer what the definitions in force ask for.
    """
    run = on.rfm.get(work.rfm, work.run)
    if run is None or not is_in_force(run, catalog):
        return False
    for _ in pages(run, work.phase, work.shard, on, catalog, now=now):
        if is_over():
            hand_out(run, work.phase, on.queues, (work.shard,))
            return True
    if work.phase == "collect" and finish_collecting(run, on.rfm):
        hand_out(run, "write", on.queues)
    return True


def is_in_force(run: RfmRun, catalog: Catalog) -> bool:
    """Whether the definition still asks for what the run was begun with; when it runs does not matter."""
    current = catalog.rfm.get(run.definition.id)
    return current is not None and _meaning(current) == _meaning(run.definition)


def _meaning(definition: RfmDefinition) -> Mapping[str, Any]:
    return definition.model_dump(exclude={"name", "schedule", "enabled"})


def finish_collecting(run: RfmRun, rfm: RfmRuns) -> bool:
    """Weigh everybody if all shards are collected; whether they are."""
    if not is_done(run, "collect", rfm):
        return False
    if rfm.result(run) is None:
        rfm.settle(run, weigh(run.definition, rfm.pages(run, "collect")))
    return True


def is_done(run: RfmRun, phase: Phase, rfm: RfmRuns) -> bool:
    """Whether all shards of a phase have come to their end."""
    lasts = (rfm.last(run, phase, shard) for shard in range(SEGMENT_SHARDS))
    return all(last is not None and last.done for last in lasts)


def written_by(run: RfmRun, rfm: RfmRuns) -> int | None:
    """How many records the run changed; None while it is being written, or where its pages are gone."""
    if not is_done(run, "write", rfm):
        return None
    return sum(page.written for page in rfm.pages(run, "write"))


def pages(
    run: RfmRun, phase: Phase, shard: int, on: Scorer, catalog: Catalog, *, now: datetime
) -> Iterator[Page]:
    """Go on with a shard behind its last page, and tell of each page when it is stored.

    Nothing is written before everybody was weighed. Raises Unavailable and Conflict; what was stored stands.
    """
    result = on.rfm.result(run) if phase == "write" else None
    if phase == "write" and result is None:
        return
    last = on.rfm.last(run, phase, shard)
    while last is None or not last.done:
        step, after = (last.step + 1, last.after) if last else (1, "")
        page = (
            _written(run, result.cuts, shard, step, after, on, catalog, now=now)
            if result is not None
            else _collected(run, shard, step, after, on, catalog, now=now)
        )
        last = page if on.rfm.add(run, page) else on.rfm.last(run, phase, shard)
        if last is None:
            raise Conflict(f"pages of run {run.id} of rfm {run.definition.id}")
        yield last


def _collected(
    run: RfmRun, shard: int, step: int, after: str, on: Scorer, catalog: Catalog, *, now: datetime
) -> Page:
    ids, following = on.people.members(EVERYONE, shard, after=after or None, limit=COLLECTED)
    columns = Columns()
    for profile in _scored_people(ids, on.people):
        current = with_current_memory(profile, on.people, catalog, now=now)
        inputs = remembered_inputs(current, run.definition, at=run.at)
        columns.add(inputs, before=bucket_number(profile, run.definition.id), reach=reach_of(profile))
    end = ids[-1] if ids else after
    return Page("collect", shard, step, end, len(ids), following is None, packed=columns.packed())


def _scored_people(ids: Sequence[str], people: People) -> list[Profile]:
    """The people of a page; a restricted one is let alone."""
    return [profile for profile in living(ids, people) if profile.status != "restricted"]


def _written(
    run: RfmRun, cuts: Cuts, shard: int, step: int, after: str, on: Scorer, catalog: Catalog, *, now: datetime
) -> Page:
    ids, following = on.people.members(EVERYONE, shard, after=after or None, limit=WRITTEN)
    written = left = 0
    drafts: list[tuple[Profile, PersonWrite]] = []
    for profile in _scored_people(ids, on.people):
        try:
            write = _scores_write(profile, run, cuts, on.people, catalog, now=now)
            drafts += [(profile, write)] if write is not None else []
        except Unavailable:
            raise
        except Exception:  # it must not hold up the people behind it; counted, and the next run tries again
            left += 1
    for profile, refused in stored(drafts, on.people, workers=on.workers):
        match refused:
            case None:
                written += 1
            case Unavailable():
                raise refused
            case Conflict():
                try:
                    written += write_scores(profile, run, cuts, on.people, catalog, now=now)
                except Conflict:
                    left += 1
            case _:
                left += 1
    end = ids[-1] if ids else after
    return Page("write", shard, step, end, len(ids), following is None, written=written, left=left)


def write_scores(
    profile: Profile, run: RfmRun, cuts: Cuts, people: People, catalog: Catalog, *, now: datetime
) -> bool:
    """Store a person's scores if they changed, with what follows: segments, alarm, announcements. Whether they did.

    Guarded by the profile's version: if somebody else wrote meanwhile, it is read again. What a newer run wrote
    stays.
    A crash leaves the person as before, for whoever repeats the page.
    """

    def scores_of(found: Profile) -> PersonWrite | None:
        if found.id != profile.id or found.status in (*GONE, "restricted"):
            return None  # merged, erased or restricted since: a run scores none of these
        return _scores_write(found, run, cuts, people, catalog, now=now)

    return rewrite(profile.id, people, scores_of, read=profile)


def _scores_write(
    profile: Profile, run: RfmRun, cuts: Cuts, people: People, catalog: Catalog, *, now: datetime
) -> PersonWrite | None:
    """The write of a person's scores; None where they did not change."""
    current = with_current_memory(profile, people, catalog, now=now)
    after = _with_scores(current, run, cuts)
    if after is None:
        return None
    cause = f"rfm {run.definition.id} {run.id}"
    return write_of(after, profile, current, catalog, cause=cause, now=now)


def write_of(
    after: Profile, profile: Profile, current: Profile, catalog: Catalog, *, cause: str, now: datetime
) -> PersonWrite:
    """The guarded write of a person whose standing changed, with what follows from it. `current` is what was stored
    (`profile`) by the definitions in force."""
    folded = settled(
        before=profile, after=after, catalog=catalog, now=now, alarm=cause, announces=True, base=current
    )
    return PersonWrite(folded, profile.version)


def _with_scores(profile: Profile, run: RfmRun, cuts: Cuts) -> Profile | None:
    """The person with the scores of a run; None where they have these already, or those of a newer run."""
    definition = run.definition
    inputs = remembered_inputs(profile, definition, at=run.at)
    held = standing_now(profile, definition.id)
    since = instant_to_text(run.at)
    if held is not None and str(held.get("since", "")) > since:
        return None
    standing = None if inputs is None or not cuts.days else standing_of(cuts.scores(inputs), definition)
    if standing == (None if held is None else {name: held[name] for name in held if name != "since"}):
        return None
    return with_standing(profile, definition.id, standing, at=run.at)


def with_standing(
    profile: Profile, definition: str, standing: Mapping[str, Any] | None, *, at: datetime
) -> Profile:
    """The person with what a run of a definition found at an instant; None: they are not scored by it."""
    trait = profile.traits.get(TRAIT)
    known = dict(trait.value) if trait is not None and isinstance(trait.value, Mapping) else {}
    known.pop(definition, None)
    if standing is not None:
        known[definition] = {**standing, "since": instant_to_text(at)}
    traits = {name: each for name, each in profile.traits.items() if name != TRAIT}
    if known:
        traits[TRAIT] = Trait(known, at, SOURCE)
    return replace(profile, traits=traits)
