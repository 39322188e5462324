"""`kizuna campaign`: start a run now, pause and resume it, and see what became of every run."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from kizuna.cli.brakes import told_by
from kizuna.cli.context import Place, place_of
from kizuna.cli.staff import ActorOption, ReasonOption, who
from kizuna.core.campaigns import TRIGGERED
from kizuna.core.contracts import StartRun
from kizuna.core.errors import KizunaError, NotFound
from kizuna.core.restraint.brakes import HELD_FOR, Pause
from kizuna.usecases.braking import pause_run, resume_run
from kizuna.usecases.campaign import Planner, Waiting, start_run
from kizuna.usecases.reports import report_body

app = typer.Typer(no_args_is_help=True, help=__doc__)

CampaignArgument = Annotated[str, typer.Argument(help="The campaign's id in the workspace.")]


class NotReady(KizunaError):
    """What a run needs is not there yet."""


def _known(place: Place, campaign: str) -> None:
    if campaign not in place.services.catalog.current().campaigns:
        place.fail(NotFound(f"there is no campaign {campaign!r} in force"))


@app.command()
def start(context: typer.Context, campaign: CampaignArgument) -> None:
    """Start a run of a scheduled campaign at this moment. Its schedule goes on as before."""
    place = place_of(context)
    _known(place, campaign)
    wired = place.services
    planner = Planner(wired.runs, wired.queues, wired.schedules, wired.backfills, wired.people)
    now = wired.now()
    start = StartRun(campaign=campaign, at=now)
    run = start_run(start, planner, wired.catalog.current(), now=now, by_hand=True)
    if isinstance(run, Waiting):
        missing = ", ".join(sorted(run.segments))
        told = f"{run.share:.0%} of all people looked at so far; see `kizuna segment status`"
        place.fail(NotReady(f"the backfill of {missing} is not done: {told}"))
    if run is None:
        place.fail(NotFound(f"campaign {campaign!r} is not a scheduled one, or is not enabled"))
    place.show({"campaign": campaign, "run": run.id}, lambda: f"run {run.id} has begun")


@app.command()
def report(context: typer.Context, campaign: CampaignArgument) -> None:
    """Each run's messages by channel, state and reason; what was intended is their sum."""
    place = place_of(context)
    _known(place, campaign)
    wired = place.services
    body = report_body(
        campaign, runs=wired.runs, counters=wired.counters, brakes=wired.brakes, now=wired.now()
    )
    place.show(body, lambda: _table(body))


RunArgument = Annotated[str, typer.Argument(help="The run's id, as the report has it.")]


@app.command()
def pause(
    context: typer.Context,
    campaign: CampaignArgument,
    run: RunArgument,
    reason: ReasonOption,
    actor: ActorOption = "",
) -> None:
    """Let a promotional run stand still until somebody resumes it. What is in the senders' hands still goes out."""
    place = place_of(context)
    wired = place.services
    _known_run(place, campaign, run)
    now, by = wired.now(), who(actor)
    held = Pause("by_hand", now, "by_hand", reason, by=by)
    done = pause_run(campaign, run, held, wired.brakes, tell=told_by(place))
    told = f"run {run} stands still" if done else f"run {run} stood still already"
    place.show({"campaign": campaign, "run": run, "paused": True, "by": by, "reason": reason}, lambda: told)


@app.command()
def resume(
    context: typer.Context,
    campaign: CampaignArgument,
    run: RunArgument,
    reason: ReasonOption,
    actor: ActorOption = "",
) -> None:
    """Answer for a run that was paused, and let it go on. Its signals are counted anew from this moment."""
    place = place_of(context)
    wired = place.services
    now, by = wired.now(), who(actor)
    try:
        resume_run(campaign, run, wired.brakes, by=by, reason=reason, now=now, tell=told_by(place))
    except KizunaError as error:
        place.fail(error)
    place.show(
        {"campaign": campaign, "run": run, "paused": False, "by": by, "reason": reason},
        lambda: f"run {run} goes on; what waits for it is looked at within {HELD_FOR.seconds // 60} minutes",
    )


def _known_run(place: Place, campaign: str, run: str) -> None:
    """A typing error must not pause a run that does not exist, and leave the real one going."""
    wired = place.services
    found = wired.runs.get(campaign, run) is not None or (
        run == TRIGGERED and bool(wired.counters.read(campaign, run))
    )
    if not found:
        place.fail(NotFound(f"campaign {campaign!r} has no run {run!r}; see `kizuna campaign report`"))


def _table(body: dict[str, Any]) -> Table:
    table = Table("run", "channel", "state", "reason", "count", title=body["campaign"], title_justify="left")
    for run in body["runs"]:
        for row in run["states"]:
            table.add_row(run["run"], row["channel"], row["state"], row["reason"], str(row["count"]))
        table.add_row(run["run"], "", "= intended", "", str(run["intended"]), style="bold")
        for wave in run["waves"]:
            told = f"to {wave['share']:.1%} from {wave['at']}"
            table.add_row(run["run"], "", f"wave {wave['wave']}: {wave['state']}", told, "")
        if run["paused"] is not None:
            table.add_row(run["run"], "", "PAUSED", run["paused"]["reason"], "", style="red")
    return table
