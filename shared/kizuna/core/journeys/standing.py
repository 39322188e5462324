"""Where a person stands in a journey, as conditions ask for it (`conditions.JourneyState`): told by their runs.

    in          a run of theirs is not over
    completed   one came to an end of the path, or reached the goal
    exited      one ended before that: by an exit, a gate, a rule, because the journey is over, gone or failed

Runs are the truth. A record keeps what they tell of the journeys that some condition asks about, and it is made anew
from them whenever one begins or ends. Somebody held out walks the same path, and stands where it leads them: so
whatever else asks for a journey treats both sides of a comparison alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Literal, assert_never

from kizuna.core.journeys.leaving import MERGED
from kizuna.core.journeys.run import JourneyRun, RunState

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.segments.stands import Stands

Stand = Literal["in", "completed", "exited"]


def stand_of(run: JourneyRun) -> Stand | None:
    """Where one run leaves its person; None for one that ended beside an earlier one, which goes on in its place."""
    match run.state:
        case RunState.ACTIVE | RunState.WAITING:
            return "in"
        case RunState.COMPLETED | RunState.CONVERTED | RunState.HELD_OUT:
            return "completed"
        case RunState.EXITED if run.reason == MERGED:
            return None
        case RunState.EXITED | RunState.MIGRATED_OUT | RunState.FAILED:
            return "exited"
        case _:
            assert_never(run.state)


def stands_of(runs: Iterable[JourneyRun]) -> frozenset[str]:
    """Where all runs of one journey leave their person, those before the latest of each key included; empty: they
    were never in it."""
    told: set[str] = set()
    for run in runs:
        told.update(run.ended_before)
        stand = stand_of(run)
        if stand is not None:
            told.add(stand)
    return frozenset(told)


def ended_before(runs: Iterable[JourneyRun]) -> tuple[str, ...]:
    """What a run that takes the place of these keeps of them: how they ended."""
    return tuple(sorted(stands_of(runs) - {"in"}))


def told_by(runs: Iterable[JourneyRun], journeys: Collection[str]) -> Stands:
    """Where somebody with these runs stands in each of these journeys."""
    found: dict[str, list[JourneyRun]] = {name: [] for name in sorted(journeys)}
    for run in runs:
        if run.journey in found:
            found[run.journey].append(run)
    return {name: stands_of(each) for name, each in found.items()}
