"""Walks one shard of a campaign's audience, page by page, deciding for each person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AudienceShard
from kizuna.core.decide import Occasion
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.people import Profile
from kizuna.core.ports import Ledger, Messages, People, Queues, Runs
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases.deciding import decide_and_store
from kizuna.usecases.upkeep import as_defined

PAGE = 50


@dataclass(frozen=True, slots=True)
class Walker:
    people: People
    ledger: Ledger
    messages: Messages
    runs: Runs
    queues: Queues


def walk(
    work: AudienceShard,
    on: Walker,
    catalog: Catalog,
    *,
    now: datetime,
    is_over: Callable[[], bool] = lambda: False,
) -> int:
    """Decide for the people of a shard from its checkpoint on; returns how many were newly decided.

    The checkpoint moves after each page: a crash repeats at most one page, and repeating decides nothing
    twice. When time is short the rest goes back on the queue. A run goes by the version of the campaign that it
    began with: once that is no longer in force, nobody more is decided for.

    A page with somebody for whom the decision breaks down goes on the queue by itself, to be tried there and, in
    the end, to lie among the dead letters; everybody else is decided for.
    """
    campaign = catalog.campaigns.get(work.campaign)
    if campaign is None or not is_in_force(work, catalog):
        return 0
    run = on.runs.get(work.campaign, work.run)
    occasion = Occasion(
        campaign,
        work.campaign_version,
        work.run,
        since=work.scheduled_at,
        waves=run.waves if run else (),
    )
    if work.page_alone:
        page, _ = on.people.members(work.segment, work.shard, after=work.after, limit=PAGE)
        count, failure = _page(page, occasion, on, catalog, now=now)
        if failure is not None:
            raise failure
        return count
    shard = f"{work.segment}#{work.shard}"
    after = on.runs.checkpoint(work.campaign, work.run, shard)
    decided = 0
    while True:
        page, following = on.people.members(work.segment, work.shard, after=after, limit=PAGE)
        count, failure = _page(page, occasion, on, catalog, now=now)
        decided += count
        if failure is not None:
            again = work.model_copy(update={"after": after, "page_alone": True})
            on.queues.send(Queue.AUDIENCE, [again.model_dump(mode="json")])
        if page:
            after = page[-1]
            on.runs.advance(work.campaign, work.run, shard, after)
        if following is None:
            return decided
        if is_over():
            on.queues.send(Queue.AUDIENCE, [work.model_dump(mode="json")])
            return decided


def _page(
    page: Sequence[str], occasion: Occasion, on: Walker, catalog: Catalog, *, now: datetime
) -> tuple[int, Exception | None]:
    """Decide for everybody on a page: how many were newly decided, and what broke down, if anything did.

    Raises Conflict and Unavailable: these are nobody's own, and over soon.
    """
    decided = 0
    failure: Exception | None = None
    for stored_profile in _living(page, on.people):
        try:
            profile = as_defined(stored_profile, on.people, catalog, now=now)
            stored = decide_and_store(
                profile, occasion, ledger=on.ledger, messages=on.messages, catalog=catalog, now=now
            )
        except (Conflict, Unavailable):
            raise
        except Exception as error:  # whatever it is, it must not hold up the people behind it
            failure = error
            continue
        decided += bool(stored)
    return decided, failure


def is_in_force(work: AudienceShard, catalog: Catalog) -> bool:
    """Whether the campaign is still the one whose run this is: not stopped, not changed (`abuse-cases.md` A23)."""
    campaign = catalog.campaigns.get(work.campaign)
    version = catalog.version_of("campaign", work.campaign)
    return campaign is not None and campaign.enabled and version == work.campaign_version


def _living(page: Sequence[str], people: People) -> list[Profile]:
    """The people of a page, each once: a merged profile's entry leads to the person it lives on in."""
    found = people.profiles(page)
    return list({profile.id: profile for profile in found.values()}.values())


def count_members(segment: str, people: People) -> int:
    """How many people a segment has, from the membership index."""
    return sum(people.member_count(segment, shard) for shard in range(SEGMENT_SHARDS))
