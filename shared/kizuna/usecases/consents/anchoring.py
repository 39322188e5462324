"""Once a night the ends of all chains of the ledger are noted where nobody can change them.

    anchors/dt=2026-11-22T03-00/<shard>-<after>.jsonl     heads of some people of a shard, and of those they absorbed
    anchors/dt=2026-11-22T03-00/anchor.json               one hash over all of it, and over the anchor before it

What they are made of stands in `core/consent/anchors.py`. The last shard, to which nobody living belongs, has the
chains of those who were erased.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from kizuna.core.consent.anchors import Anchor, Head, HeadPage, Seal, anchor_of
from kizuna.core.contracts import AnchorShard
from kizuna.core.people import Profile
from kizuna.core.ports import Erasures, People, Queues, Run, Runs
from kizuna.core.ports.anchors import Anchors
from kizuna.core.segments import EVERYONE
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases.people.everybody import living

RUNS = "@anchors"  # under which runs are kept; no campaign can be called so
ERASED = SEGMENT_SHARDS  # the shard of those who live no more
SHARDS = SEGMENT_SHARDS + 1
PAGE = 100
PAGES = 20  # of one object
DONE = "~"  # behind every person


@dataclass(frozen=True, slots=True)
class Anchorage:
    """The ports that anchoring needs."""

    people: People
    erasures: Erasures
    runs: Runs
    anchors: Anchors
    queues: Queues


def begin(runs: Runs, queues: Queues, *, now: datetime) -> str:
    """Have an anchor made; returns its id. Twice within a minute is one and the same.

    The run is put if there is none, then its shards go on the queue: a crash in between leaves a run that stays
    unfinished and is never read; the next night's begins anew.
    """
    name = f"{now:%Y-%m-%dT%H-%M}"
    runs.start(Run(RUNS, name, 0, scheduled_at=now, started_at=now, shards=SHARDS))
    work = [AnchorShard(anchor=name, shard=shard) for shard in range(SHARDS)]
    queues.send(Queue.SNAPSHOT, [shard.model_dump() for shard in work])
    return name


def write_shard(work: AnchorShard, on: Anchorage, *, is_over: Callable[[], bool] = lambda: False) -> int:
    """Note the heads of a shard from its checkpoint on; returns how many. When time is short the rest goes back on
    the queue, and the worker who finishes the last shard seals the anchor.

    Each object is named by where it begins and is written once. A worker who comes second, or after a crash before
    the checkpoint moved, takes what is stored and goes on behind it: so all of them come to the same seal.
    """
    shard = str(work.shard)
    seal = _reached(on.runs, work)
    noted = 0
    while seal.after != DONE:
        page = _erased(seal.after, on) if work.shard == ERASED else _of_the_living(work.shard, seal.after, on)
        stored = on.anchors.write_once(object_of(work.anchor, work.shard, seal.after), page.lines())
        page = HeadPage.read(stored)
        seal = seal.with_page(page)
        noted += len(page.heads)
        on.runs.advance(RUNS, work.anchor, shard, str(seal))
        if seal.after != DONE and is_over():
            on.queues.send(Queue.SNAPSHOT, [work.model_dump()])
            return noted
    _close(work.anchor, on)
    return noted


def object_of(anchor: str, shard: int, after: str) -> str:
    return f"anchors/dt={anchor}/{shard}-{after}.jsonl"


def manifest_of(anchor: str) -> str:
    return f"anchors/dt={anchor}/anchor.json"


def _reached(runs: Runs, work: AnchorShard) -> Seal:
    stored = runs.checkpoint(RUNS, work.anchor, str(work.shard))
    return Seal() if stored is None else Seal.read(stored)


def _of_the_living(shard: int, after: str, on: Anchorage) -> HeadPage:
    heads: list[Head] = []
    place, following = after, after or None
    for _ in range(PAGES):
        ids, following = on.people.members(EVERYONE, shard, after=place or None, limit=PAGE)
        heads += heads_of(living(ids, on.people), on.erasures)
        place = ids[-1] if ids else place
        if following is None:
            return HeadPage(tuple(heads), DONE)
    return HeadPage(tuple(heads), place)


def heads_of(people: Iterable[Profile], erasures: Erasures) -> tuple[Head, ...]:
    """The ends of the chains of some people: their own, and those of whom they absorbed. Empty chains have none."""
    own = tuple(people)
    absorbed = {part for person in own for part in person.parts if part != person.id}
    sides = erasures.stored(sorted(absorbed)) if absorbed else {}
    return tuple(
        Head(side.id, side.ledger_length, side.ledger_head)
        for side in (*own, *(sides[part] for part in sorted(sides)))
        if side.ledger_length
    )


def _erased(after: str, on: Anchorage) -> HeadPage:
    """The next of the log of rights; a place in it is how many lines were read, which only ever grow."""
    read = int(after or "0")
    lines = list(islice(on.erasures.entries(kind="erased"), read, read + PAGE * PAGES))
    sides = on.erasures.stored(dict.fromkeys(part for line in lines for part in line.parts))
    gone = [side for side in sides.values() if side.ledger_length]
    heads = tuple(Head(side.id, side.ledger_length, side.ledger_head) for side in gone)
    return HeadPage(heads, f"{read + len(lines):012d}" if len(lines) == PAGE * PAGES else DONE)


def _close(name: str, on: Anchorage) -> None:
    """Seal the anchor if every shard is done. The object first: a crash leaves one that the next try notes."""
    stored = [on.runs.checkpoint(RUNS, name, str(shard)) for shard in range(SHARDS)]
    seals = [Seal.read(text) for text in stored if text is not None]
    run = on.runs.get(RUNS, name)
    if run is None or len(seals) < SHARDS or any(seal.after != DONE for seal in seals):
        return
    earlier = [anchor for anchor in on.anchors.kept() if anchor.id < name]
    anchor = anchor_of(name, seals, at=run.scheduled_at, before=earlier[-1] if earlier else None)
    kept = on.anchors.write_once(manifest_of(name), [anchor.to_json()])
    on.anchors.keep(Anchor.read("".join(kept)))
