"""The inventory: what is asked for and what is declared meet in one list, and the gap between them shows."""

from __future__ import annotations

from kizuna.core.quality.inventory import inventory
from tests.support.builders import a_catalog, some_documents

GOLD = {"id": "gold", "name": "Gold", "when": {"trait": "tier", "op": "eq", "value": "gold"}}
BUYERS = {"id": "buyers", "name": "Buyers", "when": {"event": "Order Completed", "verb": "did"}}
PLAN = {"id": "plan", "meaning": {"en": "What they pay for", "ja": "契約プラン"}, "sensitive": True}


def fields() -> dict[tuple[str, str], tuple[bool, tuple[str, ...], bool]]:
    documents = {
        **some_documents(),
        ("segment", "gold"): GOLD,
        ("segment", "buyers"): BUYERS,
        ("trait", "plan"): PLAN,
    }
    found = inventory(a_catalog(documents))
    return {(each.kind, each.name): (each.declared, each.use, each.personal) for each in found}


def test_what_a_condition_asks_for_and_nobody_declared_is_listed_as_a_gap() -> None:
    assert fields()["trait", "tier"] == (False, ("segment/gold",), True)  # personal, for all we know
    declared, use, _ = fields()["event", "Order Completed"]
    assert (declared, use) == (False, ("campaign/spring", "segment/buyers"))  # the campaign's goal


def test_what_is_declared_and_asked_for_by_nothing_is_listed_too() -> None:
    declared, use, personal = fields()["trait", "plan"]
    assert (declared, use, personal) == (True, (), True)


def test_a_meaning_is_told_in_the_language_that_was_asked_for() -> None:
    catalog = a_catalog({**some_documents(), ("trait", "plan"): PLAN})
    (plan,) = [each for each in inventory(catalog, language="ja") if each.name == "plan"]
    assert plan.meaning == "契約プラン"


def test_what_a_sequence_asks_for_is_listed_with_its_joins_and_the_event_of_its_window() -> None:
    steps = [
        {"event": "Cart Viewed", "as": "cart"},
        {"not": "Order Completed", "within": "1h", "join": {"cart_id": "cart.id"}},
    ]
    when = {"sequence": steps, "window": {"since_last": "Signed Up"}}
    left = {"id": "left", "name": "Left", "when": when}
    found = inventory(a_catalog({**some_documents(), ("segment", "left"): left}))
    asked = {(each.kind, each.name) for each in found if "segment/left" in each.use}
    assert asked == {
        ("event", "Cart Viewed"),
        ("event", "Order Completed"),
        ("event", "Signed Up"),
        ("property", "Order Completed: cart_id"),
        ("property", "Cart Viewed: id"),
    }
