"""`kizuna campaign`: start a run now, and see what became of every run."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from kizuna.cli.context import Place, place_of
from kizuna.core.contracts import StartRun
from kizuna.core.errors import KizunaError, NotFound
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
    planner = Planner(wired.runs, wired.queues, wired.schedules, wired.backfills)
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
    body = report_body(campaign, runs=wired.runs, counters=wired.counters)
    place.show(body, lambda: _table(body))


def _table(body: dict[str, Any]) -> Table:
    table = Table("run", "channel", "state", "reason", "count", title=body["campaign"], title_justify="left")
    for run in body["runs"]:
        for row in run["states"]:
            table.add_row(run["run"], row["channel"], row["state"], row["reason"], str(row["count"]))
        table.add_row(run["run"], "", "= intended", "", str(run["intended"]), style="bold")
    return table
