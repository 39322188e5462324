"""`kizuna violations`: what could not be used, and bringing it back after a fix."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer
from rich.table import Table

from kizuna.cli.context import place_of
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import Unavailable
from kizuna.usecases.collecting.violations import Chosen, Replayed
from kizuna.usecases.collecting.violations import replay as bring_back
from kizuna.usecases.collecting.violations import report as counted

app = typer.Typer(
    invoke_without_command=True, help="Events that could not be used, and bringing them back after a fix."
)


def _day(told: str) -> str:
    try:
        return date.fromisoformat(told).isoformat()
    except ValueError as error:
        raise typer.BadParameter(f"{told!r} is no day, such as 2026-11-22") from error


DayOption = Annotated[
    str | None, typer.Option("--day", parser=_day, metavar="DAY", help="Only this day, such as 2026-11-22.")
]


@app.callback()
def violations(context: typer.Context, day: DayOption = None) -> None:
    """Events that could not be used: how many by source, event, cause and field."""
    if context.invoked_subcommand is not None:
        return
    place = place_of(context)
    found = counted(place.services.quarantine, day=day)
    rows = found.rows()

    def table() -> Table:
        shown = Table("source", "event", "cause", "field", "reason", "fate", "count")
        for row in rows:
            shown.add_row(*(str(value) for value in row.values()))
        last = found.last_at
        shown.caption = f"the last one at {instant_to_text(last)}" if last else "nothing in quarantine"
        return shown

    place.show({"violations": rows}, table)


@app.command()
def replay(
    context: typer.Context,
    day: DayOption = None,
    source: Annotated[str | None, typer.Option("--source", help="Only from this source.")] = None,
    cause: Annotated[str | None, typer.Option("--cause", help="Only with this cause.")] = None,
    event: Annotated[str | None, typer.Option("--event", help="Only events of this name.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be.")] = False,
) -> None:
    """Bring quarantined events back through ingest after a fix; each counts exactly once."""
    place = place_of(context)
    wired = place.services

    def progress(done: Replayed) -> None:
        if not place.as_json and place.console.is_terminal:
            place.console.print(f"{done.sent:,} sent, {done.still_refused:,} still refused", end="\r")

    try:
        done = bring_back(
            wired.quarantine,
            wired.queues,
            wired.catalog.current(),
            now=wired.now(),
            chosen=Chosen(source, cause, event),
            day=day,
            dry_run=dry_run,
            progress=progress,
        )
    except Unavailable as error:
        place.fail(error)
    body = {
        "sent": done.sent,
        "stillRefused": done.still_refused,
        "unreadable": done.unreadable,
        "dryRun": dry_run,
    }
    word = "could be brought back" if dry_run else "brought back"
    place.show(
        body,
        lambda: (
            f"{done.sent:,} events {word}, {done.still_refused:,} still refused by the tracking plan, "
            f"{done.unreadable:,} still not readable"
        ),
    )
