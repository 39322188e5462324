"""The company's own quiet hours at the gate: they may make a message wait or vanish, and never let one pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kizuna.core.gate import Judgement, Reason, judge
from kizuna.core.gate.house_hours import all_open, are_open
from kizuna.core.gate.quiet_hours import HORIZON, zones_of
from kizuna.core.policy import ConsentPolicy
from kizuna.core.restraint.house_hours import CLOSED, DAY, HouseHours
from kizuna.core.restraint.wishes import OwnQuiet
from tests.support.consents import EXAMPLES, NOW, a_request, at, grant, house_hours, withdraw

POLICY = ConsentPolicy()
WRITTEN = grant(channel="sms", id="written")
NINE_TO_SIX = (((540, 1080),),) * 7
EVENING = (((1200, 1260),),) * 7  # 20:00 to 21:00


def judged(*hours: HouseHours, policy: ConsentPolicy = POLICY, **told: Any) -> Judgement:
    message = {**told.pop("message", {}), "house_hours": hours}
    return judge(a_request(*told.pop("ledger", ()), message=message, **told), policy)


def test_a_message_waits_for_the_next_open_minute() -> None:
    found = judged(house_hours())  # it is noon, they open at 18:00
    assert (found.word, found.reason) == ("defer", Reason.QUIET_HOURS)
    assert found.not_before == at("2026-11-23T23:00")
    assert found.trace[-1].rule_id == "house_hours"
    assert judged(house_hours(), now=at("2026-11-23T23:00")).word == "allow"
    assert judged(house_hours(), now=at("2026-11-24T01:00")).not_before == at("2026-11-24T23:00")


def test_deny_beats_defer_whichever_of_several_hours_says_it() -> None:
    waits, drops, switches = (
        house_hours(),
        house_hours("drop", week=EVENING),
        house_hours("channel_switch", week=EVENING),
    )
    assert judged(waits, drops).reason is Reason.HOUSE_HOURS
    assert judged(drops, waits, switches).reason is Reason.HOUSE_HOURS
    assert judged(waits, switches).reason is Reason.HOUSE_HOURS_ELSEWHERE
    assert judged(house_hours("drop"), now=at("2026-11-23T23:30")).word == "allow"


def test_a_refusal_of_the_person_is_found_first() -> None:
    assert judged(house_hours("drop"), ledger=[withdraw()]).reason is Reason.CHANNEL_OPT_OUT


def test_all_hours_are_open_when_it_goes() -> None:
    """18:00 to 20:00 by one rule, from 19:00 by another, and the person wants quiet until 19:30."""
    other = house_hours(week=(((1140, 1260),),) * 7)
    own = OwnQuiet(0, 19 * 60 + 30, "America/New_York")
    assert judged(house_hours(), other).not_before == at("2026-11-24T00:00")
    assert judged(house_hours(), other, subject={"quiet": own}).not_before == at("2026-11-24T00:30")


def test_the_hours_of_the_law_cannot_be_relaxed() -> None:
    """A text at 22:00 in New York, where the company would speak all night: it waits for 08:00."""
    night = at("2026-11-24T03:00")
    always = house_hours(week=(((0, DAY),),) * 7)
    found = judged(always, ledger=[WRITTEN], channel="sms", now=night)
    assert (found.word, found.trace[-1].rule_id) == ("defer", "quiet_hours")
    assert found.not_before == at("2026-11-24T13:00")
    later = judged(house_hours(week=NINE_TO_SIX), ledger=[WRITTEN], channel="sms", now=night)
    assert (later.trace[-1].rule_id, later.not_before) == ("house_hours", at("2026-11-24T14:00"))


def test_what_will_be_dropped_when_the_law_lets_it_go_is_dropped_at_once() -> None:
    night = at("2026-11-24T03:00")
    shut = judged(house_hours("drop", week=NINE_TO_SIX), ledger=[WRITTEN], channel="sms", now=night)
    assert shut.reason is Reason.HOUSE_HOURS
    early = (((480, 1080),),) * 7  # open at 08:00, as the law is
    waits = judged(house_hours("drop", week=early), ledger=[WRITTEN], channel="sms", now=night)
    assert (waits.word, waits.not_before) == ("defer", at("2026-11-24T13:00"))


def test_where_the_law_knows_no_moment_neither_do_they() -> None:
    never = ConsentPolicy(quiet_hours={"US": ["08:00", "08:00"]})
    found = judged(house_hours(), ledger=[WRITTEN], channel="sms", policy=never)
    assert found.reason is Reason.INVALID_REQUEST


@pytest.mark.parametrize(
    ("wait", "word"), [(timedelta(hours=6), "defer"), (timedelta(hours=5, minutes=59), "deny")]
)
def test_longer_than_it_may_wait_it_is_not_kept(wait: timedelta, word: str) -> None:
    found = judged(house_hours(until=NOW + wait))
    assert found.word == word
    if word == "deny":
        assert found.reason is Reason.HOUSE_HOURS_TOO_LONG


def test_a_message_that_is_in_time_is_not_too_late() -> None:
    assert judged(house_hours(until=NOW - timedelta(days=9)), now=at("2026-11-23T23:10")).word == "allow"


# ── fail closed ─────────────────────────────────────────────────────────────────────────────────


def test_without_a_zone_it_must_be_open_everywhere_in_the_country() -> None:
    american = house_hours(zones=(), country="US", week=NINE_TO_SIX, until=NOW + timedelta(days=7))
    found = judged(american)
    assert found.word == "defer"
    assert found.not_before is not None
    for zone in zones_of("US"):
        assert 9 <= found.not_before.astimezone(zone).hour < 18, zone.key


def test_without_a_country_it_must_be_open_in_the_whole_world_which_day_hours_never_are() -> None:
    nowhere = house_hours(zones=(), week=NINE_TO_SIX, until=NOW + timedelta(days=7))
    assert judged(nowhere).reason is Reason.HOUSE_HOURS_TOO_LONG
    weekdays = (((0, DAY),),) * 5 + ((),) * 2
    assert judged(replace(nowhere, week=weekdays), now=at("2026-11-25T12:00")).word == "allow"
    assert judged(replace(nowhere, week=weekdays), now=at("2026-11-28T12:00")).not_before == at(
        "2026-11-30T11:00"
    )


@pytest.mark.parametrize("turned", [False, True])
def test_two_clocks_that_agree_today_and_part_within_the_week_are_two(turned: bool) -> None:
    """Arizona keeps its clocks; California puts them back in the night of 1 November 2026."""
    zones = (
        ("America/Los_Angeles", "America/Phoenix") if turned else ("America/Phoenix", "America/Los_Angeles")
    )
    night = datetime(2026, 11, 1, 4, tzinfo=UTC)  # 21:00 in both
    assert all_open([house_hours(week=NINE_TO_SIX, zones=zones)], night) == datetime(
        2026, 11, 1, 17, tzinfo=UTC
    )


def test_a_zone_that_is_unknown_to_this_machine_is_no_zone() -> None:
    assert (
        judged(house_hours(zones=("Mars/Olympus",), until=NOW + HORIZON)).reason
        is Reason.HOUSE_HOURS_TOO_LONG
    )


# ── whom they leave alone ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("on_hit", ["defer", "drop", "channel_switch"])
@pytest.mark.parametrize("category", ["transactional", "mandatory"])
def test_service_passes_unless_the_hours_are_for_everything(category: str, on_hit: Any) -> None:
    told: dict[str, Any] = {"message": {"category": category}}
    assert judged(house_hours(on_hit), **told).word == "allow"
    everything = judged(house_hours(on_hit, every=True), **told)
    if category == "mandatory":
        assert everything.word == "allow"
    else:
        assert everything.word == ("defer" if on_hit == "defer" else "deny")
        assert everything.trace[-1].rule_id == "service_hours"


def test_what_cannot_be_read_makes_promotion_senseless_and_holds_up_no_receipt() -> None:
    soon: Any = "soon"
    odd_ones: list[Any] = ["night", ("night",), None, (replace(house_hours(), until=soon),)]
    for odd in odd_ones:
        promotion = a_request(message={"house_hours": odd})
        receipt = a_request(message={"house_hours": odd, "category": "transactional"})
        assert judge(promotion, POLICY).reason is Reason.INVALID_REQUEST
        assert judge(receipt, POLICY).word == "allow"


# ── at any time, in any zone ────────────────────────────────────────────────────────────────────

NAMES = [
    "UTC",
    "America/New_York",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Sao_Paulo",
]
# Around the changes of clocks of 2026, and anywhere.
CHANGES = ["2026-03-08T07:00", "2026-11-01T06:00", "2026-04-04T15:00", "2026-10-03T15:30", "2026-02-15T02:00"]
MOMENTS = st.one_of(
    st.tuples(st.sampled_from(CHANGES), st.integers(-2 * 86_400, 86_400)).map(
        lambda told: at(told[0]) + timedelta(seconds=told[1])
    ),
    st.integers(0, 365 * 86_400).map(
        lambda second: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    ),
)
SPANS = st.tuples(st.integers(0, DAY - 1), st.integers(30, DAY)).map(
    lambda told: (told[0], told[0] + told[1])
)
WEEKS = st.lists(st.lists(SPANS, max_size=2).map(tuple), min_size=7, max_size=7).map(tuple)


@st.composite
def rules(draw: st.DrawFn) -> HouseHours:
    moment = draw(st.shared(MOMENTS, key="now"))
    days = draw(
        st.lists(st.tuples(st.integers(-1, 4), st.integers(CLOSED, 6)), max_size=2, unique_by=lambda d: d[0])
    )
    return HouseHours(
        week=draw(WEEKS),
        until=moment + timedelta(hours=draw(st.integers(1, 168))),
        quiet=draw(st.booleans()),
        days=tuple(((moment + timedelta(days=ahead)).date().isoformat(), day) for ahead, day in days),
        zones=(draw(st.sampled_from(NAMES)),),
        on_hit=draw(st.sampled_from(["defer", "defer", "drop", "channel_switch"])),
    )


def by_the_clock(hours: HouseHours, moment: datetime) -> bool:
    """Read off the wall clock, without any of the machinery."""
    local = moment.astimezone(ZoneInfo(hours.zones[0]))
    told = dict(hours.days)
    today, yesterday = local.date(), local.date() - timedelta(days=1)
    day = told.get(today.isoformat(), today.weekday())
    before = told.get(yesterday.isoformat(), yesterday.weekday())
    if day == CLOSED:
        return False
    minute = local.hour * 60 + local.minute
    inside = any(start <= minute < end for start, end in hours.week[day])
    if before != CLOSED:
        inside = inside or any(start <= minute + DAY < end for start, end in hours.week[before])
    return inside is not hours.quiet


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(rules(), min_size=1, max_size=2), st.shared(MOMENTS, key="now"), st.data())
def test_the_moment_is_the_first_whole_minute_at_which_every_wall_clock_agrees(
    told: list[HouseHours], now: datetime, data: st.DataObject
) -> None:
    found = all_open(told, now)
    for hours in told:
        assert are_open(hours, now) is by_the_clock(hours, now)
    if found == now:
        return
    first = now.replace(second=0, microsecond=0) + timedelta(minutes=bool(now.second or now.microsecond))
    last = found if found is not None else now + HORIZON
    minutes = int((last - first) / timedelta(minutes=1))
    if found is not None:
        assert (found.second, found.microsecond) == (0, 0)
        assert all(by_the_clock(hours, found) for hours in told)
    if minutes > 0:  # none before it, wherever one looks
        for _ in range(30):
            before = first + timedelta(minutes=data.draw(st.integers(0, minutes - 1)))
            assert not all(by_the_clock(hours, before) for hours in told)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(rules(), min_size=1, max_size=2),
    st.shared(MOMENTS, key="now"),
    st.sampled_from(["email", "sms"]),
    st.sampled_from([None, OwnQuiet(22 * 60, 7 * 60, "Asia/Tokyo"), OwnQuiet(60, 180, "America/New_York")]),
)
def test_they_never_loosen_anything_and_a_wait_ends(
    told: list[HouseHours], now: datetime, channel: str, quiet: OwnQuiet | None
) -> None:
    ledger = [replace(WRITTEN, at=at("2025-06-01T00:00")), grant("2025-06-01T00:00")]
    base: dict[str, Any] = {"channel": channel, "now": now, "subject": {"quiet": quiet}, "ledger": ledger}
    without, found = judged(**base), judged(*told, **base)
    if without.word == "deny":
        assert found.reason is without.reason
    if without.word == "defer":
        assert found.word != "allow"
        assert found.not_before is None or (without.not_before or now) <= found.not_before
    assume(found.not_before is not None)
    again = judged(*told, **{**base, "now": found.not_before})
    assert again.word == "allow"
