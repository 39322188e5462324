"""When an event happened, by our clock (`ingest-api.md` 4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.intake.limits import Limits
from kizuna.core.intake.times import corrected, read_instant
from tests.support.intake import CLIENT, NOW, SERVER, a_post, a_track, batch_of, only_event, taken_in

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-11-22T12:00:00Z", NOW),
        ("2026-11-22T12:00:00.000Z", NOW),
        ("2026-11-22t12:00:00z", NOW),
        ("2026-11-22 12:00:00", NOW),
        (" 2026-11-22T12:00:00Z\n", NOW),
        ("2026-11-22T21:00:00+09:00", NOW),
        ("2026-11-22T06:30:00-0530", NOW),
        ("2026-11-22T12:00:00.123Z", NOW.replace(microsecond=123_000)),
        ("2026-11-22T12:00:00.123456+00:00", NOW.replace(microsecond=123_456)),
        ("2026-11-22T12:00:00.123456789Z", NOW.replace(microsecond=123_456)),
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
        (1795348800000, NOW),
        (1795348800000.5, NOW.replace(microsecond=500)),
        ("1795348800000", NOW),
        (852076800000, datetime(1997, 1, 1, tzinfo=UTC)),
        ("1711110000000", datetime(2024, 3, 22, 12, 20, tzinfo=UTC)),  # as ISO it would be in 1711
    ],
)
def test_instants_are_read_in_every_form_sdks_write(written: Any, instant: datetime) -> None:
    read = read_instant(written)
    assert read == instant
    assert read is not None
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [None, "", " ", "yesterday", "2026-13-01", "2026-11-22T25:00:00Z", "0001-01-01T00:00:00Z", "1969-12-31",
     "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", -1, 10**30, 1e300, float("nan"), "9" * 30,
     "9" * 5000, True, [], {}, ["2026-11-22"], "١٧٩٥٣٤٨٨٠٠٠٠٠"],
)  # fmt: skip
def test_anything_else_is_unreadable_and_counts_as_missing(written: Any) -> None:
    assert read_instant(written) is None


@pytest.mark.parametrize(
    ("original", "sent", "at"),
    [
        (NOW - 3 * HOUR, NOW - HOUR, NOW - 2 * HOUR),  # queued for two hours, the clock an hour slow
        (NOW + 5 * HOUR, NOW + 7 * HOUR, NOW - 2 * HOUR),  # the clock seven hours fast
        (NOW - HOUR, None, NOW - HOUR),
        (None, NOW - HOUR, NOW),
        (None, None, NOW),
        (NOW + HOUR, None, NOW),  # never later than the arrival
        (NOW - HOUR, NOW - 2 * HOUR, NOW),  # sent before it happened
        (datetime(1997, 1, 1, tzinfo=UTC), NOW, datetime(1997, 1, 1, tzinfo=UTC)),
        (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC), NOW),  # out of any calendar
    ],
)
def test_the_clients_clock_is_corrected_by_ours(
    original: datetime | None, sent: datetime | None, at: datetime
) -> None:
    assert corrected(original, sent, received_at=NOW) == at


INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(original=st.none() | INSTANTS, sent=st.none() | INSTANTS)
def test_no_event_lies_in_the_future_nor_beyond_the_allowed_age(
    original: datetime | None, sent: datetime | None
) -> None:
    at = corrected(original, sent, received_at=NOW, max_age=timedelta(days=30))
    assert NOW - timedelta(days=30) <= at <= NOW


def test_a_client_key_cannot_back_date_beyond_its_limit_and_a_server_key_can() -> None:
    old = {"timestamp": "2026-01-01T00:00:00Z"}
    for source, limits, at in (
        (CLIENT, Limits(), NOW - timedelta(days=30)),
        (CLIENT, Limits(client_backdating=timedelta(days=2)), NOW - timedelta(days=2)),
        (SERVER, Limits(), datetime(2026, 1, 1, tzinfo=UTC)),
    ):
        event = only_event(batch_of([a_track(**old)], source=source, limits=limits))
        assert event.at == at
        assert event.original_at == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event", "request_sent", "header", "original_at", "sent_at"),
    [
        (
            {"originalTimestamp": "2026-11-22T10:00:00Z", "timestamp": "2026-11-22T11:00:00Z"},
            None,
            None,
            10,
            None,
        ),
        ({"originalTimestamp": "broken", "timestamp": "2026-11-22T11:00:00Z"}, None, None, 11, None),
        ({"originalTimestamp": None, "timestamp": "2026-11-22T11:00:00Z"}, None, None, 11, None),
        ({"sentAt": "2026-11-22T09:00:00Z"}, "2026-11-22T08:00:00Z", None, None, 9),
        ({"sentAt": "broken"}, "2026-11-22T08:00:00Z", None, None, 8),
        ({}, "2026-11-22T08:00:00Z", "2026-11-22T07:00:00Z", None, 8),
        ({}, None, "2026-11-22T07:00:00Z", None, 7),
        ({}, "broken", "broken", None, None),
    ],
)
def test_each_time_is_taken_from_the_first_readable_place(
    event: dict[str, Any],
    request_sent: str | None,
    header: str | None,
    original_at: int | None,
    sent_at: int | None,
) -> None:
    headers = {} if header is None else {"sentat": header}
    # The request's own timestamp is not the event's.
    body = {"batch": [a_track(**event)], "sentAt": request_sent, "timestamp": "2020-01-01T00:00:00Z"}
    read = only_event(taken_in(a_post("/v1/batch", body, headers=headers)))
    assert (read.original_at and read.original_at.hour) == original_at
    assert (read.sent_at and read.sent_at.hour) == sent_at
    assert read.received_at == NOW
