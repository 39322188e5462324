"""What a run of a campaign would do, on the people as they are stored: nothing is sent, and nothing written.

everybody, page by page ─▶ who is in the audience then ─▶ their part of the run, played to its end ─▶ added up

The audience is everybody whom the segments hold at the instant that is simulated, if nothing happens until then:
windows that end by then have ended. A draft is asked as if it were applied, with segments that nobody has filled yet.
The same people and definitions give the same text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kizuna.core.campaigning.forecast import Forecast
from kizuna.core.campaigning.guards import Refusal, Size, why_not_launched
from kizuna.core.campaigning.targets import untargeted
from kizuna.core.campaigning.telling import Body, simulation_body
from kizuna.core.campaigns import Campaign, OnSchedule, next_run, scheduled_run_id
from kizuna.core.catalog import Catalog, Document, Documents, build
from kizuna.core.catalog_checks.campaigns import blast_problems_of
from kizuna.core.decide import Occasion
from kizuna.core.errors import InvalidDefinition, KizunaError
from kizuna.core.experiments.standing import Standings
from kizuna.core.people import Profile
from kizuna.core.ports import Ledger, Messages, People, Rhythms, Runs, Trials
from kizuna.core.ramp import Wave
from kizuna.core.segments import usable_channels
from kizuna.usecases.campaigning.launching import last_size, waves_for
from kizuna.usecases.campaigning.playing import Stage
from kizuna.usecases.campaigning.rhythms import rhythms_for
from kizuna.usecases.deciding import standings_for
from kizuna.usecases.everybody import everybody

PAGE = 100
NOWHERE = "https://example.com"  # where links lead that nobody is sent


@dataclass(frozen=True, slots=True)
class Simulator:
    """The ports of a simulation, from which is only read. `base_url` is where links lead: a text is longer by it.

    Without `runs` no audience is compared with the last one.
    """

    people: People
    ledger: Ledger
    messages: Messages
    runs: Runs | None = None
    rhythms: Rhythms | None = None
    trials: Trials | None = None
    base_url: str = NOWHERE


@dataclass(slots=True)
class Simulated:
    """What was found so far. `size` and `waves` are those of the run, `refusal` why it would not begin."""

    campaign: Campaign
    run: str
    at: datetime
    version: int  # of the catalog
    untargeted: str | None
    living: int = 0
    reachable: int = 0
    waves: tuple[Wave, ...] = ()
    refusal: Refusal | None = None
    found: Forecast = field(default_factory=Forecast)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a simulation is: `share` of both its walks, 0 to 1, and people looked at in the one under way."""

    share: float
    looked_at: int
    simulated: Simulated


class NotSimulated(KizunaError):
    """What is asked for is no run of a scheduled campaign."""


def drafted(documents: Documents, campaign: Document, *, version: int, place: str) -> Catalog:
    """The definitions in force with a campaign that is not applied yet. Raises InvalidDefinition naming `place`."""
    key = ("campaign", str(campaign.get("id", "")))
    wanted: Mapping[tuple[str, str], Document] = {**documents, key: campaign}
    catalog = build(
        wanted,
        version=version,
        origin=lambda kind, name: place if (kind, name) == key else f"{kind}/{name}",
        linted=True,
    )
    problems = tuple(blast_problems_of(catalog.campaigns[key[1]], catalog.segments, place))
    if problems:
        raise InvalidDefinition(problems)
    return catalog


def simulate(
    name: str, on: Simulator, catalog: Catalog, *, at: datetime, page: int = PAGE
) -> Iterator[Progress]:
    """Play the run of an instant, and say after each page of people how far it is. The last one is whole.

    Everybody is walked over twice where the run may be a large one: how many it is for decides its waves. Raises
    NotSimulated for what is not scheduled for an audience, Unavailable.
    """
    campaign = catalog.campaigns.get(name)
    if campaign is None or campaign.audience is None or not isinstance(campaign.trigger, OnSchedule):
        raise NotSimulated(f"campaign {name!r} is not one that runs for an audience")
    told = Simulated(
        campaign,
        scheduled_run_id(campaign, at),
        at,
        catalog.version,
        untargeted(campaign, catalog.segments),
    )
    stage = Stage(on.people, on.ledger, on.messages, catalog, base_url=on.base_url)
    in_segments = 0
    for walked in everybody(on.people, page=page):
        for profile in walked.people:
            standing = stage.standing_at(profile, at)
            told.living += 1
            told.reachable += bool(usable_channels(profile))
            in_segments += len(standing.segments.intersection(campaign.audience.segments))
        yield Progress(walked.share / 2, walked.looked_at, told)
    _launch(told, Size(in_segments), on, catalog)
    occasion = Occasion(
        campaign,
        catalog.version_of("campaign", name),
        told.run,
        since=at,
        waves=told.waves,
        rhythms=rhythms_for(campaign, on.rhythms),
    )
    standings = standings_for(campaign, on.trials)
    for walked in everybody(on.people, page=page):
        for profile in walked.people:
            _play(stage.standing_at(profile, at), occasion, stage, told, standings)
        yield Progress(0.5 + walked.share / 2, walked.looked_at, told)


def _launch(told: Simulated, size: Size, on: Simulator, catalog: Catalog) -> None:
    """Whether the run would begin, and in which waves."""
    told.refusal = why_not_launched(
        told.campaign,
        size,
        last=None if on.runs is None else last_size(told.campaign.id, on.runs),
        reachable=lambda: Size(told.reachable),
        launch=catalog.policy.launch_guard,
        blast=catalog.policy.blast_guard,
    )
    told.waves = waves_for(told.campaign, size.people, catalog, scheduled_at=told.at, now=told.at)


def _play(profile: Profile, occasion: Occasion, stage: Stage, told: Simulated, standings: Standings) -> None:
    audience = occasion.campaign.audience
    if audience is None or profile.segments.isdisjoint(audience.segments):
        return
    played = stage.play(profile, occasion, at=told.at, standings=standings)
    told.found.add(
        profile.id, played.followed, heard=played.heard, zone=profile.zone_name, salt=occasion.campaign.id
    )


def body_of(told: Simulated, catalog: Catalog) -> Body:
    """What a simulation found, as plain values."""
    return simulation_body(
        told.campaign,
        told.found,
        run=told.run,
        at=told.at,
        version=told.version,
        living=told.living,
        reachable=told.reachable,
        untargeted=told.untargeted,
        refusal=told.refusal,
        waves=told.waves,
        costs=catalog.policy.costs,
    )


def moment_of(campaign: Campaign, *, now: datetime) -> datetime:
    """The next instant of a campaign's schedule; this one where there is none any more."""
    trigger = campaign.trigger
    upcoming = next_run(trigger, after=now) if isinstance(trigger, OnSchedule) else None
    return upcoming or now
