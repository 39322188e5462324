"""What a run of a campaign would do, asked over HTTP."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from kizuna.apidocs.json_schemas import json_schemas
from kizuna.apidocs.management_parts import managed, unusable
from kizuna.apidocs.operations import JSON, Body, Operation, Parameter, Reply, problem, ref
from kizuna.apidocs.reply_parts import CamelShape
from kizuna.core.bus_events import Instant
from kizuna.usecases.campaigning.simulation_desk import SimulationAsked

_AT = "2026-11-25T10:00:00.000Z"


class FunnelStage(CamelShape):
    """How many are left after a stage, and how many fell there."""

    stage: Literal["matched", "meant", "reachable", "consented", "not_capped", "not_held_out", "rendered"]
    people: int
    fell: int


class FallenMessages(CamelShape):
    """Messages that would not be heard, by why."""

    stage: str
    channel: str
    reason: str
    rule: str
    messages: int


class FigureMoved(CamelShape):
    """One figure that is another than in the last simulation."""

    figure: str
    before: float
    after: float


class CampaignSimulation(CamelShape):
    """What a run would do, on the people as they are stored."""

    campaign: str
    name: str
    run: str
    at: Instant
    catalog: int
    share: float = Field(description="How much of the walk over everybody there was time for, 0 to 1.")
    people: dict[str, int] = Field(description="living, and reachable: those with an address that works.")
    guards: dict[str, Any] = Field(
        description="Whether it is aimed at everyone, and why it would be refused."
    )
    funnel: tuple[FunnelStage, ...]
    refused: tuple[FallenMessages, ...]
    channels: dict[str, int] = Field(description="Messages that would be sent, by channel.")
    languages: dict[str, int]
    when: tuple[dict[str, Any], ...] = Field(description="Messages by hour (UTC) and channel.")
    waves: tuple[dict[str, Any], ...]
    unramped: bool = Field(
        description="It is large, and would go out at once: its messages are too late before the last wave."
    )
    fallback: dict[str, Any] | None = Field(
        description="What follows on other channels if nobody shows a sign: the most that can."
    )
    waits_for_digest: int
    held_out: dict[str, int]
    variants: tuple[dict[str, Any], ...]
    pressure: dict[str, float] | None = Field(description="Promotions in the week up to it, per person.")
    cost: dict[str, Any] = Field(
        description="US dollars: providers, texts by country and parts, the engine. total is null where the price of "
        "texts is assumed; low and high are its ends."
    )
    samples: tuple[dict[str, Any], ...] = Field(description="Some people, with the decision in words.")
    previous: Instant | None = Field(description="The instant that the last simulation was about.")
    changes: tuple[FigureMoved, ...]


SIMULATION_SHAPES: tuple[type[BaseModel], ...] = (CampaignSimulation,)
_BODIES = json_schemas({"SimulationAsked": SimulationAsked}, refs="#/components/schemas/")
_EXAMPLE = {
    "campaign": "win-back", "name": "We kept your spot", "run": "20261125T1000Z", "at": _AT, "catalog": 3,
    "share": 1.0,
    "people": {"living": 2, "reachable": 2},
    "guards": {"untargeted": None, "overrideReason": "", "refused": None},
    "funnel": [{"stage": "matched", "people": 2, "fell": 0}, {"stage": "consented", "people": 1, "fell": 1}],
    "refused": [
        {"stage": "consented", "channel": "email", "reason": "no_consent", "rule": "legal_basis", "messages": 1}
    ],
    "channels": {"email": 1}, "languages": {"en": 1}, "when": [{"hour": _AT, "channel": "email", "messages": 1}],
    "waves": [], "unramped": False, "fallback": None, "waitsForDigest": 0, "heldOut": {}, "variants": [],
    "pressure": {"mean": 1.0, "p50": 1, "p95": 1, "max": 1, "people": 1},
    "cost": {"currency": "USD", "total": 0.0002, "low": 0.0002, "high": 0.0002},
    "samples": [], "previous": None, "changes": [],
}  # fmt: skip


def simulation_operation() -> Operation:
    return managed(
        "simulateCampaign",
        "post",
        "/admin/campaigns/{campaign}/simulate",
        "What a run would do: who hears it, when, who does not and why, and what it costs. Nothing is sent",
        "配信を試算します。誰にいつ届くか、届かない人とその理由、費用がわかります。送信はしません。",
        Reply(200, "As far as there was time.", {JSON: ref("CampaignSimulation")}, {"example": _EXAMPLE}),
        problem(
            404, "No campaign that runs for an audience.", {"not_found": "there is no campaign 'spring'"}
        ),
        problem(422, "The draft would be refused.", {"invalid_definition": "the draft would be refused"}),
        unusable("at: Input should be a valid datetime"),
        parameters=(Parameter("campaign", "path", "Its id.", {"type": "string"}, "win-back"),),
        body=Body(_BODIES["SimulationAsked"], {"next": {"at": _AT}}),
    )
