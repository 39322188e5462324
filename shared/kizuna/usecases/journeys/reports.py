"""What a journey has come to, and the path of one person, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import NotFound
from kizuna.core.journeys.counting import Counts, StepCount, counted, total
from kizuna.core.journeys.halts import Halt
from kizuna.core.journeys.path_words import why_in_words
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.ports.journeys import JourneyRuns
from kizuna.core.refusing.repeating import asked_for
from kizuna.core.sentences import Language

DAYS_TOLD = 92  # the newest; the sums are of all days


def report_body(
    journey: str,
    runs: JourneyRuns,
    halts: Mapping[str, Halt],
    catalog: Catalog,
    *,
    language: Language = "en",
) -> dict[str, Any]:
    """Counts of a journey, exact at the moment of each row: where people stand now, and how it came to that.

    Steps in the order of the journey, and behind them those that only older versions have. Raises NotFound.
    """
    defined = catalog.journeys.get(journey)
    days = runs.counts(journey)
    if defined is None and not days:
        raise NotFound(f"there is no journey {asked_for(journey)}")
    rows = total(days)
    counts, ghosts = counted(rows), counted(rows, held_out=True)
    names = {step.id: step.named(language) for step in defined.steps} if defined is not None else {}
    steps = [*names, *(node for node in counts.steps if node not in names)]
    return {
        "journey": journey,
        "name": defined.named(language) if defined is not None else None,
        "version": catalog.version_of("journey", journey),
        "inForce": defined is not None,
        "paused": _pause(halts.get(journey)) or (defined is not None and defined.paused and {}) or None,
        **_sums(counts),
        "steps": [_step(node, names.get(node), counts.steps.get(node, StepCount(node))) for node in steps],
        "heldOut": _sums(ghosts) if ghosts.begun else None,
        "days": [{"day": day, **_of_day(counted(moved))} for day, moved in sorted(days.items())[-DAYS_TOLD:]],
    }


def _pause(halt: Halt | None) -> dict[str, Any] | None:
    if halt is None or halt.latest is None or not halt.stands:
        return None
    stop = halt.latest
    return {"since": instant_to_text(stop.since), "by": stop.by, "reason": stop.reason}


def _sums(counts: Counts) -> dict[str, Any]:
    return {
        "begun": counts.begun,
        "inside": counts.inside,
        "converted": counts.converted,
        "conversion": round(counts.converted / counts.begun, 4) if counts.begun else None,
        "ended": _ended(counts.ended),
    }


def _of_day(counts: Counts) -> dict[str, Any]:
    entered = {node: step.entered for node, step in counts.steps.items() if step.entered}
    return {
        "begun": counts.begun,
        "converted": counts.converted,
        "ended": sum(counts.ended.values()),
        "entered": entered,
    }


def _step(node: str, name: str | None, step: StepCount) -> dict[str, Any]:
    return {
        "step": node,
        "name": name,
        "entered": step.entered,
        "here": step.here,
        "wentOn": step.went_on,
        "dropped": step.dropped,
        "ended": _ended(step.ended),
        "meanSeconds": round(step.mean_seconds) if step.mean_seconds is not None else None,
    }


def _ended(ended: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    return [
        {"state": state, "reason": reason, "count": count}
        for (state, reason), count in sorted(ended.items())
        if count
    ]


def path_body(runs: Iterable[JourneyRun], language: Language = "en") -> list[dict[str, Any]]:
    """The walks of one person: where they stand, and why they went on as they did, with the words for it."""
    return [
        {
            "run": run.id,
            "journey": run.journey,
            "version": run.version,
            "key": run.key or None,
            "entry": run.entry,
            "state": str(run.state),
            "reason": run.reason or None,
            "step": run.node,
            "heldOut": run.held_out,
            "frozen": run.frozen,
            "enteredAt": instant_to_text(run.entered_at),
            "changedAt": instant_to_text(run.changed_at),
            "dueAt": instant_to_text(run.due_at) if run.due_at else None,
            "path": [
                {
                    "at": instant_to_text(station.at),
                    "step": station.node,
                    "why": station.why,
                    "words": why_in_words(station.why, language),
                }
                for station in run.path
            ],
        }
        for run in runs
    ]
