"""What people ask of us themselves: kept as said, never loosened by a link, and obeyed by the gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from kizuna.core.conditions import Condition, evaluate
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.folding import fold
from kizuna.core.gate import judge
from kizuna.core.gate.own_quiet import out_of_own_quiet
from kizuna.core.people import Trait
from kizuna.core.policy import ConsentPolicy
from kizuna.core.reasons import Reason
from kizuna.core.restraint.caps import FrequencyCap
from kizuna.core.restraint.wishes import (
    FREQUENCY,
    NO_WISHES,
    PAUSE,
    PREFERENCES_CHANGED,
    QUIET_HOURS,
    OwnQuiet,
    Wishes,
    asks_again,
    is_less,
    minute_of,
    wishes_of,
    with_wishes,
)
from kizuna.core.segments import view_of
from tests.support.builders import NOON, a_catalog, a_profile
from tests.support.consents import EXAMPLES, NOW, a_request

PAGES = Source("preferences", SourceKind.SYSTEM)
POLICY = ConsentPolicy()
HOUR = timedelta(hours=1)
WEEKLY = {"choice": "weekly", "count": 1, "window": "7d"}
MONTHLY = {"choice": "monthly", "count": 1, "window": "30d"}
NIGHT = {"from": "21:00", "to": "08:00", "zone": "Asia/Tokyo"}


def said(at: datetime = NOON, *, source: Source = PAGES, only_less: bool = False, **wishes: Any) -> Event:
    return Event(
        type="track", id=f"said-{at.timestamp()}-{sorted(wishes)}", source=source, at=at, received_at=at,
        name=PREFERENCES_CHANGED, properties={"only_less": only_less, **wishes}, profile_id="p1",
    )  # fmt: skip


def until(days: int) -> dict[str, str]:
    return {"until": (NOON + timedelta(days=days)).isoformat().replace("+00:00", "Z")}


def after(*events: Event) -> dict[str, Any]:
    traits: dict[str, Trait] = {}
    with_wishes(traits, events)
    return {name: trait.value for name, trait in traits.items()}


# ── what is kept ────────────────────────────────────────────────────────────────────────────────


def test_the_newest_word_on_each_wish_counts() -> None:
    told = after(said(wish_pause=until(30)), said(NOON + HOUR, wish_pause=None, wish_frequency=WEEKLY))
    assert told == {PAUSE: None, FREQUENCY: WEEKLY}
    assert after(said(NOON + HOUR, wish_pause=None), said(wish_pause=until(30))) == {PAUSE: None}


@pytest.mark.parametrize(
    ("name", "held", "told", "kept"),
    [
        (PAUSE, until(90), until(30), until(90)),
        (PAUSE, until(30), until(90), until(90)),
        (PAUSE, until(30), None, until(30)),
        (FREQUENCY, MONTHLY, WEEKLY, MONTHLY),
        (FREQUENCY, WEEKLY, MONTHLY, MONTHLY),
        (FREQUENCY, WEEKLY, None, WEEKLY),
        (FREQUENCY, None, WEEKLY, WEEKLY),
        (FREQUENCY, WEEKLY, {"count": "many", "window": "7d"}, WEEKLY),
        (QUIET_HOURS, NIGHT, None, NIGHT),
        (QUIET_HOURS, NIGHT, {**NIGHT, "to": "22:00"}, NIGHT),
    ],
)
def test_a_page_that_proves_no_identity_can_only_make_it_less(
    name: str, held: Any, told: Any, kept: Any
) -> None:
    events = (said(**{name: held}), said(NOON + HOUR, only_less=True, **{name: told}))
    assert after(*events) == {name: kept}


@pytest.mark.parametrize(
    "kind", [SourceKind.CLIENT, SourceKind.SERVER, SourceKind.IMPORT, SourceKind.PROVIDER]
)
def test_from_any_other_source_the_name_is_just_a_name(kind: SourceKind) -> None:
    assert after(said(source=Source("web", kind), wish_pause=until(30))) == {}


def test_no_event_tells_a_wish_as_a_trait() -> None:
    told = Event(
        type="identify", id="t", source=Source("shop", SourceKind.SERVER), at=NOON, received_at=NOON,
        traits={PAUSE: until(30), FREQUENCY: MONTHLY}, profile_id="p1",
    )  # fmt: skip
    folded = fold(a_profile(), [told], a_catalog(), now=NOON)
    assert {violation.cause for violation in folded.violations} == {"computed_trait"}
    assert wishes_of(folded.profile) == NO_WISHES


def test_a_wish_raises_the_reach_version_so_that_what_is_on_its_way_is_judged_again() -> None:
    before = a_profile()
    folded = fold(before, [said(wish_pause=until(30))], a_catalog(), now=NOON)
    assert folded.profile.reach_version == before.reach_version + 1


def test_what_cannot_be_read_is_no_wish() -> None:
    for value in (
        None,
        3,
        "x",
        {},
        {"until": "soon"},
        {"count": 1},
        {"from": "25:00", "to": "08:00", "zone": "UTC"},
    ):
        traits = {name: Trait(value, NOON, "kizuna") for name in (PAUSE, FREQUENCY, QUIET_HOURS)}
        assert wishes_of(replace(a_profile(), traits=traits)) == NO_WISHES


def wished(source: str = "kizuna", **wishes: Any) -> Wishes:
    """What is read of these wishes on a record."""
    traits = {name: Trait(value, NOON, source) for name, value in wishes.items()}
    return wishes_of(replace(a_profile(), traits=traits))


@pytest.mark.parametrize(
    ("wishes", "read"),
    [
        ({PAUSE: until(3)}, Wishes(paused_until=NOON + timedelta(days=3))),
        ({FREQUENCY: WEEKLY}, Wishes(cap=FrequencyCap.model_validate({"count": 1, "window": "7d"}))),
        ({QUIET_HOURS: NIGHT}, Wishes(quiet=OwnQuiet(21 * 60, 8 * 60, "Asia/Tokyo"))),
        (
            {PAUSE: until(3), FREQUENCY: None, QUIET_HOURS: {**NIGHT, "from": "07:30"}},
            Wishes(NOON + timedelta(days=3), None, OwnQuiet(7 * 60 + 30, 8 * 60, "Asia/Tokyo")),
        ),
    ],
)
def test_each_wish_is_read_as_it_was_said_and_by_itself(wishes: dict[str, Any], read: Wishes) -> None:
    assert wished(**wishes) == read
    assert wished("shop", **wishes) == NO_WISHES  # whoever wrote that, we did not


@pytest.mark.parametrize(
    "changes",
    [{"from": "08:00"}, {"from": None}, {"to": "8"}, {"zone": None}, {"zone": 9}, {"to": None, "zone": None}],
)
def test_hours_of_quiet_that_are_not_whole_are_none(changes: dict[str, Any]) -> None:
    assert wished(wish_quiet_hours={**NIGHT, **changes}) == NO_WISHES


def test_what_comes_before_a_wish_does_not_drown_it_and_we_sign_it() -> None:
    traits: dict[str, Trait] = {}
    with_wishes(
        traits, [replace(said(), name="Seen"), said(wish_pause=until(3)), replace(said(), name="Seen")]
    )
    assert traits == {PAUSE: Trait(until(3), NOON, "kizuna")}


@pytest.mark.parametrize(
    ("name", "less", "more"),
    [
        (PAUSE, until(90), until(30)),
        (PAUSE, until(1), None),
        (PAUSE, until(1), {"until": "soon"}),
        (FREQUENCY, MONTHLY, WEEKLY),
        (FREQUENCY, WEEKLY, None),
        (FREQUENCY, WEEKLY, {"count": 1}),
        (FREQUENCY, WEEKLY, {**WEEKLY, "count": 2}),
        (QUIET_HOURS, NIGHT, None),
    ],
)
def test_of_two_words_at_one_instant_the_one_that_leaves_less_stands(name: str, less: Any, more: Any) -> None:
    assert is_less(name, less, more)
    assert not is_less(name, more, less)
    assert not is_less(name, less, less)
    for order in ((less, more), (more, less)):
        assert after(*(said(**{name: value}) for value in order)) == {name: less}


@pytest.mark.parametrize(
    ("quiet", "minutes"),
    [
        (OwnQuiet(60, 120, "UTC"), {59: False, 60: True, 119: True, 120: False}),
        (OwnQuiet(1380, 60, "UTC"), {1379: False, 1380: True, 1439: True, 0: True, 59: True, 60: False}),
        (OwnQuiet(60, 60, "UTC"), {59: False, 60: False, 61: False}),
    ],
)
def test_quiet_begins_with_its_first_minute_and_ends_before_its_last(
    quiet: OwnQuiet, minutes: dict[int, bool]
) -> None:
    assert {minute: quiet.holds(minute) for minute in minutes} == minutes


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ({"ask_again_at": until(3)["until"]}, NOON + timedelta(days=3)),
        ({"ask_again_at": "soon"}, None),
        ({"until": until(3)["until"]}, None),
        ("x", None),
        (None, None),
    ],
)
def test_when_to_ask_again_is_what_was_told(value: Any, at: datetime | None) -> None:
    assert asks_again(Trait(value, NOON, "kizuna")) == at
    assert asks_again(None) is None


@pytest.mark.parametrize(
    ("text", "minute"),
    [("00:00", 0), ("23:59", 1439), ("12:59", 779), ("12:60", None), ("24:00", None), ("7:00", None)],
)
def test_a_clock_is_read_as_the_page_sends_it(text: str, minute: int | None) -> None:
    assert minute_of(text) == minute


def test_a_condition_finds_whom_to_ask_again() -> None:
    condition = TypeAdapter(Condition).validate_python(
        {"trait": f"{FREQUENCY}.ask_again_at", "op": "before_last", "value": "1m"}
    )
    wish = {**WEEKLY, "ask_again_at": until(30)["until"]}
    person = fold(a_profile(), [said(wish_frequency=wish)], a_catalog(), now=NOON).profile
    for days, matched in ((29, False), (31, True)):
        assert evaluate(condition, view_of(person), now=NOON + timedelta(days=days)).matched is matched


# ── what the gate makes of it ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("channel", ["email", "sms", "push", "whatsapp"])
def test_a_pause_withholds_promotion_until_its_very_end(channel: str) -> None:
    end = NOW + timedelta(days=3)
    request = a_request(channel=channel, signals={"paused_until": end})
    answers = {
        moment: judge(replace(request, now=moment), POLICY).reason is Reason.PAUSED
        for moment in (NOW, end - timedelta(microseconds=1), end, end + HOUR)
    }
    if channel == "email":
        assert list(answers.values()) == [True, True, False, False]
    assert not answers[end]


@pytest.mark.parametrize("category", ["transactional", "mandatory"])
def test_a_pause_and_hours_of_quiet_leave_what_was_asked_for_alone(category: str) -> None:
    request = a_request(
        message={"category": category},
        signals={"paused_until": NOW + HOUR},
        subject={"quiet": OwnQuiet(0, 1439, "UTC")},
    )
    assert judge(request, POLICY).word == "allow"


def test_hours_of_quiet_hold_on_every_channel_and_end_on_the_minute() -> None:
    quiet = OwnQuiet(11 * 60, 13 * 60 + 30, "America/New_York")  # it is noon there
    judgement = judge(a_request(subject={"quiet": quiet}), POLICY)
    assert (judgement.word, judgement.reason) == ("defer", Reason.QUIET_HOURS)
    assert judgement.not_before == datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


def test_where_nobody_knows_what_time_it_is_nothing_is_sent() -> None:
    judgement = judge(a_request(subject={"quiet": OwnQuiet(60, 120, "Mars/Olympus")}), POLICY)
    assert (judgement.word, judgement.reason) == ("deny", Reason.INVALID_REQUEST)


ZONES = st.sampled_from(["UTC", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Africa/Casablanca"])
MOMENTS = st.integers(0, 2 * 365 * 86_400).map(
    lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)
QUIETS = st.builds(OwnQuiet, st.integers(0, 1439), st.integers(0, 1439), ZONES).filter(
    lambda quiet: quiet.start != quiet.end
)


@settings(max_examples=EXAMPLES)
@given(MOMENTS, QUIETS, st.sampled_from(["email", "sms"]))
def test_what_waits_for_quiet_hours_may_go_at_the_moment_that_was_named(
    now: datetime, quiet: OwnQuiet, channel: str
) -> None:
    request = a_request(channel=channel, now=now, subject={"quiet": quiet})
    judgement = judge(request, POLICY)
    if judgement.word != "defer":
        return
    assert judgement.not_before is not None
    assert judgement.not_before >= now
    again = judge(replace(request, now=judgement.not_before), POLICY)
    assert again.word != "defer"


@settings(max_examples=EXAMPLES)
@given(MOMENTS, QUIETS)
def test_the_end_of_the_quiet_is_the_first_minute_outside_of_it(now: datetime, quiet: OwnQuiet) -> None:
    from kizuna.core.gate.open_hours import whole_minute
    from kizuna.core.zones import zone_named

    zone = zone_named(quiet.zone)

    def is_quiet(instant: datetime) -> bool:
        local = instant.astimezone(zone)
        return quiet.holds(local.hour * 60 + local.minute)

    found = out_of_own_quiet(now, quiet)
    assert found is not None
    if not is_quiet(now):
        assert found == now
        return
    minute = whole_minute(now)
    while is_quiet(minute):
        minute += timedelta(minutes=1)
    assert found == minute
