"""The report of what consent is worth: who said Yes to what, and which No takes back which Yes."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.consent import ConsentEvent
from kizuna.core.consent.exchange import Exchange, Offer
from kizuna.core.policy import ConsentPolicy
from tests.support.consents import DAY, NOW, grant, withdraw


def counted(*people: tuple[list[ConsentEvent], float | None]) -> Exchange:
    found = Exchange()
    for ledger, value in people:
        found.add(ledger, country="JP", value=value, policy=ConsentPolicy(), now=NOW)
    return found


@pytest.mark.parametrize(
    ("yes", "no", "became"),
    [
        ({"topic": "news"}, None, "standing"),
        ({"topic": "news"}, {"topic": "offers"}, "standing"),
        ({"topic": "news"}, {"topic": "news"}, "withdrawn"),
        ({"topic": "news"}, {"topic": "*"}, "withdrawn"),
        ({"topic": "*"}, {"topic": "news"}, "standing"),
        ({"topic": "*"}, {"topic": "*"}, "withdrawn"),
        ({"topic": "*"}, {"channel": "sms"}, "standing"),
        ({"topic": "*", "expires_at": NOW}, None, "lapsed"),
        ({"topic": "*", "wording_version": None}, None, "lapsed"),
    ],
)
def test_a_no_takes_back_the_yes_that_it_is_about(
    yes: dict[str, Any], no: dict[str, Any] | None, became: str
) -> None:
    ledger = [grant(NOW - 2 * DAY, **yes), *([withdraw(NOW - DAY, **no)] if no else [])]
    (row,) = counted((ledger, None)).rows.values()
    people = {name: getattr(row, name).people for name in ("standing", "withdrawn", "lapsed")}
    assert people == dict.fromkeys(people, 0) | {became: 1}


def test_what_people_bought_is_told_of_those_who_left_as_of_those_who_stayed() -> None:
    """A report that knew only what the faithful buy would praise every offer."""
    yes = grant(NOW - 2 * DAY)
    (row,) = counted(
        ([yes], 10.0), ([yes, withdraw(NOW - DAY)], 20.0), ([grant(NOW - 2 * DAY, expires_at=NOW)], 40.0)
    ).rows.values()
    assert (row.standing.total, row.withdrawn.total, row.lapsed.total) == (10.0, 20.0, 40.0)


def test_the_offer_that_most_took_is_told_first_and_then_by_name() -> None:
    people: list[tuple[list[ConsentEvent], float | None]] = [
        ([grant(NOW - DAY, wording_version=name)], None) for name in ("v1", "v3", "v2", "v3")
    ]
    told = [offer.wording for offer, _ in counted(*people).ordered()]
    assert told == ["v3", "v1", "v2"]


def test_a_yes_without_a_wording_is_an_offer_without_one() -> None:
    (offer,) = counted(([grant(NOW - DAY, wording_version=None)], None)).rows
    assert offer == Offer("", "", "email", "marketing")
