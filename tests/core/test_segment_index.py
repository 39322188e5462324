"""The index answers what `standing` means, whatever is asked and whatever happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.core.aggregates import counted, empty, needs_of
from kizuna.core.durations import instant_to_text
from kizuna.core.people import Address, AddressStatus, Profile, Trait
from kizuna.core.segment_index import SegmentIndex
from kizuna.core.segments import EVERYONE, Segment, in_order, standing
from tests.support.builders import NOON, SERVER, a_profile, an_event
from tests.support.histories import DAY, HOUR, order_leaves

NAMES = [f"s{number}" for number in range(5)]
WINDOWS = ("1d", "3d", "1mo", "9999y")
VALUES: Sequence[Any] = ["pro", "free", 1, True, 0, 2.5, None, ["pro", 1], {"city": "Osaka"}, "x" * 80]

# ── any segments ────────────────────────────────────────────────────────────────────────────────


def trait_leaves() -> st.SearchStrategy[dict[str, Any]]:
    plain = st.builds(
        lambda trait, op, value: {"trait": trait, "op": op, "value": value},
        st.sampled_from(["plan", "points", "home.city"]),
        st.sampled_from(["eq", "not_eq", "gte", "lt", "contains", "starts_with"]),
        st.sampled_from(["pro", "p", 1, True, 2.5, "Osaka"]),
    )
    lists = st.builds(
        lambda trait, op: {"trait": trait, "op": op, "value": ["pro", 1]},
        st.sampled_from(["plan", "points"]),
        st.sampled_from(["in", "not_in", "has_any", "has_none", "between"]),
    )
    presence = st.builds(
        lambda trait, op: {"trait": trait, "op": op},
        st.sampled_from(["plan", "home.city"]),
        st.sampled_from(["exists", "not_exists"]),
    )
    timed = st.builds(
        lambda op, last: {"trait": "since", "op": op, "value": last},
        st.sampled_from(["within_last", "not_within_last", "before_last"]),
        st.sampled_from(WINDOWS),
    )
    return st.one_of(plain, lists.filter(lambda leaf: leaf["op"] != "between"), presence, timed)


def leaves(earlier: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    others = st.sampled_from(
        [
            {"reachable": "email"},
            {"random_bucket": "salt", "from": 0, "to": 50},
            {"everyone": True},
            {"in_segment": EVERYONE},
            *({"in_segment": name} for name in earlier),
        ]
    )
    viewed = order_leaves(WINDOWS).map(lambda leaf: leaf | {"event": "Product Viewed"})
    return st.one_of(order_leaves(WINDOWS), viewed, trait_leaves(), others)


def groups(parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    some = st.lists(parts, min_size=1, max_size=4)
    kinds = st.sampled_from(["all", "any", "none", "xor"])
    enough = st.builds(lambda n, of: {"type": "at_least", "n": n, "of": of}, st.integers(1, 4), some)
    return st.one_of(st.builds(lambda kind, of: {kind: of}, kinds, some), enough)


@st.composite
def definitions(draw: st.DrawFn) -> tuple[Segment, ...]:
    segments: dict[str, Segment] = {}
    for number, name in enumerate(NAMES[: draw(st.integers(1, len(NAMES)))]):
        questions = st.recursive(leaves(NAMES[:number]), groups, max_leaves=6)
        exclude = draw(st.none() | questions)
        when = draw(questions)
        segments[name] = Segment.model_validate({"id": name, "name": name, "when": when, "exclude": exclude})
    ordered, problems = in_order(segments)
    assert not problems
    return ordered


# ── any person, and whatever may happen to one ──────────────────────────────────────────────────

Step = tuple[str, Any]


def steps() -> st.SearchStrategy[list[Step]]:
    told = st.tuples(st.sampled_from(["plan", "points", "home"]), st.sampled_from(VALUES))
    happened = st.tuples(
        st.sampled_from(["Order Completed", "Product Viewed", "Else"]),
        st.integers(-80, 10),
        st.integers(5, 15),
    )
    step = st.one_of(
        st.tuples(st.just("time"), st.integers(0, 60)),
        st.tuples(st.just("trait"), told),
        st.tuples(st.just("since"), st.integers(-100, 10)),
        st.tuples(st.just("event"), happened),
        st.tuples(st.just("address"), st.sampled_from([*AddressStatus, None])),
        st.tuples(st.just("bucket"), st.sampled_from(["p1", "p2", "p3"])),
        st.tuples(st.just("elsewhere"), st.none()),
    )
    return st.lists(step, max_size=8)


def after_step(
    profile: Profile, step: Step, segments: Sequence[Segment], number: int, now: datetime
) -> Profile:
    kind, value = step
    match kind:
        case "trait":
            name, told = value
            return replace(profile, traits={**profile.traits, name: Trait(told, now, SERVER.id)})
        case "since":
            since = Trait(instant_to_text(now + value * HOUR), now, SERVER.id)
            return replace(profile, traits={**profile.traits, "since": since})
        case "event":
            name, hours, total = value
            event = an_event(name, number=number, at=now + hours * HOUR, properties={"total": total})
            needs = needs_of(part for each in segments for part in (each.when, each.exclude) if part)
            return replace(profile, aggregates=counted(profile.aggregates, event, needs, now=now))
        case "address":
            mailbox = Address("email", "ann@example.com", now, status=value) if value else None
            return replace(profile, addresses={mailbox.key: mailbox} if mailbox else {})
        case "bucket":
            return replace(profile, bucket_id=value)
        case _:
            return profile


def a_person(segments: Sequence[Segment]) -> Profile:
    needs = needs_of(part for each in segments for part in (each.when, each.exclude) if part)
    return a_profile(aggregates={key: empty(need) for key, need in needs.items()}, segments=frozenset())


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(definitions(), steps())
def test_asked_for_everything_it_answers_like_asking_one_by_one(
    segments: tuple[Segment, ...], history: list[Step]
) -> None:
    index = SegmentIndex(segments)
    profile, now = a_person(segments), NOON
    for number, step in enumerate(history):
        now += timedelta(hours=step[1]) if step[0] == "time" else timedelta(microseconds=7)
        profile = after_step(profile, step, segments, number, now)
        assert index.standing(profile, now=now) == standing(profile, segments, now=now)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(definitions(), steps())
def test_asked_only_for_what_a_change_touches_it_answers_like_asking_for_everything(
    segments: tuple[Segment, ...], history: list[Step]
) -> None:
    """Alarms are obeyed in between, as the sweep does: what is due is asked for at its moment."""
    index = SegmentIndex(segments)
    stored, now = a_person(segments), NOON
    for number, step in enumerate([*history, ("time", 0)]):
        now += timedelta(hours=step[1]) if step[0] == "time" else timedelta(microseconds=7)
        while stored.due_at is not None and stored.due_at <= now:
            rang = stored.due_at
            stored = kept(index, stored, stored, now=rang)
            if stored.due_at == rang:  # pragma: no cover
                pytest.fail("an alarm set itself anew")
        changed = after_step(stored, step, segments, number, now)
        if step[0] == "elsewhere":  # somebody wrote without evaluating
            stored = replace(stored, version=stored.version + 1, traits={})
            changed = stored
        found = index.standing(changed, now=now, since=stored)
        assert found.segments == standing(changed, segments, now=now).segments
        stored = kept(index, stored, changed, now=now)


def kept(index: SegmentIndex, before: Profile, after: Profile, *, now: datetime) -> Profile:
    """The profile as a write of it would leave it."""
    found = index.standing(after, now=now, since=before)
    version = before.version + 1
    return replace(
        after,
        version=version,
        updated_at=now,
        segments=found.segments,
        evaluated=index.mark(version),
        due_at=found.flips_at,
    )


# ── when it may not rely on what is stored ──────────────────────────────────────────────────────

PROS = {"id": "pros", "name": "Pros", "when": {"trait": "plan", "op": "eq", "value": "pro"}}
FREE = {"id": "free", "name": "Free", "when": {"none": [{"in_segment": "pros"}]}}


def an_index(*documents: Mapping[str, Any], **options: Any) -> SegmentIndex:
    segments, _ = in_order({str(each["id"]): Segment.model_validate(each) for each in documents})
    return SegmentIndex(segments, **options)


INDEX = an_index(PROS, FREE)
WRONG = frozenset({EVERYONE, "free"})  # of somebody whose plan is pro
CURRENT: Mapping[str, Any] = {"segments": WRONG, "evaluated": INDEX.mark(1), "version": 1}


def test_what_is_stored_is_believed_where_its_mark_fits_and_nothing_changed() -> None:
    stored = a_profile(**CURRENT)
    assert INDEX.standing(stored, now=NOON, since=stored).segments == WRONG


REASONS: Mapping[str, dict[str, Any]] = {
    "never evaluated": {"evaluated": ""},
    "by other definitions": {"evaluated": an_index(PROS).mark(1)},
    "by the same definitions, seeing other sources": {"evaluated": an_index(PROS, FREE, kept_out=["crm"]).mark(1)},
    "written by somebody who did not evaluate": {"version": 2},
    "an alarm is due": {"due_at": NOON},
    "the clock went back": {"updated_at": NOON + HOUR},
}  # fmt: skip


@pytest.mark.parametrize("reason", REASONS)
def test_everything_is_asked_anew_when_what_is_stored_proves_nothing(reason: str) -> None:
    stored = a_profile(**{**CURRENT, **REASONS[reason]})
    assert INDEX.standing(stored, now=NOON, since=stored).segments == {EVERYONE, "pros"}


def test_a_segment_changes_with_the_one_it_asks_about() -> None:
    stored = a_profile(segments=frozenset({EVERYONE, "pros"}), evaluated=INDEX.mark(1))
    changed = replace(stored, traits={"plan": Trait("basic", NOON, SERVER.id)})
    assert INDEX.standing(changed, now=NOON, since=stored).segments == {EVERYONE, "free"}


@pytest.mark.parametrize(("before", "after"), [(1, True), (1, 1.0), ("1", 1), ([1], [True]), (None, False)])
def test_values_that_python_calls_equal_are_told_apart(before: Any, after: Any) -> None:
    asked = {"id": "ones", "name": "Ones", "when": {"trait": "plan", "op": "in", "value": [1, "1"]}}
    index = an_index(asked)
    segments, _ = in_order({"ones": Segment.model_validate(asked)})
    stored = a_profile(traits={"plan": Trait(before, NOON, SERVER.id)})
    stored = kept(index, replace(stored, evaluated=""), stored, now=NOON - DAY)
    changed = replace(stored, traits={"plan": Trait(after, NOON, SERVER.id)})
    assert index.standing(changed, now=NOON, since=stored) == standing(changed, segments, now=NOON)


def test_questions_about_one_and_about_true_are_two_questions() -> None:
    ones = {"id": "ones", "name": "Ones", "when": {"trait": "plan", "op": "eq", "value": 1}}
    flags = {"id": "flags", "name": "Flags", "when": {"trait": "plan", "op": "eq", "value": True}}
    person = a_profile(traits={"plan": Trait(True, NOON, SERVER.id)})
    assert an_index(ones, flags).standing(person, now=NOON).segments == {EVERYONE, "flags"}


def test_an_alarm_that_stands_is_kept_when_what_a_change_touches_turns_later() -> None:
    week = {"event": "Order Completed", "verb": "did_not", "window": {"last": "7d"}}
    index = an_index(PROS, {"id": "quiet", "name": "Quiet", "when": week})
    stored = a_profile(evaluated=index.mark(1), segments=frozenset({EVERYONE}), due_at=NOON + HOUR)
    changed = replace(stored, traits={"plan": Trait("basic", NOON, SERVER.id)})
    assert index.standing(changed, now=NOON, since=stored).flips_at == NOON + HOUR


def test_more_kinds_of_change_than_are_remembered_are_answered_all_the_same() -> None:
    names = [f"t{number}" for number in range(12)]
    index = an_index(
        *({"id": name, "name": name, "when": {"trait": name, "op": "exists"}} for name in names),
        *({"id": f"{name}-x", "name": name, "when": {"trait": "never", "op": "exists"}} for name in names),
    )
    stored = a_profile(evaluated=index.mark(1), traits={})
    for chosen in range(1, 1500):
        told = {name: Trait(1, NOON, "s") for bit, name in enumerate(names) if chosen >> bit & 1}
        found = index.standing(replace(stored, traits=told), now=NOON, since=stored)
        assert found.segments == {EVERYONE, *told}
