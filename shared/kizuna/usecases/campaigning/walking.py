"""Walks one shard of a campaign's audience, page by page, deciding for each person.

The audience is who was in its segments as the run began: who has gone since is decided for, and withheld with that
reason; who has come since is not met.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AudienceShard
from kizuna.core.decide import Occasion
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.people import Profile
from kizuna.core.ports import (
    BrakeStore,
    Ledger,
    Messages,
    People,
    Queues,
    Rhythms,
    Run,
    Runs,
    RunState,
    Trials,
)
from kizuna.topology import Queue
from kizuna.usecases.campaigning.parts import finish, name_of, set_aside
from kizuna.usecases.campaigning.rhythms import rhythms_for
from kizuna.usecases.decisions.deciding import decide_and_store, standings_for
from kizuna.usecases.reacting.upkeep import as_defined

PAGE = 50
LOOKED_AT_AGAIN = timedelta(minutes=15)  # a shard of a paused run; the longest that a queue keeps it back
CAMPAIGN_CHANGED = "campaign_changed"  # why a run was stopped


@dataclass(frozen=True, slots=True)
class Walker:
    """The ports of a walk. Without `brakes` nothing pauses it."""

    people: People
    ledger: Ledger
    messages: Messages
    runs: Runs
    queues: Queues
    brakes: BrakeStore | None = None
    rhythms: Rhythms | None = None  # when everybody reacts; without it only a person's own habits count
    trials: Trials | None = None  # what is decided of experiments; without it their arms stay as planned


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
    began with: once that is no longer in force, nobody more is decided for, and the run is stopped for good.

    A paused run stops before the next page; its rest is looked at again in a quarter of an hour, or as soon as it is
    resumed. A page with somebody for whom the decision breaks down goes on the queue by itself, to be tried there
    and, in the end, to lie among the dead letters; everybody else is decided for.
    """
    run = on.runs.get(work.campaign, work.run)
    if run is None or run.state is not RunState.RUNNING:
        return 0
    if not is_in_force(work, catalog):
        on.runs.end(run.campaign, run.id, RunState.STOPPED, reason=CAMPAIGN_CHANGED, at=now)
        return 0
    occasion = Occasion(
        catalog.campaigns[work.campaign],
        work.campaign_version,
        work.run,
        since=work.scheduled_at,
        waves=run.waves,
        rhythms=rhythms_for(catalog.campaigns[work.campaign], on.rhythms),
    )
    if work.page_alone:
        return _walk_page(work, run, occasion, on, catalog, now=now)
    shard = name_of(work)
    after = on.runs.checkpoint(work.campaign, work.run, shard)
    decided, aside = 0, set[str]()
    while True:
        if is_paused(occasion, on):
            on.queues.send(Queue.AUDIENCE, [work.model_dump(mode="json")], delay=LOOKED_AT_AGAIN)
            return decided
        page, following = _members(work, run, on, after)
        count, failure = _decide_for(page, occasion, on, catalog, now=now)
        decided += count
        if failure is not None:
            aside.add(set_aside(work, after, on.runs, on.queues))
        if page:
            after = page[-1]
            on.runs.advance(work.campaign, work.run, shard, after)
        if following is None:
            finish(work, run, on.runs, on.queues, now=now, sent=aside)
            return decided
        if is_over():
            on.queues.send(Queue.AUDIENCE, [work.model_dump(mode="json")])
            return decided


def is_paused(occasion: Occasion, on: Walker) -> bool:
    """Whether a brake holds the run. Nothing but promotion is ever held (`restraint/brakes.py`)."""
    if on.brakes is None or occasion.campaign.category != "marketing":
        return False
    return on.brakes.current().of_run(occasion.campaign.id, occasion.run).pause is not None


def _walk_page(
    work: AudienceShard, run: Run, occasion: Occasion, on: Walker, catalog: Catalog, *, now: datetime
) -> int:
    """A page that was set aside, by itself. Raises what breaks down in it, so that the queue brings it again."""
    if is_paused(occasion, on):
        on.queues.send(Queue.AUDIENCE, [work.model_dump(mode="json")], delay=LOOKED_AT_AGAIN)
        return 0
    page, _ = _members(work, run, on, work.after)
    count, failure = _decide_for(page, occasion, on, catalog, now=now)
    if failure is not None:
        raise failure
    finish(work, run, on.runs, on.queues, now=now)
    return count


def _members(
    work: AudienceShard, run: Run, on: Walker, after: str | None
) -> tuple[tuple[str, ...], str | None]:
    return on.people.members_at(work.segment, work.shard, at=run.started_at, after=after, limit=PAGE)


def _decide_for(
    page: Sequence[str], occasion: Occasion, on: Walker, catalog: Catalog, *, now: datetime
) -> tuple[int, Exception | None]:
    """Decide for everybody on a page: how many were newly decided, and what broke down, if anything did.

    Raises Conflict and Unavailable: these are nobody's own, and over soon.
    """
    decided = 0
    failure: Exception | None = None
    standings = standings_for(occasion.campaign, on.trials)
    for stored_profile in _living(page, on.people):
        try:
            profile = as_defined(stored_profile, on.people, catalog, now=now)
            stored = decide_and_store(
                profile,
                occasion,
                ledger=on.ledger,
                messages=on.messages,
                catalog=catalog,
                now=now,
                standings=standings,
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
