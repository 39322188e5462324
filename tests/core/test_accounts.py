"""What is known of our account at the providers: its pace, its age, what to look at, how far a list is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.accounts import (
    OLD,
    OVERLAP,
    Checkpoint,
    EmailQuota,
    Quota,
    Reading,
    TextQuota,
    pace,
    per_second_of,
    warnings_of,
)
from tests.support.builders import NOON

WELL = EmailQuota(14, 50_000, 10)
HOUR = timedelta(hours=1)
rates = st.none() | st.floats(0.01, 10_000)


@given(rates, rates)
def test_a_channel_goes_as_the_policy_says_and_never_faster_than_the_provider_allows(
    asked: float | None, allowed: float | None
) -> None:
    found = pace(asked, allowed)
    assert (found is None) == (asked is None and allowed is None)
    assert all(found <= rate for rate in (asked, allowed) if rate is not None and found is not None)
    assert found in (asked, allowed)


@pytest.mark.parametrize(
    ("quota", "rate"),
    [(WELL, 14), (EmailQuota(0, 0, 0), None), (TextQuota(50, 100, "PRODUCTION"), None), (None, None)],
)
def test_only_a_rate_that_was_told_is_one(quota: Quota | None, rate: float | None) -> None:
    assert per_second_of(Reading("email", NOON, quota, NOON)) == rate
    assert per_second_of(None) is None


def test_what_cannot_be_read_leaves_the_last_known_value_with_its_age() -> None:
    missed = Reading("email", NOON).read(WELL, NOON).missed("throttled", NOON + HOUR)
    assert (missed.quota, missed.at, missed.failed) == (WELL, NOON, "throttled")
    assert missed.age(NOON + 2 * HOUR) == 2 * HOUR
    assert missed.read(WELL, NOON + HOUR).failed == ""
    assert Reading("email", NOON).age(NOON) is None


@pytest.mark.parametrize(
    ("quota", "told"),
    [
        (WELL, ()),
        (EmailQuota(14, 50_000, 44_999), ()),
        (EmailQuota(14, 50_000, 45_000), ("day_nearly_used",)),
        (EmailQuota(14, 0, 0), ()),
        (EmailQuota(14, 50_000, 0, sending=False), ("sending_paused",)),
        (EmailQuota(14, 200, 0, production=False), ("sandbox",)),
        (EmailQuota(14, 50_000, 0, health="PROBATION"), ("under_review",)),
        (TextQuota(50, 100, "PRODUCTION"), ()),
        (TextQuota(1, 1, "SANDBOX"), ("sandbox",)),
    ],
)
def test_what_somebody_should_look_at_is_named(quota: Quota, told: tuple[str, ...]) -> None:
    assert warnings_of(Reading("email", NOON, quota, NOON), NOON) == told


def test_a_value_is_old_after_some_hours_and_one_that_never_came_at_once() -> None:
    reading = Reading("email", NOON, WELL, NOON)
    assert warnings_of(reading, NOON + OLD) == ()
    assert warnings_of(reading, NOON + OLD + timedelta(seconds=1)) == ("quota_not_read",)
    assert warnings_of(Reading("sms", NOON), NOON) == ("quota_not_read",)


def test_a_round_goes_on_from_its_page_and_the_next_one_from_a_little_before_the_newest() -> None:
    begun = Checkpoint("suppressed").begun(NOON)
    first = begun.after_page("p2", NOON - HOUR)
    assert first.begun(NOON + HOUR) == first
    assert first.is_under_way
    done = first.after_page("", NOON - 3 * HOUR).done(NOON + HOUR)
    assert (done.since, done.page, done.ended, done.is_under_way) == (
        NOON - HOUR - OVERLAP,
        "",
        NOON + HOUR,
        False,
    )


def test_a_round_that_met_nobody_asks_the_next_time_for_the_same() -> None:
    checkpoint = Checkpoint("suppressed", since=NOON - HOUR)
    assert checkpoint.begun(NOON).after_page("", None).done(NOON).since == NOON - HOUR - OVERLAP
    assert Checkpoint("suppressed").begun(NOON).after_page("", None).done(NOON).since is None


def test_a_page_that_is_gone_begins_the_round_anew_and_forgets_nothing_else() -> None:
    under_way = Checkpoint("suppressed", since=NOON).begun(NOON).after_page("p2", NOON)
    again = under_way.over_again()
    assert (again.page, again.since, again.began) == ("", NOON, NOON)
