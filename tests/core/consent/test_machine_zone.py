"""The clock settings of the machine that runs the rules play no part in them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from kizuna.core.consent import ConsentEvent, consent_event_to_json, months_after
from kizuna.core.restraint.caps import FrequencyCap, Heard, cap_standing
from kizuna.core.restraint.pressure import Pressure, Touch

JAPAN = timezone(timedelta(hours=9))
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True, params=["Asia/Tokyo", "America/Los_Angeles", "UTC"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


def test_an_event_is_kept_and_written_in_utc() -> None:
    event = ConsentEvent(id="e1", action="grant", at=datetime(2026, 1, 10, 10, tzinfo=JAPAN))
    assert event.at.utcoffset() == timedelta()
    assert consent_event_to_json(event)["at"] == "2026-01-10T01:00:00Z"


@pytest.mark.parametrize(
    ("since", "months", "until"),
    [
        # the evening in UTC is the next day in Tokyo, the early morning the day before in California
        (datetime(2026, 1, 30, 20, tzinfo=UTC), 1, datetime(2026, 2, 28, 20, tzinfo=UTC)),
        (datetime(2026, 3, 1, 3, tzinfo=UTC), 1, datetime(2026, 4, 1, 3, tzinfo=UTC)),
        (datetime(2026, 1, 31, 5, tzinfo=JAPAN), 1, datetime(2026, 2, 28, 20, tzinfo=UTC)),
    ],
)
def test_months_are_counted_in_utc(since: datetime, months: int, until: datetime) -> None:
    assert months_after(since, months) == until


def test_the_end_of_a_persons_day_is_told_in_utc() -> None:
    cap = FrequencyCap.model_validate({"count": 1, "window": {"calendar_local": "day"}, "on_hit": "defer"})
    heard = Heard(Pressure(1, (Touch(NOON - timedelta(hours=1), "email", "m1"),)))
    found = cap_standing([cap], heard, Touch(NOON, "email", "m2"), now=NOON, zone="Asia/Tokyo").frees_at
    assert found == datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert found is not None
    assert found.utcoffset() == timedelta()
