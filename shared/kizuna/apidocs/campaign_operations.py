"""The management side of campaigns: how they stand, who answers for them, what is to come, one asked for."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from kizuna.apidocs.json_schemas import json_schemas
from kizuna.apidocs.management_parts import managed, not_of_the_role
from kizuna.apidocs.operations import JSON, Body, Operation, Parameter, Reply, problem, ref
from kizuna.apidocs.reply_parts import CamelShape
from kizuna.core.bus_events import Instant
from kizuna.usecases.campaigning.desk import Because, SendRequest

_INSTANT = "2026-11-25T10:00:00.000Z"
_AUTHORS = not_of_the_role("needs one of the roles approver, author")
_APPROVERS = not_of_the_role("needs one of the roles approver")
_CAMPAIGN = Parameter("campaign", "path", "Its id.", {"type": "string"}, "win-back")

StateName = Literal["draft", "approved", "running", "paused", "failed", "done"]


class CampaignStanding(CamelShape):
    """How one campaign stands."""

    campaign: str
    name: str
    version: int
    state: StateName
    because: str = Field(description="A code, or why its last run was refused.")
    next_run: Instant | None
    needs_approval: bool
    approved_by: str | None
    approved_at: Instant | None
    paused_by: str | None
    paused_because: str | None


class CampaignStandings(CamelShape):
    """How every campaign in force stands."""

    campaigns: tuple[CampaignStanding, ...]


class PlannedRun(CamelShape):
    """One run to come."""

    campaign: str
    name: str
    at: Instant
    local: dict[str, str] = Field(description="The same in each zone that was asked for.")
    people: int
    people_exact: bool = Field(description="False: estimated from one shard of a large segment.")
    audience: tuple[str, ...]
    channels: tuple[str, ...]
    category: str
    priority: int
    state: StateName
    send_time: Literal["now", "fixed", "local", "best_hour"]
    heard_from: Instant
    heard_to: Instant
    late_in: tuple[str, ...] = Field(description="Zones in which the time of day is over as it begins.")
    days: tuple[str, ...]


class TriggeredCampaign(CamelShape):
    """A campaign without a plan."""

    campaign: str
    name: str
    trigger: str
    channels: tuple[str, ...]
    state: StateName


class Collision(CamelShape):
    """Two runs that reach the same people on one day of theirs."""

    campaigns: tuple[str, ...]
    at: tuple[Instant, ...]
    days: tuple[str, ...]
    people: int
    people_exact: bool
    goes_first: str
    caps: tuple[str, ...] = Field(description="Frequency caps that let only one of them through.")
    outranks: bool = Field(description="The policy's precedence lets only one of them through.")


class CampaignCalendar(CamelShape):
    """What will happen."""

    from_: Instant = Field(alias="from")
    to: Instant
    zones: tuple[str, ...]
    runs: tuple[PlannedRun, ...]
    triggered: tuple[TriggeredCampaign, ...]
    collisions: tuple[Collision, ...]


class CampaignRequested(CamelShape):
    """The request is on its way, and decided in some seconds."""

    campaign: str
    person: str
    request: str


CAMPAIGN_SHAPES: tuple[type[BaseModel], ...] = (
    CampaignStanding,
    CampaignStandings,
    CampaignCalendar,
    CampaignRequested,
)
_BODIES = json_schemas({"Because": Because, "SendRequest": SendRequest}, refs="#/components/schemas/")
_STANDING = {
    "campaign": "win-back", "name": "We kept your spot", "version": 3, "state": "approved",
    "because": "planned", "nextRun": _INSTANT, "needsApproval": True, "approvedBy": "bea",
    "approvedAt": _INSTANT, "pausedBy": None, "pausedBecause": None,
}  # fmt: skip
_RUN = {
    "campaign": "win-back", "name": "We kept your spot", "at": _INSTANT,
    "local": {"Asia/Tokyo": "2026-11-25T19:00+09:00"}, "people": 1200, "peopleExact": True,
    "audience": ["lapsing-good-customers"], "channels": ["email"], "category": "marketing", "priority": 50,
    "state": "approved", "sendTime": "now", "heardFrom": _INSTANT, "heardTo": _INSTANT, "lateIn": [],
    "days": ["2026-11-25"],
}  # fmt: skip
_CALENDAR = {
    "from": "2026-11-22T12:00:00.000Z", "to": "2026-11-29T12:00:00.000Z", "zones": ["Asia/Tokyo"],
    "runs": [_RUN], "triggered": [], "collisions": [],
}  # fmt: skip


def campaign_operations() -> tuple[Operation, ...]:
    """In the order of the page."""
    return (
        managed(
            "campaignStatus",
            "get",
            "/admin/campaigns/status",
            "How campaigns stand",
            "各キャンペーンの状態（下書き・承認済み・配信中・一時停止・失敗・完了）を見ます。",
            Reply(
                200,
                "As they stand now.",
                {JSON: ref("CampaignStandings")},
                {"example": {"campaigns": [_STANDING]}},
            ),
        ),
        managed(
            "calendar",
            "get",
            "/admin/calendar",
            "What will happen, and where campaigns meet",
            "今後の配信予定、人数、各地の時刻、重なりを見ます。",
            Reply(200, "From now on.", {JSON: ref("CampaignCalendar")}, {"example": _CALENDAR}),
            problem(400, "A parameter is none.", {"invalid_parameter": "days: a whole number from 1 to 62"}),
            parameters=(
                Parameter("days", "query", "How far ahead, 1 to 62; 7 unless told.", {"type": "integer"}),
                Parameter(
                    "zone", "query", "IANA names with commas: local times in each.", {"type": "string"}
                ),
            ),
        ),
        _act(
            "approveCampaign",
            "approve",
            "Answer for a campaign as it is in force",
            "現在の内容のキャンペーンを承認します（適用した本人は承認できません）。",
            refused=_APPROVERS,
        ),
        _act(
            "pauseCampaign",
            "pause",
            "Let a campaign stand still",
            "キャンペーンを一時停止します。",
            refused=_AUTHORS,
        ),
        _act(
            "resumeCampaign",
            "resume",
            "Let it go on",
            "一時停止を解除します。",
            refused=_AUTHORS,
        ),
        managed(
            "sendCampaign",
            "post",
            "/admin/campaigns/{campaign}/send",
            "Tell one person, of a campaign with the trigger api",
            "APIで起動するキャンペーンを1人に送ります。同じkeyは1回だけ有効です。",
            Reply(
                202,
                "It is on its way.",
                {JSON: ref("CampaignRequested")},
                {"queued": {"campaign": "parcel", "person": "p-example", "request": "request-abc"}},
            ),
            _MISSING,
            problem(409, "It is not asked for, or the reference fits several.", {"conflict": "…"}),
            problem(
                400,
                "The request is none.",
                {"invalid_request": "key: String should have at least 1 character"},
            ),
            parameters=(_CAMPAIGN,),
            body=Body(
                _BODIES["SendRequest"],
                {"parcel": {"person": "user_id:ada", "key": "parcel-77", "data": {"parcel": "77"}}},
            ),
            refused=_AUTHORS,
        ),
    )


_MISSING = problem(404, "There is no such campaign or person.", {"not_found": "no such thing"})


def _act(name: str, act: str, title: str, japanese: str, *, refused: Any) -> Operation:
    return managed(
        name,
        "post",
        f"/admin/campaigns/{{campaign}}/{act}",
        title,
        japanese,
        Reply(200, "How it stands now.", {JSON: ref("CampaignStanding")}, {"example": _STANDING}),
        _MISSING,
        problem(
            409,
            "It is so already, or may not be by this person.",
            {"conflict": "win-back is approved as it stands"},
        ),
        problem(400, "The request is none.", {"invalid_request": "reason: Field required"}),
        parameters=(_CAMPAIGN,),
        body=Body(_BODIES["Because"], {"checked": {"reason": "prices checked"}}),
        refused=refused,
    )
