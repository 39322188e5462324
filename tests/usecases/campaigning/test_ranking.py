"""Where campaigns meet on one person on one day, the one of higher priority is heard."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AlarmRang
from kizuna.core.decide import Occasion
from kizuna.core.errors import Conflict
from kizuna.usecases.decisions.deciding import decide_and_store
from kizuna.usecases.reacting import react
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents
from tests.support.customers import DAILY, identify, subscribe
from tests.support.house import House
from tests.support.turns import Turns

HOUR = timedelta(hours=1)
LATER = {
    "send_time": {"mode": "local", "local_time": "23:30", "lead": "0s"}
}  # in Tokyo, two and a half hours on


def a_shop(spring: dict[str, Any], news: dict[str, Any], **policy: Any) -> Catalog:
    documents = some_documents(
        CAMPAIGN | DAILY | spring, CAMPAIGN | DAILY | {"id": "news", "name": "News"} | news
    )
    return a_catalog({**documents, ("policy", "policy"): {"precedence": {"at_most": 1}} | policy})


def a_customer_of(catalog: Catalog) -> House:
    house = House(catalog)
    house.ingest(subscribe("u1"), identify(user="u1", number=9, timezone="Asia/Tokyo"))
    house.settle()
    return house


def played(catalog: Catalog) -> dict[str, tuple[str, str]]:
    """Both run at noon, the news first; then it is evening in Tokyo."""
    house = a_customer_of(catalog)
    for now in (NOON, NOON + 3 * HOUR):
        if now == NOON:
            for name in ("news", "spring"):
                house.start(name, now, now=now)
                house.walk(now=now)
        house.ring(now=now)
        house.settle(now=now)
        house.send(now=now)
        house.settle(now=now)
    return {
        message.campaign: (str(message.state), message.reason) for message in house.messages.stored.values()
    }


def test_one_that_waits_yields_to_a_more_important_one_that_was_decided_later() -> None:
    found = played(a_shop({"priority": 90} | LATER, {"priority": 10} | LATER))
    assert found == {"spring": ("SENT", "consent"), "news": ("DENIED", "outranked")}


def test_one_that_is_less_important_is_withheld_as_it_is_decided() -> None:
    found = played(a_shop({"priority": 10} | LATER, {"priority": 90} | LATER))
    assert found == {"news": ("SENT", "consent"), "spring": ("DENIED", "outranked")}


def test_what_went_out_keeps_its_place() -> None:
    found = played(a_shop({"priority": 90}, {"priority": 10}))
    assert found == {"news": ("SENT", "consent"), "spring": ("DENIED", "outranked")}


def test_with_two_places_both_are_heard_and_without_a_rule_nobody_counts() -> None:
    both = {"news": ("SENT", "consent"), "spring": ("SENT", "consent")}
    assert played(a_shop({}, {}, precedence={"at_most": 2})) == both
    assert played(a_shop({}, {}, precedence=None)) == both


@pytest.mark.parametrize("waits", [{}, LATER], ids=["at once", "later"])
@settings(max_examples=15, deadline=None)
@given(plan=st.lists(st.sampled_from(["news", "spring"]), max_size=40), capped=st.booleans())
def test_of_two_that_are_decided_at_one_moment_one_is_heard(
    plan: list[str], capped: bool, waits: dict[str, Any]
) -> None:
    more = {"frequency_caps": [{"count": 5, "window": "1d"}]} if capped else {}
    house = a_customer_of(a_shop(waits, waits, **more))
    turns = Turns(plan)
    messages, person = turns.stepping(house.messages), house.person("user_id", "u1")

    def decide(name: str) -> None:
        occasion = Occasion(house.catalog.campaigns[name], 1, "20261123T1200Z")
        decide_and_store(
            person, occasion, ledger=house.ledger, messages=messages, catalog=house.catalog, now=NOON
        )

    def look_again(name: str) -> None:
        (waiting,) = (each for each in house.messages.stored.values() if each.campaign == name)
        reactor = replace(house.reactor, messages=messages)
        alarm = AlarmRang(kind="message", id=waiting.id)
        try:
            react.ring(alarm, reactor, house.catalog, now=NOON + 3 * HOUR)
        except Conflict:  # its queue brings it again
            react.ring(alarm, reactor, house.catalog, now=NOON + 3 * HOUR)

    turns.play(news=lambda: decide("news"), spring=lambda: decide("spring"))
    if waits:
        turns = Turns(plan[::-1])
        messages = turns.stepping(house.messages)
        turns.play(news=lambda: look_again("news"), spring=lambda: look_again("spring"))
    states = sorted(str(each.state) for each in house.messages.stored.values())
    assert states == ["DENIED", "PENDING"]


def test_what_caps_leave_alone_takes_no_place() -> None:
    exempt = [{"campaigns": ["news"], "reason": "they asked for it every day"}]
    found = played(a_shop({"priority": 10}, {"priority": 90}, cap_exemptions=exempt))
    assert {state for state, _ in found.values()} == {"SENT"}
