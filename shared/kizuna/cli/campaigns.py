"""`kizuna campaign`: start a run now, pause and resume it, and see what became of every run."""

from __future__ import annotations

from typing import Annotated

import typer

from kizuna.cli import campaign_control
from kizuna.cli.actors import ActorOption, ReasonOption, who
from kizuna.cli.brakes import told_by
from kizuna.cli.campaign_attribution import attribution
from kizuna.cli.campaign_report import report
from kizuna.cli.context import Place, place_of
from kizuna.cli.simulating import simulate_campaign
from kizuna.core.campaigns import TRIGGERED
from kizuna.core.contracts import StartRun
from kizuna.core.errors import KizunaError, NotFound
from kizuna.core.ports import RunState
from kizuna.core.restraint.brakes import Pause
from kizuna.usecases.campaigning.launching import Planner, Waiting, start_run
from kizuna.usecases.campaigning.parts import hand_out_again
from kizuna.usecases.outcomes.braking import pause_run, resume_run

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
    planner = Planner(
        wired.runs, wired.queues, wired.schedules, wired.backfills, wired.people, wired.controls
    )
    now = wired.now()
    start = StartRun(campaign=campaign, at=now)
    run = start_run(start, planner, wired.catalog.current(), now=now, by_hand=True)
    if isinstance(run, Waiting):
        missing = ", ".join(sorted(run.segments))
        told = f"{run.share:.0%} of all people looked at so far; see `kizuna segment status`"
        place.fail(NotReady(f"the backfill of {missing} is not done: {told}"))
    if run is None:
        place.fail(NotFound(f"campaign {campaign!r} is not a scheduled one, or is not enabled"))
    if run.state is RunState.REFUSED:
        place.fail(NotReady(f"run {run.id} was refused, {run.reason}"))
    place.show({"campaign": campaign, "run": run.id}, lambda: f"run {run.id} has begun")


app.command()(report)
app.command("simulate")(simulate_campaign)
app.command()(attribution)


app.command()(campaign_control.status)
app.command("approve")(campaign_control.approve_campaign)
app.command()(campaign_control.schedule)
app.command()(campaign_control.calendar)

RunArgument = Annotated[
    str, typer.Argument(help="The run's id, as the report has it; the campaign, if not told.")
]


@app.command()
def pause(
    context: typer.Context,
    campaign: CampaignArgument,
    reason: ReasonOption,
    run: RunArgument = "",
    actor: ActorOption = "",
) -> None:
    """Let a promotional run stand still until somebody resumes it, or the whole campaign: then no run begins either.
    What is in the senders' hands still goes out."""
    place = place_of(context)
    if not run:
        campaign_control.pause_campaign(place, campaign, by=who(actor), reason=reason)
        return
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
    reason: ReasonOption,
    run: RunArgument = "",
    actor: ActorOption = "",
) -> None:
    """Answer for a run that was paused, and let it go on; or for the campaign. Signals are counted anew from now."""
    place = place_of(context)
    if not run:
        campaign_control.resume_campaign(place, campaign, by=who(actor), reason=reason)
        return
    wired = place.services
    now, by = wired.now(), who(actor)
    try:
        resume_run(campaign, run, wired.brakes, by=by, reason=reason, now=now, tell=told_by(place))
        hand_out_again(campaign, [run], wired.runs, wired.queues, wired.catalog.current())
    except KizunaError as error:
        place.fail(error)
    place.show(
        {"campaign": campaign, "run": run, "paused": False, "by": by, "reason": reason},
        lambda: f"run {run} goes on; what waits for it is woken within a few minutes",
    )


def _known_run(place: Place, campaign: str, run: str) -> None:
    """A typing error must not pause a run that does not exist, and leave the real one going."""
    wired = place.services
    found = wired.runs.get(campaign, run) is not None or (
        run == TRIGGERED and bool(wired.counters.read(campaign, run))
    )
    if not found:
        place.fail(NotFound(f"campaign {campaign!r} has no run {run!r}; see `kizuna campaign report`"))
