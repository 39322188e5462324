"""`kizuna brake`: what stands still, why, and who answers for it to go on."""

from __future__ import annotations

from typing import Any, Literal

import typer
from rich.table import Table

from kizuna.cli.actors import ActorOption, ReasonOption, who
from kizuna.cli.context import Place, place_of
from kizuna.cli.people import LanguageOption
from kizuna.core.errors import KizunaError
from kizuna.core.restraint.brakes import Stop
from kizuna.usecases.outcomes.braking import Told, in_silence, release_marketing, stop_marketing, teller
from kizuna.usecases.reports import brakes_body

app = typer.Typer(invoke_without_command=True, help=__doc__)


@app.callback()
def show(context: typer.Context, language: LanguageOption = "en") -> None:
    """Every run that is paused, and the brake of all promotion. `kizuna campaign resume` lets a run go on."""
    if context.invoked_subcommand is not None:
        return
    place = place_of(context)
    body = brakes_body(place.services.brakes.current(), now=place.services.now())
    place.show(body, lambda: _table(body, language))


@app.command()
def stop(context: typer.Context, reason: ReasonOption, actor: ActorOption = "") -> None:
    """Stop all promotion until somebody releases it; what people asked for goes on. Takes effect within a batch."""
    place = place_of(context)
    wired, by = place.services, who(actor)
    pulled = Stop("by_hand", wired.now(), "by_hand", reason, by=by)
    done = stop_marketing(pulled, wired.brakes, tell=told_by(place))
    place.show(
        {"stopped": True, "by": by, "reason": reason},
        lambda: "all promotion stands still" if done else "all promotion stood still already",
    )


@app.command()
def release(context: typer.Context, reason: ReasonOption, actor: ActorOption = "") -> None:
    """Answer for all promotion to go on. Rates are counted anew from the next full hour."""
    place = place_of(context)
    wired, by = place.services, who(actor)
    try:
        release_marketing(wired.brakes, by=by, reason=reason, now=wired.now(), tell=told_by(place))
    except KizunaError as error:
        place.fail(error)
    place.show(
        {"stopped": False, "by": by, "reason": reason},
        lambda: "promotion goes on; what waits is woken within a few minutes",
    )


def told_by(place: Place) -> Told:
    """Says it on the bus where this machine knows one; the brake itself is what counts, and keeps who and why."""
    wired = place.services
    policy = wired.catalog.current().policy
    return teller(wired.bus, policy) if wired.settings.bus else in_silence


def _table(body: dict[str, Any], language: Literal["en", "ja"]) -> Table:
    table = Table("what", "since", "because", "by", "reason", title_justify="left")
    account = body["account"]
    if account["stopped"] is not None:
        told = account["stopped"]
        why = told["sentence"][language]
        table.add_row("ALL PROMOTION", told["at"], told["because"], told["by"], why, style="red")
    for cause in account["warned"]:
        table.add_row("warning", "", cause, "", "")
    for run in body["runs"]:
        told = run["paused"]
        name = f"{run['campaign']} {run['run']}"
        table.add_row(name, told["at"], told["because"], told["by"], told["sentence"][language])
    if not table.row_count:
        table.add_row("nothing", "", "", "", "no brake is on")
    return table
