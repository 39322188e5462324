"""python -m tests.simulation EVENTS SEED [tables]: a long run, with progress, and how much went wrong in it.

In memory, or over the tables of the local cloud.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn

from tests.simulation.chaos import Chaos
from tests.simulation.run import a_simulation
from tests.simulation.verdict import assert_exactly_once
from tests.simulation.worlds import World, in_memory, in_tables
from tests.support.emulated import client, cloud
from tests.support.tables import fresh_tables


def main(events: int, seed: int, where: str) -> None:
    if where != "tables":
        play(events, seed, in_memory)
        return
    with cloud():
        dynamodb = client("dynamodb")
        names = fresh_tables(dynamodb)
        play(events, seed, lambda chaos: in_tables(chaos, dynamodb, names))


def play(events: int, seed: int, world: Callable[[Chaos], World]) -> None:
    told = Console(highlight=False)
    simulation = a_simulation(events, seed, world)
    started = time.perf_counter()
    with Progress(
        *Progress.get_default_columns(), TimeElapsedColumn(), console=Console(stderr=True)
    ) as shown:
        task = shown.add_task(f"{events:,} events, seed {seed}", total=len(simulation.deliveries))
        simulation.run(lambda done, total: shown.update(task, completed=done))
    played = time.perf_counter() - started
    people = assert_exactly_once(simulation)
    checked = time.perf_counter() - started - played
    told.print(f"seed {seed}: {events:,} events of {people:,} people, each counted once")
    told.print(f"{played:.1f} s ({events / played:,.0f} events/s), and {checked:.1f} s to check")
    told.print("what went wrong on the way:")
    for (place, kind), number in sorted(simulation.chaos.told.items()):
        passed = simulation.chaos.passed[place]
        told.print(f"  {place:36} {kind:14} {number:7,}" + (f" of {passed:,}" if passed else ""))
    told.print("what became of the attempts:")
    for outcome, number in sorted(simulation.outcomes.items()):
        told.print(f"  {outcome:51} {number:7,}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "memory")
