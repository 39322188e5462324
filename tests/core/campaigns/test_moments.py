"""At which moment somebody hears a message: by their own clock or their habits, and never outside what is allowed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.campaigns import AtBestHour, Campaign
from kizuna.core.campaigns.moments import Because, Moment, last_moment, moment_for
from kizuna.core.campaigns.rhythm import Hits, Rhythm, asked_of, hits_by_slot, posterior
from kizuna.core.conditions.remembered import need_of
from kizuna.core.durations import epoch_millis
from kizuna.core.people import Profile
from tests.support.builders import NOON, a_campaign, a_profile
from tests.support.examples import examples

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ZONES = sorted(available_timezones() - {"localtime", "Factory", "posixrules"})
SCHEDULE = {"type": "schedule", "cron": "0 12 * * MON", "zone": "Europe/London"}
AT_TEN = {"mode": "local", "local_time": "10:00"}
BEST = {"mode": "best_hour", "explore": 0}


def planned(send_time: Mapping[str, Any], **more: Any) -> Campaign:
    return a_campaign(trigger=SCHEDULE, send_time=send_time, **more)


def caused(send_time: Mapping[str, Any]) -> Campaign:
    return a_campaign(trigger={"type": "event", "event": "Cart Left"}, audience=None, send_time=send_time)


def somebody(zone: str | None = "Asia/Tokyo", **changes: Any) -> Profile:
    return a_profile(zone=zone, **changes)


def chosen(campaign: Campaign, person: Profile, since: datetime = NOON, **more: Any) -> Moment:
    return moment_for(person, campaign, run="r", channel="email", since=since, **more)


def local(moment: Moment, zone: str) -> str:
    assert moment.at is not None
    return moment.at.astimezone(ZoneInfo(zone)).strftime("%a %H:%M")


# ── now, and at an instant ──────────────────────────────────────────────────────────────────────


def test_without_a_word_about_it_a_message_goes_at_once() -> None:
    assert chosen(a_campaign(), somebody()) == Moment(NOON, Because.AT_ONCE)


def test_a_fixed_instant_is_the_same_for_everybody_and_once_past_it_is_now() -> None:
    campaign = caused({"mode": "fixed", "at": "2026-11-23T18:00:00+00:00"})
    assert chosen(campaign, somebody()).at == NOON + 6 * HOUR
    assert chosen(campaign, somebody(), since=NOON + DAY).at == NOON + DAY


# ── local time ──────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=examples(40), deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 365 * 24 * 60))
def test_with_a_days_lead_everybody_hears_it_on_the_same_day_at_the_same_time_of_their_own(
    zone: str, minutes: int
) -> None:
    since = NOON + timedelta(minutes=minutes)
    if zone in ("Etc/GMT+11", "Etc/GMT+12"):  # nobody lives there
        return
    moment = chosen(planned(AT_TEN), somebody(zone), since)
    here = chosen(planned(AT_TEN), somebody("Europe/London"), since)
    assert moment.at is not None
    assert here.at is not None
    assert (moment.because, moment.at >= since) == (Because.LOCAL_TIME, True)
    assert moment.at.astimezone(ZoneInfo(zone)).strftime("%F %H:%M") == here.at.astimezone(
        ZoneInfo("Europe/London")
    ).strftime("%F %H:%M")
    assert moment.at <= last_moment(planned(AT_TEN), since=since)


PASSED = {
    "next_day": ("Tue 10:00", Because.NEXT_DAY),
    "now": ("Mon 21:00", Because.PASSED),
}


@pytest.mark.parametrize("if_passed", PASSED)
def test_where_the_time_is_over_the_campaign_says_what_happens(if_passed: Any) -> None:
    moment = chosen(caused(AT_TEN | {"if_passed": if_passed}), somebody())  # noon in London is 21:00 in Tokyo
    assert (local(moment, "Asia/Tokyo"), moment.because) == PASSED[if_passed]


def test_who_is_skipped_is_left_out_with_that_reason() -> None:
    moment = chosen(caused(AT_TEN | {"if_passed": "skip"}), somebody())
    assert moment == Moment(None, Because.PASSED)
    still_to_come = chosen(caused(AT_TEN | {"if_passed": "skip"}), somebody("America/New_York"))
    assert local(still_to_come, "America/New_York") == "Mon 10:00"


def test_with_a_short_lead_zones_to_the_east_are_late() -> None:
    soon = planned(AT_TEN | {"local_time": "15:00", "lead": "0s"})
    assert local(chosen(soon, somebody("Europe/London")), "Europe/London") == "Mon 15:00"
    assert local(chosen(soon, somebody("America/New_York")), "America/New_York") == "Mon 15:00"
    late = chosen(soon, somebody("Asia/Tokyo"))
    assert (local(late, "Asia/Tokyo"), late.because) == ("Tue 15:00", Because.NEXT_DAY)


def test_only_the_weekdays_that_are_named_count() -> None:
    campaign = caused(AT_TEN | {"weekdays": ["thursday"]})
    assert local(chosen(campaign, somebody()), "Asia/Tokyo") == "Thu 10:00"
    thursday_evening = datetime(2026, 11, 26, 12, tzinfo=UTC)
    again = chosen(campaign, somebody(), thursday_evening)
    assert (local(again, "Asia/Tokyo"), again.because) == ("Thu 10:00", Because.NEXT_DAY)
    assert again.at is not None
    assert again.at - thursday_evening > 6 * DAY


def test_who_has_no_zone_goes_by_the_declared_one_and_the_record_says_so() -> None:
    declared = chosen(caused(AT_TEN | {"default_zone": "America/New_York"}), somebody(None))
    assert local(declared, "America/New_York") == "Mon 10:00"
    assert declared.record()["declared_zone"] is True
    assert local(chosen(planned(AT_TEN), somebody("Mars/Olympus")), "Europe/London") == "Wed 10:00"


def test_a_time_that_the_clocks_skip_is_the_first_minute_after() -> None:
    campaign = caused(AT_TEN | {"local_time": "02:30"})
    evening = datetime(2027, 3, 27, 22, tzinfo=UTC)
    assert local(chosen(campaign, somebody("Europe/Berlin"), evening), "Europe/Berlin") == "Sun 03:00"


# ── best hour ───────────────────────────────────────────────────────────────────────────────────


def with_habit(zone: str, sent: list[datetime], opened: list[datetime]) -> Profile:
    rule = AtBestHour()
    leaves = asked_of(rule, "email")
    rows = {leaves[0].key: sent, leaves[1].key: opened}
    aggregates = {
        leaf.key: {"f": need_of(leaf).form, "e": sorted([epoch_millis(at)] for at in rows.get(leaf.key, ()))}
        for leaf in leaves
    }
    return somebody(zone, aggregates=aggregates)


def everybody(best: int) -> Rhythm:
    return Rhythm({hour: Hits(1_000, 300 if hour % 24 == best else 100) for hour in range(168)})


@settings(max_examples=examples(40), deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 366 * 24 * 60), st.integers(0, 30), st.booleans())
def test_the_best_hour_is_never_outside_the_window_nor_before_the_run(
    zone: str, minutes: int, number: int, tries_out: bool
) -> None:
    since = NOON + timedelta(minutes=minutes)
    campaign = caused(BEST | {"explore": 50 if tries_out else 0})
    moment = chosen(
        campaign, somebody(zone, id=f"p{number}", bucket_id=f"p{number}"), since, rhythm=everybody(3)
    )
    assert moment.at is not None
    assert since <= moment.at < since + DAY
    assert 8 <= moment.at.astimezone(ZoneInfo(zone)).hour < 21


def test_with_no_history_of_anybody_it_falls_back_to_the_declared_hour() -> None:
    moment = chosen(caused(BEST | {"fallback": "18:00"}), somebody())
    assert local(moment, "Asia/Tokyo")[:6] == "Tue 18"
    assert moment.because is Because.NO_HABIT_KNOWN


def test_with_no_history_of_their_own_they_hear_it_when_people_react_most() -> None:
    moment = chosen(caused(BEST), somebody(), rhythm=everybody(19))
    assert local(moment, "Asia/Tokyo")[:6] == "Tue 19"
    assert (moment.because, moment.hour) == (Because.HABIT_OF_ALL, 19)


def test_a_little_history_leans_on_everybody_and_a_long_one_on_itself() -> None:
    zone = ZoneInfo("Asia/Tokyo")

    def person(messages: int) -> Profile:
        mornings = [datetime(2026, 11, 22, 9, 5, tzinfo=zone) - number * DAY for number in range(messages)]
        return with_habit("Asia/Tokyo", mornings, [at + HOUR / 6 for at in mornings])

    rhythm = Rhythm({hour: Hits(1_000, 900 if hour % 24 == 19 else 10) for hour in range(168)})
    assert chosen(caused(BEST), person(2), rhythm=rhythm).hour == 19
    assert chosen(caused(BEST | {"shrinkage": 5}), person(60), rhythm=rhythm).hour == 9


def test_a_known_habit_is_found_again() -> None:
    """Forty people, each with an hour of their own at which they react four times as often."""
    drawn, found = random.Random(7), 0
    zone = ZoneInfo("Europe/London")
    for _ in range(40):
        habit = drawn.randrange(8, 21)
        sent, opened = [], []
        for day in range(80):
            for hour in drawn.sample(range(8, 21), 4):
                at = datetime(2026, 9, 2, hour, 10, tzinfo=zone) + day * DAY
                sent.append(at)
                if drawn.random() < (0.6 if hour == habit else 0.15):
                    opened.append(at + timedelta(minutes=drawn.randrange(1, 50)))
        moment = chosen(caused(BEST), with_habit("Europe/London", sent, opened), rhythm=everybody(10))
        found += moment.hour == habit
    assert found >= 34


def test_what_is_tried_out_is_about_the_share_that_was_declared_and_always_the_same() -> None:
    campaign = caused(BEST | {"explore": 20})
    people = [somebody(id=f"p{number}", bucket_id=f"p{number}") for number in range(1_000)]
    rhythm = everybody(19)
    moments = [chosen(campaign, person, rhythm=rhythm) for person in people]
    tried = [moment for moment in moments if moment.because is Because.TRIED_OUT]
    assert 0.16 < len(tried) / len(people) < 0.24
    assert len({moment.hour for moment in tried}) >= 12
    assert moments[:50] == [chosen(campaign, person, rhythm=everybody(19)) for person in people[:50]]
    minutes = {moment.at.minute for moment in moments if moment.at and moment.hour == 19}
    assert len(minutes) == 60, "spread over the hour"


def test_by_hour_of_the_week_a_weekend_differs_from_a_working_day() -> None:
    rhythm = Rhythm({hour: Hits(1_000, 500 if hour == 5 * 24 + 11 else 50) for hour in range(168)})
    weekly = BEST | {"per": "hour_of_week", "horizon": "7d"}
    assert local(chosen(caused(weekly), somebody(), rhythm=rhythm), "Asia/Tokyo")[:6] == "Sat 11"


def test_a_reaction_counts_for_the_last_message_before_it_and_once() -> None:
    minute = 60_000
    found = hits_by_slot(
        [0, 600 * minute], [5 * minute, 6 * minute, 601 * minute, 9_000 * minute], zone=UTC, of_week=False
    )
    assert found == {0: Hits(1, 1), 10: Hits(1, 1)}
    assert hits_by_slot([], [5], zone=UTC, of_week=False) == {}


def test_the_estimate_is_between_what_one_did_and_what_everybody_does() -> None:
    assert posterior(Hits(0, 0), 0.1, shrinkage=20) == pytest.approx(0.1)
    assert posterior(Hits(20, 20), 0.1, shrinkage=20) == pytest.approx(0.55)
    assert posterior(Hits(10, 5), 0.1, shrinkage=0) == pytest.approx(0.5)
    assert posterior(Hits(0, 0), 0.1, shrinkage=0) == pytest.approx(0.1)


# ── what is refused ─────────────────────────────────────────────────────────────────────────────

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no such mode": ({"mode": "whenever"}, "whenever"),
    "a time without minutes": ({"mode": "local", "local_time": "10"}, "HH:MM"),
    "an hour that no day has": ({"mode": "local", "local_time": "25:00"}, "hour"),
    "an unknown zone": (AT_TEN | {"default_zone": "Mars/Olympus"}, "unknown time zone"),
    "a weekday twice": (AT_TEN | {"weekdays": ["monday", "monday"]}, "twice"),
    "a lead of a month": (AT_TEN | {"lead": "1mo"}, "lead is 0s to 7d"),
    "half hours": (BEST | {"window": ["08:30", "21:00"]}, "whole hours"),
    "a window of nothing": (BEST | {"window": ["08:00", "08:00"]}, "whole hours"),
    "a fallback outside the window": (BEST | {"fallback": "22:00"}, "within the window"),
    "a horizon of an hour": (BEST | {"horizon": "1h"}, "24h to 7d"),
    "a lookback of years": (BEST | {"lookback": "3y"}, "7d to 400d"),
    "exploring for everybody": (BEST | {"explore": 90}, "50"),
    "a negative prior": (BEST | {"shrinkage": -1}, "0"),
    "an unknown key": (AT_TEN | {"hour": 3}, "hour"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_send_time_that_cannot_be_meant_is_refused(case: str) -> None:
    document, why = REFUSED[case]
    with pytest.raises(ValidationError, match=why):
        planned(document)
