"""What became of the messages of a campaign, run by run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kizuna.core.campaigns import TRIGGERED
from kizuna.core.durations import instant_to_text
from kizuna.core.ports import Counters, Runs


def report_body(campaign: str, *, runs: Runs, counters: Counters) -> dict[str, Any]:
    """Each run's messages by channel, state and reason; what was intended is their sum."""
    names: list[tuple[str, str | None]] = [
        (run.id, instant_to_text(run.scheduled_at)) for run in runs.list(campaign)
    ]
    told = []
    for name, scheduled_at in names or [(TRIGGERED, None)]:
        counts = counters.read(campaign, name)
        told.append(
            {
                "run": name,
                "scheduledAt": scheduled_at,
                "intended": sum(counts.values()),
                "states": _rows(counts),
            }
        )
    return {"campaign": campaign, "runs": told}


def _rows(counts: Mapping[tuple[str, str, str], int]) -> list[dict[str, Any]]:
    return [
        {"channel": channel, "state": state, "reason": reason, "count": count}
        for (channel, state, reason), count in sorted(counts.items())
        if count
    ]
