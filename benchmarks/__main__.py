"""`make bench`: figures as ratios, both sides in one run.

    ingest    CPU per event of the folded write, beside the usual handler
    units     what a million events are billed, counted from recorded calls
    messages  the same for e-mails
    delivery  CPU per sent e-mail, and how much of it is the SDK
    cold      a fresh process until `collect` could make its first call, beside the usual imports
    segments  who is in which segment, beside recursion, closures and datalogic-py (where that is installed)
    fanout    a run for 100,000 people over stores in memory, and its simulation
    journeys  people in a journey of five steps over thirty days: steps a second, write units and dollars a step
    rfm       a million customers scored, beside the way of the tutorials
    rfm-run   a first run over a million people: our CPU and the memory
    sustained events in and mails out for a while over an emulator of its own, beside what that emulator can do at all
    lake      a draft counted over a million people, in DuckDB
    warning   how often and how soon runs pause, by simulation

Answers are checked before anything is timed. A wrong answer ends the run with 1; no figure ever does.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console, RenderableType

from benchmarks import (
    cold_start,
    delivery,
    early_warning,
    fanout,
    ingest,
    journeys,
    lake,
    messages,
    rfm,
    rfm_run,
    segments,
    sustained,
    tables,
    units,
    workload,
)
from benchmarks.sides import ENVIRONMENT, WrongAnswer, without_output
from kizuna.local.environment import environment

SECTIONS = (
    "ingest",
    "units",
    "messages",
    "delivery",
    "cold",
    "segments",
    "fanout",
    "journeys",
    "rfm",
    "rfm-run",
    "lake",
    "sustained",
    "warning",
)
Tell = Callable[[str], None]


def main() -> int:
    reader = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument(
        "sections", nargs="*", metavar="section", help=f"of {', '.join(SECTIONS)}; default: all"
    )
    reader.add_argument("--rounds", type=int, default=5, help="of the timed sections")
    reader.add_argument("--json", action="store_true", help="print JSON instead of tables")
    asked = reader.parse_args()
    chosen = asked.sections or SECTIONS
    if unknown := set(chosen) - set(SECTIONS):
        reader.error(f"there is no section {', '.join(sorted(unknown))}")
    console = Console(stderr=True)
    found: dict[str, Any] = {"workload": workload.fingerprint()}
    try:
        for name in SECTIONS:
            if name in chosen:
                plain, shown = _measured(name, asked.rounds, lambda what: console.print(what, style="dim"))
                found[name] = plain
                if not asked.json:
                    _show(shown)
    except WrongAnswer as error:
        console.print(f"a wrong answer, so nothing more is measured: {error}", style="bold red")
        return 1
    if asked.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


def _measured(name: str, rounds: int, tell: Tell) -> tuple[Any, Sequence[RenderableType]]:
    match name:
        case "ingest":
            rows = ingest.measure(rounds=rounds, progress=tell)
            return [row.to_json() for row in rows], tables.of_ingest(rows)
        case "units":
            with environment(ENVIRONMENT), without_output():
                costs = units.measure(progress=tell)
            return [cost.to_json() for cost in costs], tables.of_units(costs)
        case "messages":
            with environment(ENVIRONMENT), without_output():
                bill = messages.measure(progress=tell)
            return bill.to_json(), tables.of_messages(bill)
        case "delivery":
            with environment(ENVIRONMENT), without_output():
                sent = delivery.measure(rounds=rounds, progress=tell)
            return sent.to_json(), tables.of_delivery(sent)
        case "segments":
            compared = segments.measure(rounds=rounds, progress=tell)
            return [row.to_json() for row in compared], tables.of_segments(compared)
        case "fanout":
            ran = fanout.measure(progress=tell)
            return ran.to_json(), tables.of_fan_out(ran)
        case "journeys":
            walked = journeys.measure(progress=tell)
            return walked.to_json(), tables.of_journeys(walked)
        case "rfm":
            scored = rfm.measure(rounds=rounds, progress=tell)
            return scored.to_json(), tables.of_rfm(scored)
        case "rfm-run":
            first = rfm_run.measure(progress=tell)
            return first.to_json(), tables.of_rfm_run(first)
        case "sustained":
            held = sustained.measure(progress=tell)
            return held.to_json(), tables.of_sustained(held)
        case "lake":
            asked = lake.measure(rounds=min(rounds, 3), progress=tell)
            return [row.to_json() for row in asked], [lake.table(asked)]
        case "warning":
            warnings = early_warning.measure(rounds=rounds, progress=tell)
            return warnings.to_json(), tables.of_warnings(warnings)
        case _:
            cold = cold_start.measure(runs=max(rounds, cold_start.RUNS), progress=tell)
            return cold.to_json(), tables.of_cold_start(cold)


def _show(shown: Sequence[RenderableType]) -> None:
    console = Console(width=118)
    for each in shown:
        console.print(each)
    console.print()


if __name__ == "__main__":
    sys.exit(main())
