"""Consent held against what people buy: each person once an offer, and nothing said of what no record remembers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.consent.exchange import Exchange, Offer
from kizuna.core.events import Source, SourceKind
from kizuna.core.policy import ConsentPolicy
from kizuna.usecases.consents.report import exchange, exchange_body
from tests.support.builders import NOON, a_catalog, an_event, some_documents
from tests.support.consents import act, confirm, grant, text, withdraw
from tests.support.customers import PAGE, order, subscribe
from tests.support.house import House

DAY = timedelta(days=1)
POLICY = ConsentPolicy()
BIG: dict[str, Any] = {
    "id": "big",
    "name": "Big",
    "when": {"event": "Order Completed", "verb": "sum", "of": "revenue", "op": "gte", "value": 1000},
}


def counted(*ledgers: tuple[Any, ...], value: float | None = None, country: str = "JP") -> Exchange:
    found = Exchange()
    for ledger in ledgers:
        found.add(ledger, country=country, value=value, policy=POLICY, now=NOON)
    return found


YES = grant(NOON - 10 * DAY, id="yes", benefit_offered="10 % off")
OFFER = Offer("v3", "10 % off", "email", "marketing")


def test_a_yes_stands_was_taken_back_or_has_lapsed() -> None:
    found = counted(
        (YES,),
        (YES, withdraw(NOON - DAY)),
        (YES, act("object", NOON - DAY)),
        (replace(YES, proof=None),),
        (withdraw(NOON - DAY),),
        (),
    )
    row = found.rows[OFFER]
    assert (row.granted, row.standing.people, row.withdrawn.people, row.lapsed.people) == (4, 1, 2, 1)
    assert found.without.people == 2
    assert found.people == 6


def test_a_yes_after_a_no_stands_and_a_person_counts_once() -> None:
    again = grant(NOON - DAY, id="again", benefit_offered="10 % off")
    found = counted((YES, withdraw(NOON - 5 * DAY), again))
    assert found.rows[OFFER].standing.people == found.rows[OFFER].granted == 1


def test_what_waits_for_its_confirmation_has_not_come_to_stand() -> None:
    waiting = counted((YES,), country="DE").rows[OFFER]
    confirmed = counted((YES, confirm(NOON - 9 * DAY, benefit_offered="10 % off")), country="DE").rows[OFFER]
    assert (waiting.lapsed.people, confirmed.standing.people) == (1, 1)


def test_a_stop_by_text_takes_back_the_yes_for_texts_alone() -> None:
    sms = grant(NOON - 10 * DAY, id="sms", channel="sms", endpoint="ep2")
    found = counted((YES, sms, text("STOP", NOON - DAY, endpoint="ep2")))
    assert found.rows[OFFER].standing.people == 1
    assert found.rows[Offer("v3", "", "sms", "marketing")].withdrawn.people == 1


def test_consent_to_another_purpose_stands_without_an_address_and_is_taken_back_by_itself() -> None:
    use = replace(YES, purpose="personalisation", channel="*", endpoint=None)
    offer = Offer("v3", "10 % off", "*", "personalisation")
    found = counted(
        (use,),
        (use, withdraw(NOON - DAY, channel="*")),
        (use, withdraw(NOON - DAY, channel="*", purpose="personalisation")),
        (use, withdraw(NOON - DAY, channel="*", purpose="*")),
    )
    row = found.rows[offer]
    assert (row.standing.people, row.withdrawn.people, row.lapsed.people) == (2, 2, 0)


def test_what_is_not_known_is_not_counted_as_nothing() -> None:
    found = Exchange()
    for value in (None, 10.0, 20.0):
        found.add((YES,), country="JP", value=value, policy=POLICY, now=NOON)
    worth = found.rows[OFFER].standing
    assert (worth.people, worth.known, worth.total, worth.mean) == (3, 2, 30.0, 15.0)
    assert counted((YES,)).rows[OFFER].standing.mean is None


def house(catalog: Catalog) -> House:
    found = House(catalog)
    found.ingest(subscribe("u1"), subscribe("u2"), order(1, user="u1", properties={"revenue": 40}))
    found.ingest(order(2, user="u3", properties={"revenue": 5}))
    found.ingest(subscribe("u2", number=2, status="UNSUBSCRIBED", at=NOON), now=NOON)
    found.settle()
    return found


def body_of(catalog: Catalog) -> dict[str, Any]:
    there = house(catalog)
    (*_, last) = exchange(there.people, there.ledger, catalog, now=NOON + DAY, page=1)
    assert last.share == 1
    return exchange_body(last.found, catalog)


def test_everybody_is_asked_once_with_what_they_bought() -> None:
    body = body_of(a_catalog({**some_documents(), ("segment", "big"): BIG}))
    assert body["people"] == 3
    (offer,) = body["offers"]
    assert (offer["wording"], offer["granted"], offer["withdrawnShare"]) == ("v2", 2, 0.5)
    assert offer["standing"] == {"people": 1, "ordersKnownOf": 1, "orders": 40.0, "mean": 40.0}
    assert body["withoutConsent"]["orders"] == 5.0


def test_where_no_definition_asks_for_purchases_nothing_is_told_of_them() -> None:
    body = body_of(a_catalog())
    assert body["ordersRemembered"] is False
    assert body["offers"][0]["standing"]["orders"] is None
    assert body["withoutConsent"]["mean"] is None


OUR_PAGE = Source("kizuna-link", SourceKind.SYSTEM)


def test_why_people_left_stands_beside_it_and_a_page_of_others_tells_no_reason() -> None:
    def why(user: str, number: int, reason: str, source: Source = OUR_PAGE) -> Any:
        return an_event(
            "Reason For Leaving Given",
            number=number,
            user_id=user,
            source=source,
            properties={"reason": reason},
        )

    house = House(a_catalog(some_documents()))
    for user in ("u1", "u2", "u3", "u4"):
        house.ingest(subscribe(user))
    for user in ("u1", "u2", "u3"):
        house.ingest(subscribe(user, number=2, status="UNSUBSCRIBED", at=NOON - DAY))
    house.ingest(why("u1", 10, "too-many"), why("u1", 11, "too-many"), why("u1", 12, "bad-time"))
    house.ingest(why("u2", 13, "too-many"), why("u3", 14, "other", PAGE), why("u4", 15, "other"))
    house.settle()
    (*_, last) = exchange(house.people, house.ledger, house.catalog, now=NOON)
    body = exchange_body(last.found, house.catalog)

    assert body["left"] == 3
    assert [(each["reason"], each["people"]) for each in body["leaving"]][:2] == [
        ("too-many", 2),
        ("bad-time", 1),
    ]
    assert {each["reason"]: each["people"] for each in body["leaving"]}["other"] == 0
    assert body["leaving"][0]["name"]["ja"] == "お知らせの数が多すぎる"
