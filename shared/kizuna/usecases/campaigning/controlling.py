"""What people decide about campaigns: to approve of one, to let it stand still or go on; and how each stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kizuna.core.campaigning import controls as core
from kizuna.core.campaigning.controls import Control, NotApprovable, is_approved, needs_approval
from kizuna.core.campaigning.states import Standing, standing_of
from kizuna.core.campaigns import TRIGGERED, Campaign, OnSchedule
from kizuna.core.catalog import Catalog
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import NotFound, Unavailable
from kizuna.core.ports import BrakeStore, CatalogStore, Controls, Runs, RunState
from kizuna.core.refusing.repeating import asked_for
from kizuna.core.restraint.brakes import NothingToRelease, Pause
from kizuna.usecases.outcomes.braking import Told, in_silence, pause_run, resume_run

TRIES = 5


@dataclass(frozen=True, slots=True)
class ControlDesk:
    """The ports of who decides about campaigns. `tell` puts what happens to runs on the bus."""

    catalog: CatalogStore
    controls: Controls
    runs: Runs
    brakes: BrakeStore
    tell: Told = in_silence


def approve(name: str, on: ControlDesk, *, by: str, reason: str, now: datetime) -> Control:
    """Approve of a campaign as it is in force at this moment. Raises NotFound, and NotApprovable if it needs no
    approval, has it, or `by` put a part of it in force that nobody approved of since: two people have to see it.

    Guarded by the control's version; what is approved of is a fingerprint, so an edit that is applied in between is
    not. A crash right after leaves it approved.
    """
    catalog = on.catalog.current(fresh=True)
    campaign = _named(name, catalog)
    if not needs_approval(campaign, catalog.policy.approval):
        raise NotApprovable(f"{name} needs no approval by the policy in force")

    def step(control: Control) -> Control:
        since = control.approval.at if control.approval else None
        applied_by = {
            part if kind == "campaign" else f"{kind} {part}": author
            for kind, part in core.parts_of(campaign, catalog)
            if (author := on.catalog.changed_by(kind, part, since=since)) is not None
        }
        return core.approved(control, campaign, catalog, by=by, applied_by=applied_by, reason=reason, now=now)

    return _changed(name, on.controls, step)


def halt(name: str, on: ControlDesk, *, by: str, reason: str, now: datetime) -> tuple[str, ...]:
    """Let a campaign stand still: no run begins, and those under way pause, with what its triggers set off. The runs.

    The row comes first: a crash after it leaves runs going that the same command stops.
    """
    campaign = _named(name, on.catalog.current(fresh=True))
    _changed(name, on.controls, lambda control: core.halted(control, by=by, reason=reason, now=now))
    runs = _under_way(campaign, on.runs)
    held = Pause("by_hand", now, "campaign", reason, by=by)
    return tuple(run for run in runs if pause_run(name, run, held, on.brakes, tell=on.tell))


def go_on(name: str, on: ControlDesk, *, by: str, reason: str, now: datetime) -> tuple[str, ...]:
    """Let a campaign go on, with the runs that stood still by hand; the runs. Raises NotPaused.

    A run that paused for harm stays paused: somebody has to answer for that one by name.
    """
    campaign = _named(name, on.catalog.current(fresh=True))
    resumed = []
    for run in _under_way(campaign, on.runs):
        pause = on.brakes.current().of_run(name, run).pause
        if pause is None or pause.because != "by_hand" or pause.rule != "campaign":
            continue
        try:
            resume_run(name, run, on.brakes, by=by, reason=reason, now=now, tell=on.tell)
        except NothingToRelease:
            continue  # somebody else was first
        resumed.append(run)
    _changed(name, on.controls, core.going_on)
    return tuple(resumed)


def _named(name: str, catalog: Catalog) -> Campaign:
    if name not in catalog.campaigns:
        raise NotFound(f"there is no campaign {asked_for(name)} in force")
    return catalog.campaigns[name]


def _under_way(campaign: Campaign, runs: Runs) -> tuple[str, ...]:
    """The runs whose messages may still be on their way."""
    if not isinstance(campaign.trigger, OnSchedule):
        return (TRIGGERED,)
    return tuple(run.id for run in runs.list(campaign.id) if run.state in (RunState.RUNNING, RunState.DONE))


def _changed(name: str, controls: Controls, step: Callable[[Control], Control]) -> Control:
    for _ in range(TRIES):
        before = controls.current().get(name, Control(name))
        after = step(before)
        if after is before or controls.save(after):
            return after
    raise Unavailable(f"control of campaign {name}")


# ── asked before anything begins ────────────────────────────────────────────────────────────────


def may_speak(
    campaign: Campaign, controls: Controls | None, catalog: Catalog, *, people: int | None = None
) -> bool:
    """Whether nobody's approval is missing. Costs a read only where the policy asks for one."""
    if not needs_approval(campaign, catalog.policy.approval, people=people):
        return True
    if controls is None:
        return False
    return is_approved(campaign, controls.current().get(campaign.id, Control(campaign.id)), catalog)


def stands_still(campaign: Campaign, controls: Controls | None) -> bool:
    return controls is not None and controls.current().get(campaign.id, Control(campaign.id)).halt is not None


# ── shown ───────────────────────────────────────────────────────────────────────────────────────


def status_body(catalog: Catalog, on: ControlDesk, *, now: datetime, only: str = "") -> dict[str, Any]:
    """How every campaign stands (or one), as JSON."""
    controls = on.controls.current()
    return {
        "campaigns": [
            _told(campaign, controls.get(name, Control(name)), on, catalog, now=now)
            for name, campaign in sorted(catalog.campaigns.items())
            if not only or name == only
        ]
    }


def _told(
    campaign: Campaign, control: Control, on: ControlDesk, catalog: Catalog, *, now: datetime
) -> dict[str, Any]:
    standing: Standing = standing_of(campaign, control, on.runs.list(campaign.id), catalog, now=now)
    rule = catalog.policy.approval
    approval = control.approval if is_approved(campaign, control, catalog) else None
    return {
        "campaign": campaign.id,
        "name": campaign.name,
        "version": catalog.version_of("campaign", campaign.id),
        "state": str(standing.state),
        "because": standing.because,
        "nextRun": instant_to_text(standing.next_run) if standing.next_run else None,
        "needsApproval": needs_approval(campaign, rule),
        "approvedBy": approval.by if approval else None,
        "approvedAt": instant_to_text(approval.at) if approval else None,
        "pausedBy": control.halt.by if control.halt else None,
        "pausedBecause": control.halt.reason if control.halt else None,
    }
