"""The steps of a journey that speak, as the campaigns that they are to everything behind them.

Gate, caps, quiet hours, fallback, decisions, reports and brakes know campaigns and nothing else. So each `message`,
`webhook` and `task` step becomes one, under the id `<journey>.<step>`, which no campaign of a workspace can have.
What a step does not say of itself is as its journey says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_never

from pydantic import ValidationError

from kizuna.core.campaigns import Campaign
from kizuna.core.campaigns.goals import LONGEST
from kizuna.core.conditions.properties import asks_place
from kizuna.core.errors import Problem
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.entering import EnterByEvent
from kizuna.core.journeys.graph import Way
from kizuna.core.journeys.parts import length_of
from kizuna.core.journeys.speaking import StepChannels
from kizuna.core.journeys.steps import (
    MessageStep,
    OnChannels,
    SpeakingStep,
    SurveyStep,
    TaskStep,
    WaitFor,
    WebhookStep,
)

_CHANNELS = {"ordered": "first", "best": "best", "all": "all"}


def campaign_id(journey: str, step: str) -> str:
    """The id of the campaign that a step is."""
    return f"{journey}.{step}"


def journey_and_step(campaign: str) -> tuple[str, str] | None:
    """The journey and the step that a campaign is; None for one that stands for itself."""
    journey, dot, step = campaign.partition(".")
    return (journey, step) if dot else None


def speaking_steps(journey: Journey) -> Iterator[SpeakingStep]:
    """Its steps that say something, in the order in which they are written."""
    return (step for step in journey.steps if isinstance(step, SpeakingStep))


def campaigns_of(journey: Journey) -> dict[str, Campaign]:
    """The steps that speak as campaigns, by their ids. Raises ValueError for a journey that was not checked."""
    by_place = _led_by_place(journey)
    found = {}
    for step in speaking_steps(journey):
        told = _as_campaign(journey, step, by_place=step.id in by_place)
        found[told["id"]] = Campaign.model_validate(told)
    return found


def speaking_problems(journey: Journey, place: str) -> list[Problem]:
    """Why a step cannot speak as it stands."""
    problems = []
    for step in speaking_steps(journey):
        where = f"{place}: steps.{step.id}"
        if (step.topic or journey.topic) is None:
            problems.append(
                Problem(f"{where}.topic", "neither the step nor the journey says what it is about")
            )
            continue
        try:
            Campaign.model_validate(_as_campaign(journey, step, by_place=False))
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                key = ".".join((where, *map(str, _named(detail["loc"]))))
                problems.append(Problem(key, detail["msg"].removeprefix("Value error, ")))
    return problems


_KEYS_OF_STEPS = {"order": "list", "choose": "mode"}


def _named(keys: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """A key of a campaign as steps call it."""
    return tuple(_KEYS_OF_STEPS.get(key, key) if isinstance(key, str) else key for key in keys)


def _as_campaign(journey: Journey, step: SpeakingStep, *, by_place: bool) -> dict[str, Any]:
    """The document of the campaign that a step is."""
    goal = journey.goal
    shorter = goal.within if length_of(goal.within) <= length_of(LONGEST) else LONGEST
    told: dict[str, Any] = {
        "id": campaign_id(journey.id, step.id),
        "name": f"{journey.named()}: {step.named()}",
        "goal": step.goal
        or {
            "event": goal.event,
            "where": goal.where,
            "within": shorter,
            "value_of": goal.value_of,
            "currency_of": goal.currency_of,
        },
        "intent_card": step.intent_card or journey.intent_card,
        "brand": journey.brand,
        "topic": step.topic or journey.topic,
        "products": journey.products if step.products is None else step.products,
        "tags": journey.tags if step.tags is None else step.tags,
        "category": step.category or journey.category,
        "transactional_basis": step.transactional_basis or journey.transactional_basis,
        "trigger": {"type": "journey", "journey": journey.id, "step": step.id, "by_place": by_place},
        "ends_at": journey.ends_at,
        "quiet_hours": journey.quiet_hours,
        "send_windows": journey.send_windows,
        "caps": tuple(cap.model_copy(update={"campaign": journey.id}) for cap in journey.caps),
        **_channels(step),
    }
    if step.expires_after is not None:
        told["expires_after"] = step.expires_after
    elif isinstance(step, TaskStep | SurveyStep) and step.timeout is not None:
        told["expires_after"] = step.timeout  # it is worth doing for as long as the walk waits for it
    if isinstance(step, OnChannels) and step.send_time is not None:
        told["send_time"] = step.send_time
    return told


def _channels(step: SpeakingStep) -> dict[str, Any]:
    match step:
        case (
            MessageStep(channels=StepChannels() as channels) | SurveyStep(channels=StepChannels() as channels)
        ):
            order = {
                "choose": _CHANNELS[channels.mode],
                "order": channels.list,
                "fallback_after": step.fallback_after,
                "cancel_when": step.cancel_when,
            }
            return {"channels": order, "templates": step.templates}
        case MessageStep() | SurveyStep():
            return {"channel": step.channel, "template": step.template}
        case WebhookStep() | TaskStep():
            return {"channel": step.type, "template": step.template}
        case _:
            assert_never(step)


# ── where devices are ───────────────────────────────────────────────────────────────────────────


def _led_by_place(journey: Journey) -> frozenset[str]:
    """The steps that somebody may come to because of where their device was.

    What an event with a place sets off is so until something else has happened that the person was waited for: what
    is said after that would have been said wherever they are.
    """
    starts = {way.target for way in journey.graph.ways if _is_place(journey, way)}
    if isinstance(journey.enter, EnterByEvent) and asks_place(journey.enter.where):
        starts.add(journey.start)
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        step = waiting.pop()
        if step in found:
            continue
        found.add(step)
        waiting += [way.target for way in journey.graph.of.get(step, ()) if not _is_other_cause(way)]
    return frozenset(found)


def _is_place(journey: Journey, way: Way) -> bool:
    step = journey.by_id.get(way.source)
    return way.kind == "event" and isinstance(step, WaitFor) and asks_place(step.events[int(way.mark)].where)


def _is_other_cause(way: Way) -> bool:
    return way.kind in ("event", "outcome", "done", "answered")
