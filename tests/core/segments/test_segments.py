"""Named conditions: who is in, in which order they are asked, and when that may change."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.conditions import EventDid, aggregate_key
from kizuna.core.durations import epoch_millis, instant_to_text
from kizuna.core.people import Address, AddressStatus, Profile, Trait
from kizuna.core.segments import EVERYONE, Segment, in_order, references_of, standing, view_of
from tests.support.builders import NOON, SERVER, a_profile

DAY = timedelta(days=1)
PRO = {"trait": "plan", "op": "eq", "value": "pro"}


def a_segment(segment_id: str, when: dict[str, Any], **changes: Any) -> Segment:
    return Segment.model_validate({"id": segment_id, "name": segment_id, "when": when} | changes)


def ordered(*segments: Segment) -> tuple[Segment, ...]:
    found, problems = in_order({segment.id: segment for segment in segments})
    assert problems == ()
    return found


def inside(profile: Profile, *segments: Segment, now: datetime = NOON) -> set[str]:
    return set(standing(profile, ordered(*segments), now=now).segments)


def test_everybody_is_in_everyone_and_in_what_they_match() -> None:
    assert inside(a_profile()) == {EVERYONE}
    assert inside(a_profile(), a_segment("pros", PRO)) == {EVERYONE, "pros"}
    assert inside(a_profile(traits={}), a_segment("pros", PRO)) == {EVERYONE}


def test_an_exclusion_is_asked_last_and_wins() -> None:
    reached = a_segment("reached", {"everyone": True}, exclude=PRO)
    assert inside(a_profile(), reached) == {EVERYONE}
    assert inside(a_profile(traits={}), reached) == {EVERYONE, "reached"}


def test_a_segment_sees_those_it_asks_about_whatever_their_names() -> None:
    segments = (
        a_segment("a-last", {"in_segment": "b-middle"}),
        a_segment("b-middle", {"none": [{"in_segment": "z-first"}]}),
        a_segment("z-first", PRO),
    )
    assert [segment.id for segment in ordered(*segments)] == ["z-first", "b-middle", "a-last"]
    assert inside(a_profile(traits={}), *segments) == {EVERYONE, "a-last", "b-middle"}
    assert inside(a_profile(), *segments) == {EVERYONE, "z-first"}


def test_membership_is_asked_anew_and_never_read_from_what_was_stored() -> None:
    left = a_profile(segments=frozenset({EVERYONE, "pros", "gone"}), traits={})
    assert inside(left, a_segment("pros", PRO), a_segment("fans", {"in_segment": "pros"})) == {EVERYONE}


def test_only_usable_addresses_make_a_person_reachable() -> None:
    dead = Address("email", "ann@example.com", NOON, status=AddressStatus.HARD_BOUNCED)
    phone = Address("sms", "+819012345678", NOON)
    profile = a_profile(addresses={dead.key: dead, phone.key: phone})
    assert view_of(profile).channels == {"sms"}
    assert inside(
        profile, a_segment("mail", {"reachable": "email"}), a_segment("text", {"reachable": "sms"})
    ) == {
        EVERYONE,
        "text",
    }


def test_a_merged_person_stays_in_the_bucket_of_the_oldest_part() -> None:
    assert view_of(a_profile("p2", bucket_id="p1")).bucket_id == "p1"
    assert view_of(a_profile("p2", bucket_id="")).bucket_id == "p2"


def lapsing(days: int) -> dict[str, Any]:
    return {"event": "Order Completed", "verb": "did_not", "window": {"last": f"{days}d"}}


def buyer(bought: datetime, **traits: Any) -> Profile:
    return a_profile(
        aggregates={aggregate_key(EventDid(event="Order Completed")): {"t": [epoch_millis(bought)]}},
        traits={name: Trait(value, NOON, SERVER.id) for name, value in traits.items()},
    )


def test_the_next_change_is_the_earliest_of_all_segments_and_their_exclusions() -> None:
    profile = buyer(NOON - DAY, renews=instant_to_text(NOON - 2 * DAY))
    segments = ordered(
        a_segment("lapsing", lapsing(30)),
        a_segment(
            "quiet", {"everyone": True}, exclude={"trait": "renews", "op": "within_last", "value": "7d"}
        ),
    )
    found = standing(profile, segments, now=NOON)
    assert found.segments == {EVERYONE}
    assert found.flips_at == NOON + 5 * DAY  # the exclusion of `quiet` ends


def test_the_end_of_an_exclusion_is_no_change_for_whom_the_condition_does_not_hold() -> None:
    profile = buyer(NOON - DAY, renews=instant_to_text(NOON - 2 * DAY))
    excluded = {"trait": "renews", "op": "within_last", "value": "7d"}
    found = standing(profile, ordered(a_segment("quiet", lapsing(90), exclude=excluded)), now=NOON)
    assert found.segments == {EVERYONE}
    assert found.flips_at == NOON + 89 * DAY


def test_without_segments_nothing_is_ever_due() -> None:
    assert standing(a_profile(), (), now=NOON).flips_at is None


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=4),
    st.integers(0, 9),
    st.integers(0, 12),
)
def test_following_the_alarms_meets_every_change_that_watching_every_hour_would(
    windows: list[tuple[int, bool]], bought: int, since: int
) -> None:
    """An engine that only wakes when told, against one that looks all the time."""
    profile = buyer(NOON - bought * DAY, since=instant_to_text(NOON - since * DAY))
    segments = ordered(
        *(
            a_segment(
                f"s{number}",
                lapsing(days),
                exclude={"trait": "since", "op": "before_last", "value": f"{days}d"} if excludes else None,
            )
            for number, (days, excludes) in enumerate(windows)
        ),
        a_segment("t", {"xor": [{"in_segment": f"s{number}"} for number in range(len(windows))]}),
    )
    asleep = standing(profile, segments, now=NOON)
    for hours in range(1, 24 * 12, 3):
        now = NOON + timedelta(hours=hours)
        if asleep.flips_at is not None and asleep.flips_at <= now:
            asleep = standing(profile, segments, now=now)
        assert asleep.segments == standing(profile, segments, now=now).segments


CIRCLES = {
    "itself": {"a": "a"},
    "each other": {"a": "b", "b": "a"},
    "three in a row": {"a": "b", "b": "c", "c": "a"},
}


@pytest.mark.parametrize("case", CIRCLES)
def test_segments_that_ask_about_each_other_in_a_circle_are_refused(case: str) -> None:
    segments = {name: a_segment(name, {"in_segment": asked}) for name, asked in CIRCLES[case].items()}
    _, problems = in_order(segments | {"fine": a_segment("fine", PRO)})
    names = sorted(CIRCLES[case])
    assert [(problem.path, problem.reason) for problem in problems] == [
        (f"segments/{names[0]}", f"asks about itself: {' → '.join([*names, names[0]])}")
    ]


def test_a_circle_through_an_exclusion_is_one_too() -> None:
    segments = {
        "a": a_segment("a", PRO, exclude={"in_segment": "b"}),
        "b": a_segment("b", {"in_segment": "a"}),
    }
    assert references_of(segments["a"]) == {"b"}
    assert in_order(segments)[1]


def test_the_circle_is_told_and_not_who_asks_about_it() -> None:
    asked = {"a": "c", "b": "c", "c": "d", "d": "c"}
    segments = {name: a_segment(name, {"in_segment": other}) for name, other in asked.items()}
    _, problems = in_order(segments)
    assert [problem.reason for problem in problems] == ["asks about itself: c → d → c"]


def test_a_circle_through_entries_and_scores_is_one_too() -> None:
    segments = {
        "a": a_segment("a", {"score": [{"when": {"left_segment": "b"}, "points": 1}], "value": 1}),
        "b": a_segment("b", {"entered_segment": "a", "window": {"last": "7d"}}),
    }
    _, problems = in_order(segments)
    assert [problem.reason for problem in problems] == ["asks about itself: a → b → a"]


def test_the_name_of_all_people_is_taken() -> None:
    _, problems = in_order({EVERYONE: a_segment(EVERYONE, PRO)})
    assert [problem.path for problem in problems] == [f"segments/{EVERYONE}"]
