"""`make bench`: CPU per event of the folded write against the usual handler, in one run, as ratios.

The answers of both sides are checked before anything is timed; the rounds are interleaved, the median counts.
"""

from __future__ import annotations

import argparse
import json
import sys

from rich.console import Console
from rich.table import Table

from benchmarks import ingest


def main() -> int:
    """Measure, show, and end with 0; a wrong answer of either side ends it with an error before any timing."""
    reader = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    reader.add_argument("--rounds", type=int, default=5)
    reader.add_argument("--json", action="store_true", help="print JSON instead of a table")
    asked = reader.parse_args()
    console = Console(stderr=True)
    rows = ingest.measure(rounds=asked.rounds, progress=lambda what: console.print(what, style="dim"))
    if asked.json:
        sys.stdout.write(json.dumps([row.to_json() for row in rows], indent=1) + "\n")
    else:
        Console().print(_table(rows))
    return 0


def _table(rows: list[ingest.Row]) -> Table:
    table = Table(
        title="CPU per event: the usual handler ÷ Kizuna (boto3 with canned replies)", title_justify="left"
    )
    for column in (
        "segments",
        "events a person",
        "ratio",
        "goal",
        "Kizuna µs",
        "of it calls",
        "of it segments",
    ):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            str(row.segments),
            str(row.fold),
            f"{row.ratio():.1f}×",
            f"{row.goal:g}×" if row.goal else "",
            f"{1e6 * row.times[ingest.KIZUNA].median:.0f}",
            f"{1e6 * row.in_calls:.0f}",
            f"{1e6 * row.in_segments:.0f}",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
