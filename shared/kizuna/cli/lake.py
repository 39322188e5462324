"""`kizuna lake`: the snapshot of everybody that counts over the lake are asked of."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import typer
from rich.table import Table

from kizuna.cli.context import Place, place_of
from kizuna.core.errors import KizunaError
from kizuna.core.segments import Segment
from kizuna.usecases.segments.lake_counts import condition_of, count_body, lake_count
from kizuna.usecases.segments.snapshot import begin, newest

app = typer.Typer(
    no_args_is_help=True, help="The lake: everything that happened, and everybody as of one night."
)


@app.command()
def snapshot(context: typer.Context) -> None:
    """Have everybody written into the lake now, as it is done once a night."""
    place = place_of(context)
    wired = place.services
    written = begin(wired.runs, wired.queues, now=wired.now())
    place.show(
        {"snapshot": written}, lambda: f"snapshot {written} begun: kizuna lake status tells when it is whole"
    )


@app.command()
def status(context: typer.Context) -> None:
    """As of when people are known to the lake."""
    place = place_of(context)
    wired = place.services
    found = newest(wired.runs, now=wired.now())
    body = {"snapshot": found and found.id, "peopleAsOf": found and found.taken_at.isoformat()}
    place.show(
        body,
        lambda: (
            f"people as of {found.taken_at:%Y-%m-%d %H:%M} UTC" if found else "no snapshot of the last week"
        ),
    )


def counts_of(place: Place, segments: Mapping[str, Segment]) -> dict[str, dict[str, Any]]:
    """How many would be in each, one query after the other; ends the command where one cannot be answered."""
    wired = place.services
    found = {}
    for name, segment in segments.items():
        try:
            count = lake_count(
                condition_of(segment), wired.lake_queries, wired.runs, now=wired.now(), pause=time.sleep
            )
        except KizunaError as error:
            place.fail(error)
        found[name] = count_body(count)
    return found


def counts_table(counts: Mapping[str, Mapping[str, Any]]) -> Table:
    shown = Table("segment", "people", "as of", "read", "took")
    for name, each in counts.items():
        read = f"{each['scannedBytes'] / 1e6:,.1f} MB"
        shown.add_row(name, f"{each['people']:,}", each["peopleAsOf"][:16], read, f"{each['seconds']:.1f} s")
    return shown
