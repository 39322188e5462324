"""`kizuna campaign status|approve|schedule|calendar`: how campaigns stand, who answers for them, what is to come."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from kizuna.cli.actors import ActorOption, ReasonOption, who
from kizuna.cli.brakes import told_by
from kizuna.cli.calendar_page import calendar_lines
from kizuna.cli.context import Place, place_of
from kizuna.core.campaigning.agenda import planned_runs
from kizuna.core.campaigns import OnSchedule
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import KizunaError, NotFound
from kizuna.core.sentences import Language
from kizuna.core.zones import zone_named
from kizuna.usecases.campaigning.calendar import DAYS, MOST_DAYS, calendar_body
from kizuna.usecases.campaigning.controlling import ControlDesk, approve, go_on, halt, status_body
from kizuna.usecases.campaigning.parts import hand_out_again

CampaignArgument = Annotated[str, typer.Argument(help="The campaign's id in the workspace.")]
AnyCampaignArgument = Annotated[str, typer.Argument(help="The campaign's id; all, if not told.")]
DaysOption = Annotated[int, typer.Option("--days", min=1, max=MOST_DAYS, help="How far ahead.")]
ZoneOption = Annotated[
    list[str] | None, typer.Option("--zone", help="Show local times of this zone too; may be told again.")
]
LanguageOption = Annotated[Language, typer.Option("--language", help="Of the page.")]


_LISTED = "kizuna campaign status lists them"


class UnknownZone(KizunaError):
    """No zone of this name."""


def desk_of(place: Place) -> ControlDesk:
    wired = place.services
    return ControlDesk(wired.catalog, wired.controls, wired.runs, wired.brakes, told_by(place))


def status(context: typer.Context, campaign: AnyCampaignArgument = "") -> None:
    """How campaigns stand: draft, approved, running, paused, done or failed, and why."""
    place = place_of(context)
    catalog, now = place.services.catalog.current(), place.services.now()
    if campaign and campaign not in catalog.campaigns:
        place.fail(NotFound(f"there is no campaign {campaign!r} in force; {_LISTED}"))
    body = status_body(catalog, desk_of(place), now=now, only=campaign)
    place.show(body, lambda: _status_table(body))


def _status_table(body: dict[str, Any]) -> Table:
    table = Table("campaign", "state", "because", "next run", "approved by")
    for row in body["campaigns"]:
        needed = "needed" if row["needsApproval"] else ""
        cells = (row["campaign"], row["state"], row["because"], row["nextRun"] or "")
        table.add_row(*cells, row["approvedBy"] or needed)
    return table


def approve_campaign(
    context: typer.Context, campaign: CampaignArgument, reason: ReasonOption, actor: ActorOption = ""
) -> None:
    """Answer for a campaign just as it is in force. Who applied it cannot; an edit needs approval anew."""
    place = place_of(context)
    by = who(actor)
    try:
        approve(campaign, desk_of(place), by=by, reason=reason, now=place.services.now())
    except KizunaError as error:
        place.fail(error)
    place.show(
        {"campaign": campaign, "approved": True, "by": by, "reason": reason},
        lambda: f"{campaign} is approved by {by} as it stands",
    )


def pause_campaign(place: Place, campaign: str, *, by: str, reason: str) -> None:
    """Let a whole campaign stand still: no run begins, and those under way pause."""
    try:
        runs = halt(campaign, desk_of(place), by=by, reason=reason, now=place.services.now())
    except KizunaError as error:
        place.fail(error)
    place.show(
        {"campaign": campaign, "paused": True, "runs": list(runs), "by": by, "reason": reason},
        lambda: f"{campaign} stands still, and {len(runs)} of its runs with it",
    )


def resume_campaign(place: Place, campaign: str, *, by: str, reason: str) -> None:
    """Let a whole campaign go on."""
    try:
        runs = go_on(campaign, desk_of(place), by=by, reason=reason, now=place.services.now())
        wired = place.services
        hand_out_again(campaign, runs, wired.runs, wired.queues, wired.catalog.current())
    except KizunaError as error:
        place.fail(error)
    place.show(
        {"campaign": campaign, "paused": False, "runs": list(runs), "by": by, "reason": reason},
        lambda: f"{campaign} goes on, and {len(runs)} of its runs with it",
    )


def schedule(context: typer.Context, campaign: CampaignArgument, days: DaysOption = 31) -> None:
    """The next runs of a scheduled campaign, as exact instants and on the clocks of its own zone."""
    place = place_of(context)
    now = place.services.now()
    known = place.services.catalog.current().campaigns.get(campaign)
    if known is None:
        place.fail(NotFound(f"there is no campaign {campaign!r} in force; {_LISTED}"))
    if not isinstance(known.trigger, OnSchedule):
        told = f"campaign {campaign!r} has no schedule: it is set off by {known.trigger.type}"
        place.fail(NotFound(f"{told}; kizuna campaign status says how it stands"))
    zone = zone_named(known.trigger.zone)
    runs = [
        {"at": instant_to_text(run.at), "local": run.at.astimezone(zone).isoformat(timespec="minutes")}
        for run in planned_runs([known], since=now, until=now + timedelta(days=days))
    ]
    place.show(
        {"campaign": campaign, "zone": str(zone), "runs": runs},
        lambda: "\n".join(f"{run['at']}  {run['local']}" for run in runs) or "no run is to come",
    )


def calendar(
    context: typer.Context,
    days: DaysOption = DAYS,
    zone: ZoneOption = None,
    language: LanguageOption = "en",
) -> None:
    """What will happen: runs, how many people, which channel, local times, and where campaigns meet on one person."""
    place = place_of(context)
    for name in zone or ():
        if zone_named(name) is None:
            place.fail(UnknownZone(f"unknown time zone {name!r}: use an IANA name such as Asia/Tokyo"))
    wired = place.services
    body = calendar_body(
        desk_of(place), wired.people, wired.catalog.current(), now=wired.now(), days=days, zones=zone or ()
    )
    place.show(body, lambda: "\n".join(calendar_lines(body, language)))
