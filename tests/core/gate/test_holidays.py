"""Days on which no promotion is heard: by the country, in the person's own zone, from the workspace's policy."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kizuna.core.gate import judge
from kizuna.core.gate.quiet_hours import first_open
from kizuna.core.policy import ConsentPolicy
from tests.support.consents import a_request, at, grant

NEW_YEAR = ConsentPolicy.model_validate(
    {
        "holidays": {"JP": ["2026-12-31", "2027-01-01", "2027-01-02"], "US": ["2026-11-26"]},
        "quiet_hours": {"US": ["08:00", "21:00"]},
    }
)


def opens(now: str, *zones: str | None, country: str = "JP") -> str | None:
    moment = first_open(at(now), country=country, region=None, zones=zones, policy=NEW_YEAR)
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S}"


@pytest.mark.parametrize(
    ("now", "moment"),
    [
        ("2026-12-30T14:59:59", "2026-12-30T14:59:59"),  # a second before midnight in Tokyo
        ("2026-12-30T15:00:00", "2027-01-02T15:00:00"),
        ("2027-01-01T03:00:30", "2027-01-02T15:00:00"),
        ("2027-01-02T14:59:30", "2027-01-02T15:00:00"),
        ("2027-01-02T15:00:00", "2027-01-02T15:00:00"),
    ],
)
def test_a_country_without_windows_is_closed_on_its_holidays_alone(now: str, moment: str) -> None:
    assert opens(now, "Asia/Tokyo") == moment


def test_the_day_is_that_of_the_persons_zone_and_the_windows_hold_before_and_after() -> None:
    assert opens("2026-11-26T04:30:00", "America/New_York", country="US") == "2026-11-27T13:00:00"
    assert opens("2026-11-26T01:30:00", "America/New_York", country="US") == "2026-11-26T01:30:00"
    assert opens("2026-11-27T04:59:00", "America/New_York", country="US") == "2026-11-27T13:00:00"


def test_without_a_zone_it_must_be_another_day_everywhere_in_the_country() -> None:
    assert opens("2027-01-01T12:00:00") == "2027-01-02T15:00:00"
    assert opens("2026-11-26T05:30:00", None, country="US") == "2026-11-27T16:00:00"


def test_more_than_a_week_of_holidays_leaves_no_moment() -> None:
    days = [(date(2027, 1, 1) + timedelta(days=day)).isoformat() for day in range(9)]
    policy = ConsentPolicy.model_validate({"holidays": {"JP": days}})
    begin = datetime(2027, 1, 1, tzinfo=UTC)
    assert first_open(begin, country="JP", region=None, zones=["Asia/Tokyo"], policy=policy) is None


def test_other_countries_and_channels_have_no_holiday() -> None:
    holiday = at("2027-01-01T12:00:00")
    german: dict[str, Any] = {"subject": {"country": "DE", "timezone": "Europe/Berlin"}}
    japanese: dict[str, Any] = {"subject": {"country": "JP", "timezone": "Asia/Tokyo"}}
    text, mail = grant(channel="sms"), grant(channel="email")

    assert judge(a_request(text, channel="sms", now=holiday, **german), NEW_YEAR).word == "allow"
    assert judge(a_request(mail, now=holiday, **japanese), NEW_YEAR).word == "allow"
    assert judge(a_request(text, channel="sms", now=holiday, **japanese), NEW_YEAR).word == "defer"


def test_holidays_are_part_of_the_rules_that_a_decision_names() -> None:
    assert NEW_YEAR.version_id != NEW_YEAR.model_copy(update={"holidays": {}}).version_id
    assert NEW_YEAR.model_copy().version_id == NEW_YEAR.version_id
