"""What a change of a run counts for: who entered a step, who stands there, how long they stood, how they left.

    before, after ──▶ moves of counters ── in the very transaction that stores the change ──▶ rows by day
    rows ──▶ Counts: each step now and over time, drop-off, time in step, conversion

A change counts exactly once, because it is stored exactly once. Held out runs are counted beside the others, so that
what the journey does can be held against what happens without it.

Names of counters: `b` begun; `e` entered a step, `h` here (in and out), `s` seconds stood there, `d` how many stood
there to their end; `x` ended at a step, with state and reason. A ghost's begin with `g`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.journeys.run import JourneyRun

CONVERTED = "converted"


def moved(before: JourneyRun | None, after: JourneyRun) -> dict[str, int]:
    """By how much which counter moves; `before` is None for a run that begins."""
    moves: Counter[str] = Counter()
    ghost = "g" if after.held_out else ""
    if before is None:
        moves[f"{ghost}b"] += 1
    was = _entered(before) if before else {}
    for node, times in _entered(after).items():
        moves[f"{ghost}e:{node}"] += times - was.get(node, 0)
    stood, stands = _stands_at(before), _stands_at(after)
    if stood is not None:
        moves[f"{ghost}h:{stood}"] -= 1
    if stands is not None:
        moves[f"{ghost}h:{stands}"] += 1
    if before is not None and stood is not None and _left(before, after):
        seconds = int((after.changed_at - before.arrived_at).total_seconds())
        if seconds > 0:
            moves[f"{ghost}s:{stood}"] += seconds
            moves[f"{ghost}d:{stood}"] += 1
    if after.is_over and (before is None or not before.is_over):
        moves[f"{ghost}x:{after.node}:{after.state}:{after.reason}"] += 1
    return {name: amount for name, amount in moves.items() if amount}


def day_of(run: JourneyRun) -> str:
    """The day (UTC) that a change of a run is counted on."""
    return f"{run.changed_at.astimezone(UTC):%Y-%m-%d}"


def _entered(run: JourneyRun) -> Mapping[str, int]:
    """How often it came to each step. Somebody moved to a step by a new version has come to it as well."""
    stands = _stands_at(run)
    return run.visits if stands is None else {**run.visits, stands: max(1, run.visits.get(stands, 0))}


def _stands_at(run: JourneyRun | None) -> str | None:
    return None if run is None or run.is_over or not run.node else run.node


def _left(before: JourneyRun, after: JourneyRun) -> bool:
    visit, visit_now = (_entered(run).get(before.node) for run in (before, after))
    return after.is_over or before.node != after.node or visit != visit_now


# ── read back ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class StepCount:
    """One step: how many came to it, stand there now, and ended there, by state and reason."""

    node: str
    entered: int = 0
    here: int = 0
    ended: Mapping[tuple[str, str], int] = field(default_factory=dict)
    stood: int = 0  # how many had to wait there and have gone on, or ended …
    seconds: int = 0  # … and how long in all

    @property
    def went_on(self) -> int:
        return self.entered - self.here - self.out

    @property
    def out(self) -> int:
        return sum(self.ended.values())

    @property
    def dropped(self) -> int:
        """Who ended here without having reached the goal or an end of the path."""
        return sum(count for (state, _), count in self.ended.items() if state not in _ARRIVED)

    @property
    def mean_seconds(self) -> float | None:
        """How long those stood here, on average, who had to wait; None where nobody had."""
        return self.seconds / self.stood if self.stood else None


_ARRIVED = frozenset({"completed", CONVERTED, "held_out"})


@dataclass(frozen=True, slots=True)
class Counts:
    """A journey as it stands: everybody who entered it is in exactly one place."""

    begun: int = 0
    steps: Mapping[str, StepCount] = field(default_factory=dict)

    @property
    def inside(self) -> int:
        return sum(step.here for step in self.steps.values())

    @property
    def ended(self) -> Mapping[tuple[str, str], int]:
        """Everybody who is through, by state and reason."""
        total: Counter[tuple[str, str]] = Counter()
        for step in self.steps.values():
            total.update(step.ended)
        return total

    @property
    def converted(self) -> int:
        return sum(count for (state, _), count in self.ended.items() if state == CONVERTED)


def counted(rows: Mapping[str, int], *, held_out: bool = False) -> Counts:
    """What rows of counters come to: of a day, or of all days together (`total`)."""
    steps: defaultdict[str, dict[str, int]] = defaultdict(dict)
    ended: defaultdict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    begun = 0
    for name, amount in rows.items():
        if name.startswith("g") != held_out:
            continue
        what, _, where = name.removeprefix("g").partition(":")
        if what == "b":
            begun = amount
        elif what == "x":
            node, state, reason = where.split(":", 2)
            ended[node][state, reason] = amount
        else:
            steps[where][what] = amount
    return Counts(
        begun,
        {
            node: StepCount(
                node,
                entered=steps[node].get("e", 0),
                here=steps[node].get("h", 0),
                ended=ended.get(node, {}),
                stood=steps[node].get("d", 0),
                seconds=steps[node].get("s", 0),
            )
            for node in sorted({*steps, *ended})
        },
    )


def total(days: Mapping[str, Mapping[str, int]], *, until: datetime | None = None) -> dict[str, int]:
    """All days together; `until` (a day, inclusive) tells how it stood at the end of that day."""
    last = f"{until.astimezone(UTC):%Y-%m-%d}" if until else "~"
    summed: Counter[str] = Counter()
    for day, rows in days.items():
        if day <= last:
            summed.update(rows)
    return {name: amount for name, amount in summed.items() if amount}
