"""Journeys as somebody writes them, with some things changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kizuna.core.journeys.checking import journey_problems
from kizuna.core.journeys.definition import Journey

CARD = {
    "what_is_needed": "A hello from somebody who means it.",
    "why": "They have just come in and know nobody.",
    "how_to_ask": "One short letter, and nothing to buy.",
}
MESSAGE = {"type": "message", "channel": "email", "template": "hello-email"}
EXAMPLE: dict[str, Any] = {
    "id": "welcome",
    "name": "Welcome",
    "brand": "shop",
    "owner": "care",
    "topic": "news",
    "intent_card": CARD,
    "goal": {"event": "Order Completed"},
    "enter": {"event": "Signed Up"},
}


def document(*steps: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """The document of a journey with these steps."""
    return {**EXAMPLE, "steps": [dict(step) for step in steps] or [{"id": "hello", **MESSAGE}], **changes}


def a_journey(*steps: Mapping[str, Any], **changes: Any) -> Journey:
    return Journey.model_validate(document(*steps, **changes))


def problems(*steps: Mapping[str, Any], **changes: Any) -> list[str]:
    """Why nobody can walk a journey with these steps."""
    return [str(problem) for problem in journey_problems(a_journey(*steps, **changes), "it")]


def wait(step: str, **more: Any) -> dict[str, Any]:
    return {"id": step, "type": "wait", "for": "1d", **more}


def tell(step: str, **more: Any) -> dict[str, Any]:
    return {"id": step, **MESSAGE, **more}


def fork(step: str, then: str, otherwise: str, **more: Any) -> dict[str, Any]:
    """A branch with one question."""
    case = {"when": {"trait": "plan", "op": "eq", "value": "pro"}, "next": then}
    return {"id": step, "type": "branch", "cases": [case], "else": otherwise, **more}


def back(step: str, to: str, **more: Any) -> dict[str, Any]:
    return {"id": step, "type": "goto", "node": to, **more}
