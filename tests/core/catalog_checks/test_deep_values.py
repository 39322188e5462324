"""No step of a journey carries a deep trait to where nobody asks how deep it goes."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.catalog import build
from kizuna.core.errors import InvalidDefinition
from tests.support.builders import INTENT, some_documents

TRAITS: list[dict[str, Any]] = [
    {"id": "income", "meaning": {"en": "Income"}, "depth": "deep"},
    {"id": "debts", "meaning": {"en": "Debts"}, "sensitive": True},
    {"id": "plan", "meaning": {"en": "Plan"}},
]
DEEP, NESTED, PLAIN = {"trait": "income"}, {"trait": "debts.bank"}, {"trait": "plan"}


def documents(step: dict[str, Any]) -> dict[tuple[str, str], Any]:
    journey = {
        "id": "asking",
        "name": "Asking",
        "brand": "shop",
        "owner": "crm",
        "intent_card": INTENT,
        "goal": {"event": "Order Completed", "within": "7d"},
        "enter": {"api": True},
        "steps": [{"id": "act", **step}],
    }
    traits = {("trait", trait["id"]): trait for trait in TRAITS}
    other = journey | {"id": "other", "steps": [{"id": "rest", "type": "wait", "for": "1d"}]}
    return {**some_documents(), **traits, ("journey", "asking"): journey, ("journey", "other"): other}


@pytest.mark.parametrize("value", [DEEP, NESTED])
@pytest.mark.parametrize(
    ("step", "key"),
    [
        ({"type": "emit_event", "event": "Asked", "properties": {"a": PLAIN, "x": "?"}}, "properties.x"),
        ({"type": "set_context", "values": {"x": "?"}}, "values.x"),
        ({"type": "update_profile", "set": {"x": "?"}}, "set.x"),
        ({"type": "journey", "start": "other", "inputs": {"x": "?"}}, "inputs.x"),
    ],
)
def test_a_deep_trait_is_not_copied_to_where_anybody_is_told(
    step: dict[str, Any], key: str, value: dict[str, Any]
) -> None:
    told = {
        name: {each: value if held == "?" else held for each, held in values.items()}
        if isinstance(values, dict)
        else values
        for name, values in step.items()
    }
    with pytest.raises(InvalidDefinition, match="carries the deep trait") as refused:
        build(documents(told))
    assert any(str(each).startswith(f"journey/asking: steps.act.{key}: ") for each in refused.value.problems)
    assert build(documents(told), linted=True).journeys["asking"]


@pytest.mark.parametrize(
    "step",
    [
        {"type": "update_profile", "set": {"income": DEEP, "debts": NESTED, "x": PLAIN}},
        {"type": "emit_event", "event": "Asked", "properties": {"x": PLAIN, "income": 5}},
    ],
)
def test_what_stays_as_deep_and_what_is_not_deep_may_be_handed_on(step: dict[str, Any]) -> None:
    assert build(documents(step)).journeys["asking"]
