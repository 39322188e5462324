"""Suppression lists are asked last and can only make a message vanish."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.messages import State
from kizuna.core.people import Listing
from kizuna.core.reasons import OtherReason
from kizuna.core.segments.suppressions import Suppression, suppressed_by
from tests.support.builders import (
    NOON,
    a_campaign,
    a_profile,
)
from tests.support.customers import subscribe
from tests.support.house import House
from tests.support.standing import a_shop, listed

PEACE: dict[str, Any] = {"kind": "static", "list": "staff", "reason": "colleagues"}


def outcome(catalog: Catalog, *, on_list: bool = True) -> tuple[State, str]:
    house = House(catalog)
    house.ingest(subscribe("u1"))
    house.settle()
    if on_list:
        listed(house, "user_id:u1")
    house.start("spring", NOON)
    house.walk()
    message = house.only_message()
    return message.state, message.reason


def test_a_suppression_list_holds_back_what_everything_else_speaks_for() -> None:
    withheld = (State.DENIED, str(OtherReason.SUPPRESSION_LIST))
    assert outcome(a_shop(suppression__peace=PEACE)) == withheld
    assert outcome(a_shop(suppression__peace=PEACE), on_list=False)[0] is State.PENDING
    rule = {"kind": "rule", "when": {"trait": "country", "op": "eq", "value": "JP"}, "reason": "a storm"}
    assert outcome(a_shop(suppression__storm=rule), on_list=False) == withheld


SCOPES: list[tuple[dict[str, Any], bool]] = [
    ({"scope": {"channel": "email"}}, True),
    ({"scope": {"channel": "sms"}}, False),
    ({"scope": {"topic": "news", "brand": "shop"}}, True),
    ({"scope": {"product": "tea"}}, False),
    ({"expires_at": "2026-11-23T12:00:00Z"}, False),
    ({"expires_at": "2026-11-23T12:00:01Z"}, True),
    ({"applies_to": "all"}, True),
]


@pytest.mark.parametrize(("changes", "holds"), SCOPES)
def test_a_suppression_holds_within_its_scope_and_time(changes: dict[str, Any], holds: bool) -> None:
    state, _ = outcome(a_shop(suppression__peace=PEACE | changes))
    assert (state is State.DENIED) is holds


def test_what_somebody_asked_for_is_held_back_only_where_all_is_meant() -> None:
    person = a_profile(lists={"staff": Listing(True, NOON)})
    receipt = a_campaign(category="transactional", transactional_basis="an order")
    notice = a_campaign(category="mandatory")
    for applies_to, held in (("promotional", False), ("all", True)):
        rules = [Suppression.model_validate({"id": "peace", **PEACE, "applies_to": applies_to})]
        assert (suppressed_by(person, receipt, rules, now=NOON) is not None) is held
        assert suppressed_by(person, notice, rules, now=NOON) is None
