"""The pieces of work that a run consists of, and when it is done.

    a shard      <segment>#<shard>            walked to its end
    a page       <segment>#<shard>@<after>    set aside because something in it broke down, done by itself

A run is done when all its shards are and no page is left. A piece is noted as done after everybody of it was decided
for, and whoever notes one looks whether it was the last, reading what every other has noted before. So of two that
finish together at least one sees both; the end is recorded once; a crash in between leaves the piece on its queue.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from kizuna.core.campaigns import Campaign
from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AudienceShard
from kizuna.core.errors import Unavailable
from kizuna.core.ports import Queues, Run, Runs, RunState
from kizuna.topology import SEGMENT_SHARDS, Queue


def shards_of(campaign: Campaign, run: Run) -> Sequence[AudienceShard]:
    """The shards of each segment of the audience."""
    segments = campaign.audience.segments if campaign.audience else ()
    return [
        AudienceShard(
            campaign=campaign.id,
            run=run.id,
            campaign_version=run.campaign_version,
            scheduled_at=run.scheduled_at,
            segment=segment,
            shard=shard,
        )
        for segment in segments
        for shard in range(SEGMENT_SHARDS)
    ]


def hand_out(campaign: Campaign, run: Run, queues: Queues) -> None:
    """Put all shards of a run on the queue. Doing it again changes nothing: each goes on from its checkpoint."""
    queues.send(Queue.AUDIENCE, [shard.model_dump(mode="json") for shard in shards_of(campaign, run)])


def hand_out_again(
    campaign: str, resumed: Iterable[str], runs: Runs, queues: Queues, catalog: Catalog
) -> None:
    """Have runs that were resumed go on at once, and not at their next look. Nothing for a run that is over.

    Where the queue refuses they go on by that look: they are resumed, and nobody must be told otherwise.
    """
    found = catalog.campaigns.get(campaign)
    for run in resumed:
        known = runs.get(campaign, run)
        if known is not None and found is not None and known.state is RunState.RUNNING:
            with suppress(Unavailable):
                hand_out(found, known, queues)


def name_of(work: AudienceShard) -> str:
    """Under which name a shard has its checkpoint and its end."""
    return f"{work.segment}#{work.shard}"


def name_of_page(work: AudienceShard) -> str:
    """The same of a page that was set aside. No segment is called by an @."""
    return f"{name_of(work)}@{work.after or ''}"


def set_aside(work: AudienceShard, after: str | None, runs: Runs, queues: Queues) -> str:
    """Have the page behind `after` done by itself; returns its name. It is noted first: a crash leaves it noted, and
    walked again."""
    page = work.model_copy(update={"after": after, "page_alone": True})
    runs.set_aside(work.campaign, work.run, name_of_page(page))
    queues.send(Queue.AUDIENCE, [page.model_dump(mode="json")])
    return name_of_page(page)


def finish(
    work: AudienceShard,
    run: Run,
    runs: Runs,
    queues: Queues,
    *,
    now: datetime,
    sent: Collection[str] = (),
) -> None:
    """Note that a shard, or a page that was set aside, is done, and end the run with the last of them.

    A page that is noted and not done may have lost its message to a crash: a shard that ends sends those of its own
    once more, but for the ones that it has `sent` just now.
    """
    is_page = work.page_alone
    runs.finish(run.campaign, run.id, name_of_page(work) if is_page else name_of(work))
    parts = runs.parts(run.campaign, run.id)
    if not is_page:
        _send_again(work, [page for page in parts.aside if page not in sent], queues)
    if parts.shards >= run.shards and not parts.aside:
        runs.end(run.campaign, run.id, RunState.DONE, at=now)


def _send_again(work: AudienceShard, aside: Sequence[str], queues: Queues) -> None:
    mine = f"{name_of(work)}@"
    pages = [
        work.model_copy(update={"after": name.removeprefix(mine) or None, "page_alone": True})
        for name in aside
        if name.startswith(mine)
    ]
    queues.send(Queue.AUDIENCE, [page.model_dump(mode="json") for page in pages])
