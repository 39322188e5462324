"""What became of the messages of a campaign, run by run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kizuna.core.campaigns import TRIGGERED
from kizuna.core.durations import instant_to_text
from kizuna.core.ports import BrakeStore, Counters, Runs
from kizuna.core.ramp import Wave
from kizuna.core.restraint.brakes import Brakes, Line, Pause, RunBrake


def report_body(
    campaign: str, *, runs: Runs, counters: Counters, brakes: BrakeStore, now: datetime
) -> dict[str, Any]:
    """Each run's messages by channel, state and reason; what was intended is their sum. Its waves, and its brake."""
    known = runs.list(campaign)
    names: list[tuple[str, str | None]] = [(run.id, instant_to_text(run.scheduled_at)) for run in known]
    waves = {run.id: run.waves for run in known}
    unramped = {run.id for run in known if run.unramped}
    standing = brakes.current()
    told = []
    for name, scheduled_at in names or [(TRIGGERED, None)]:
        brake = standing.of_run(campaign, name)
        counts = counters.read(campaign, name)
        told.append(
            {
                "run": name,
                "scheduledAt": scheduled_at,
                "intended": sum(counts.values()),
                "states": _rows(counts),
                "waves": _waves(waves.get(name, ()), brake, now),
                "unramped": name in unramped,
                "paused": pause_body(brake.pause),
                "brake": [line_body(line) for line in brake.lines],
            }
        )
    return {"campaign": campaign, "runs": told}


def _waves(waves: Sequence[Wave], brake: RunBrake, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "wave": number,
            "share": round(wave.share, 4),
            "at": instant_to_text(wave.at + brake.shifted),
            "state": _state_of(wave, brake, now),
        }
        for number, wave in enumerate(waves, start=1)
    ]


def _state_of(wave: Wave, brake: RunBrake, now: datetime) -> str:
    if wave.at + brake.shifted <= (brake.pause.at if brake.pause else now):
        return "begun"
    return "paused" if brake.pause else "waits"


def pause_body(pause: Pause | None) -> dict[str, Any] | None:
    """Why a run stands still, with the figures that whoever resumes it has to see."""
    if pause is None:
        return None
    return {
        "because": pause.because,
        "at": instant_to_text(pause.at),
        "by": pause.by,
        "rule": pause.rule,
        "reason": pause.reason,
        "sentence": {"en": pause.reason, "ja": pause.ja or pause.reason},
        "sent": pause.sent,
        "bad": pause.bad,
        "logEvidence": None if pause.log_evidence is None else round(pause.log_evidence, 4),
    }


def brakes_body(brakes: Brakes, *, now: datetime) -> dict[str, Any]:
    """What stands still at this moment, and every step of the brake of the account."""
    account = brakes.account
    stop = account.stop if account.stands(now) else None
    return {
        "account": {
            "stopped": None
            if stop is None
            else {
                "because": stop.because,
                "at": instant_to_text(stop.at),
                "until": None if stop.until is None else instant_to_text(stop.until),
                "by": stop.by,
                "rule": stop.rule,
                "reason": stop.reason,
                "sentence": {"en": stop.reason, "ja": stop.ja or stop.reason},
            },
            "warned": list(account.warned_today(now)),
            "brake": [line_body(line) for line in account.lines],
        },
        "runs": [
            {"campaign": brake.campaign, "run": brake.run, "paused": pause_body(brake.pause)}
            for brake in brakes.paused()
        ],
    }


def line_body(line: Line) -> dict[str, Any]:
    sentence = {"en": line.reason, "ja": line.ja or line.reason}
    return {
        "at": instant_to_text(line.at),
        "act": line.act,
        "by": line.by,
        "reason": line.reason,
        "sentence": sentence,
    }


def _rows(counts: Mapping[tuple[str, str, str], int]) -> list[dict[str, Any]]:
    return [
        {"channel": channel, "state": state, "reason": reason, "count": count}
        for (channel, state, reason), count in sorted(counts.items())
        if count
    ]
