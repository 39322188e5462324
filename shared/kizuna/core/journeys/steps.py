"""The steps of a journey (`rules-spec.md` 4.2): one typed union, told apart by `type`.

Every step has an `id` and goes on to `next`, to one of its branches, or, where neither is said, to the step that is
written below it; `next: end` completes the journey. What a path means is told by `graph`, what is wrong with one by
`checking`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from kizuna.core.journeys.doing import EmitEvent, SetContext, StartJourney, UpdateProfile
from kizuna.core.journeys.speaking import MessageStep, OnChannels, SurveyStep, TaskStep, WebhookStep
from kizuna.core.journeys.waiting import AwaitedEvent, Throttle, Wait, WaitFor, WaitSegment
from kizuna.core.journeys.ways import (
    Branch,
    BranchLimit,
    Exit,
    ExperimentStep,
    Gate,
    Goto,
    HoldoutStep,
    Join,
    PathArm,
    Split,
)

__all__ = [
    "AwaitedEvent", "Branch", "BranchLimit", "EmitEvent", "Exit", "ExperimentStep", "Gate", "Goto", "HoldoutStep",
    "Join", "MessageStep", "OnChannels", "PathArm", "SetContext", "SpeakingStep", "Split", "StartJourney", "Step",
    "SurveyStep", "TaskStep", "Throttle", "UpdateProfile", "Wait", "WaitFor", "WaitSegment", "WebhookStep",
]  # fmt: skip

SpeakingStep = MessageStep | SurveyStep | WebhookStep | TaskStep

# Known to the specification, and not to this engine: a definition that names one is refused with what to do instead.
NOT_BUILT: Mapping[str, str] = {
    "decide": "ask for the next best action where it is shown, by POST /v1/decide; in a path, use branch",
    "offer": "there are no code pools yet; hand codes out by your own system, and tell it by webhook",
    "consent_prompt": "link to the person's own page by message ({{ links.preferences }}), and wait_for `Subscribed`",
    "feature_flag": "set a trait by update_profile; placements and segments can ask for it",
    "audience_sync": "there is no connection to ad networks yet; tell your own system by webhook",
}


def _is_built(raw: Any) -> Any:
    kind = raw.get("type") if isinstance(raw, Mapping) else None
    if isinstance(kind, str) and kind in NOT_BUILT:
        raise ValueError(f"steps of the type {kind} are not built: {NOT_BUILT[kind]}")
    return raw


Step = Annotated[
    Annotated[
        Wait
        | WaitFor
        | WaitSegment
        | Throttle
        | Branch
        | Gate
        | Split
        | ExperimentStep
        | HoldoutStep
        | Join
        | Goto
        | Exit
        | MessageStep
        | SurveyStep
        | WebhookStep
        | TaskStep
        | UpdateProfile
        | SetContext
        | EmitEvent
        | StartJourney,
        Field(discriminator="type"),
    ],
    BeforeValidator(_is_built),
]
