"""What a run of a campaign would do, on the people as they are stored: nothing is sent, and nothing written.

everybody, page by page ─▶ who is in the audience then ─▶ their part of the run, played to its end ─▶ added up
                                                          └ a third time, where channels follow each other: what comes
                                                            of it if nobody shows a sign

The audience is everybody whom the segments hold at the instant that is simulated, if nothing happens until then:
windows that end by then have ended. A draft is asked as if it were applied, with segments that nobody has filled yet.
The same people and definitions give the same text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kizuna.core.campaigning.forecast import Followed, Forecast
from kizuna.core.campaigning.guards import Refusal, Size, why_not_launched
from kizuna.core.campaigning.targets import untargeted
from kizuna.core.campaigning.telling import Body, simulation_body
from kizuna.core.campaigns import Campaign, OnSchedule, next_run, scheduled_run_id
from kizuna.core.catalog import Catalog, Document, Documents, build
from kizuna.core.catalog_checks.campaigns import blast_problems_of
from kizuna.core.decide import Occasion
from kizuna.core.errors import InvalidDefinition, KizunaError
from kizuna.core.people import Profile
from kizuna.core.ports import Ledger, Messages, People, Rhythms, Runs, Trials
from kizuna.core.ramp import Wave
from kizuna.core.segments import usable_channels
from kizuna.usecases.campaigning.launching import last_size, needs_waves, waves_for
from kizuna.usecases.campaigning.playing import Stage
from kizuna.usecases.campaigning.rhythms import rhythms_for
from kizuna.usecases.decisions.deciding import standings_for
from kizuna.usecases.people.everybody import everybody

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
    """What was found so far. `waves` are those of the run, `refusal` is why it would not begin. `unanswered` is what
    follows on other channels if nobody shows a sign; None where nothing can."""

    campaign: Campaign
    run: str
    at: datetime
    version: int  # of the catalog
    untargeted: str | None
    living: int = 0
    reachable: int = 0
    waves: tuple[Wave, ...] = ()
    unramped: bool = False  # large, and its messages do not live for three waves
    refusal: Refusal | None = None
    found: Forecast = field(default_factory=Forecast)
    unanswered: Forecast | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a simulation is: `share` of all its walks, 0 to 1, and people looked at in the one under way."""

    share: float
    looked_at: int
    simulated: Simulated


Look = Callable[[Profile, Followed], None]  # at one message of a person, at its end


def _nobody_looks(profile: Profile, followed: Followed) -> None:
    pass


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
        unsaved=(key,),
    )
    problems = tuple(blast_problems_of(catalog.campaigns[key[1]], catalog.segments, place))
    if problems:
        raise InvalidDefinition(problems)
    return catalog


def simulate(
    name: str,
    on: Simulator,
    catalog: Catalog,
    *,
    at: datetime,
    page: int = PAGE,
    look: Look = _nobody_looks,
) -> Iterator[Progress]:
    """Play the run of an instant, and say after each page of people how far it is. The last one is whole.

    Everybody is walked over twice: how many it is for decides the waves of a run. A third time where one channel
    follows another. `look` is shown each message at its end, fallbacks last. Raises NotSimulated for what is not
    scheduled for an audience, Unavailable.
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
    walks = 3 if _has_fallbacks(campaign) else 2
    stage = Stage(on.people, on.ledger, on.messages, catalog, base_url=on.base_url)
    in_segments = 0
    for walked in everybody(on.people, page=page):
        for profile in walked.people:
            standing = stage.standing_at(profile, at)
            told.living += 1
            told.reachable += bool(usable_channels(profile))
            in_segments += len(standing.segments.intersection(campaign.audience.segments))
        yield Progress(walked.share / walks, walked.looked_at, told)
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
    plays = [(stage.play, told.found)]
    if _has_fallbacks(campaign):
        told.unanswered = Forecast()
        plays.append((stage.unanswered, told.unanswered))
    for number, (play, found) in enumerate(plays, start=1):
        for walked in everybody(on.people, page=page):
            for profile in walked.people:
                standing = stage.standing_at(profile, at)
                if standing.segments.isdisjoint(campaign.audience.segments):
                    continue
                played = play(standing, occasion, at=at, standings=standings)
                if played.followed:
                    found.add(profile, played.followed, heard=played.heard, salt=campaign.id)
                for each in played.followed:
                    look(profile, each)
            yield Progress((number + walked.share) / walks, walked.looked_at, told)


def _has_fallbacks(campaign: Campaign) -> bool:
    return campaign.channels is not None and campaign.channels.fallback_after is not None


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
    told.unramped = not told.waves and needs_waves(told.campaign, size.people, catalog)


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
        unramped=told.unramped,
        costs=catalog.policy.costs,
        unanswered=told.unanswered,
    )


def moment_of(campaign: Campaign, *, now: datetime) -> datetime:
    """The next instant of a campaign's schedule; this one where there is none any more."""
    trigger = campaign.trigger
    upcoming = next_run(trigger, after=now) if isinstance(trigger, OnSchedule) else None
    return upcoming or now
