"""The management side of brakes: what stands still, and who answers for it to go on."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from kizuna.apidocs.json_schemas import json_schemas
from kizuna.apidocs.management_parts import managed, not_of_the_role
from kizuna.apidocs.operations import JSON, Body, Operation, Parameter, Reply, problem, ref
from kizuna.apidocs.reply_parts import CamelShape
from kizuna.apidocs.reply_shapes import Because as Told
from kizuna.core.bus_events import Instant
from kizuna.usecases.campaigning.desk import Because

_AT = "2026-11-25T10:00:00.000Z"
_APPROVERS = not_of_the_role("needs one of the roles approver")
_AUTHORS = not_of_the_role("needs one of the roles approver, author")


class AccountBrakeStep(CamelShape):
    """Somebody, or the rules, warned of all promotion, stopped it or released it."""

    at: Instant
    act: str
    by: str
    reason: str
    sentence: Told


class PromotionStopped(CamelShape):
    """Why all promotion stands still."""

    because: str
    at: Instant
    until: Instant | None
    by: str
    rule: str
    reason: str
    sentence: Told


class AccountBrakeState(CamelShape):
    """The brake of all promotion."""

    stopped: PromotionStopped | None
    warned: tuple[str, ...] = Field(description="What was warned of today.")
    brake: tuple[AccountBrakeStep, ...]


class RunPause(CamelShape):
    """A run that stands still, with the figures that whoever resumes it has to see."""

    campaign: str
    run: str
    paused: dict[str, Any]


class BrakeStates(CamelShape):
    """Everything that stands still."""

    account: AccountBrakeState
    runs: tuple[RunPause, ...]


BRAKE_SHAPES: tuple[type[BaseModel], ...] = (
    AccountBrakeStep,
    PromotionStopped,
    AccountBrakeState,
    RunPause,
    BrakeStates,
)
_BODIES = json_schemas({"Because": Because}, refs="#/components/schemas/")
_NOTHING = {"account": {"stopped": None, "warned": [], "brake": []}, "runs": []}
_STOPPED = {
    "because": "by_hand", "at": _AT, "until": None, "by": "ann@example.com", "rule": "by_hand",
    "reason": "the price in it is wrong",
    "sentence": {"en": "the price in it is wrong", "ja": "the price in it is wrong"},
}  # fmt: skip
_BODY = Body(_BODIES["Because"], {"why": {"reason": "the price in it is wrong"}})
_BAD = problem(400, "The body cannot be used.", {"invalid_request": "reason: Field required"})
_CONFLICT = problem(409, "Nothing stands still.", {"conflict": "nothing is stopped"})


def brake_operations() -> tuple[Operation, ...]:
    stopped = {"account": {"stopped": _STOPPED, "warned": [], "brake": []}, "runs": []}
    return (
        managed(
            "getBrakes",
            "get",
            "/admin/brakes",
            "Every run that is paused, and the brake of all promotion",
            "停止中の配信と、全体の停止状況です。",
            _after({"stopped": stopped, "nothing": _NOTHING}),
        ),
        managed(
            "stopPromotion",
            "post",
            "/admin/brakes/stop",
            "Stop all promotion until somebody releases it; what people asked for goes on",
            "すべての販売促進の配信を止めます。",
            _after({"stopped": stopped}),
            _BAD,
            refused=_AUTHORS,
            body=_BODY,
        ),
        managed(
            "releasePromotion",
            "post",
            "/admin/brakes/release",
            "Answer for all promotion to go on",
            "止めた配信を、理由を記録して再開します。",
            _after({"nothing": _NOTHING}),
            _BAD,
            _CONFLICT,
            refused=_APPROVERS,
            body=_BODY,
        ),
        managed(
            "resumeRun",
            "post",
            "/admin/campaigns/{campaign}/runs/{run}/resume",
            "Answer for one run to go on that paused itself, or was paused",
            "自動停止した配信を、理由を記録して再開します。",
            _after({"nothing": _NOTHING}),
            _BAD,
            _CONFLICT,
            refused=_APPROVERS,
            parameters=(
                Parameter("campaign", "path", "Its id.", {"type": "string"}, "win-back"),
                Parameter("run", "path", "Its id.", {"type": "string"}, "20261125T1000Z"),
            ),
            body=_BODY,
        ),
    )


def _after(examples: dict[str, Any]) -> Reply:
    return Reply(200, "What stands still now.", {JSON: ref("BrakeStates")}, examples)
