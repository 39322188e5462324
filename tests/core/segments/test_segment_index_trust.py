"""When the index may rely on what is stored of a person, and when it must ask anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from kizuna.core.people import Profile, Trait
from kizuna.core.segments import EVERYONE, Segment, in_order, standing
from kizuna.core.segments.index import SegmentIndex
from tests.support.builders import NOON, SERVER, a_profile
from tests.support.histories import DAY, HOUR


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


OTHERS = [
    {"id": f"other-{number}", "name": "Other", "when": {"trait": "other", "op": "eq", "value": number}}
    for number in range(4)
]


def test_an_alarm_that_stands_is_kept_when_what_a_change_touches_turns_later() -> None:
    week = {"event": "Order Completed", "verb": "did_not", "window": {"last": "7d"}}
    index = an_index(PROS, FREE, {"id": "quiet", "name": "Quiet", "when": week}, *OTHERS, worth_a_plan=1)
    stored = a_profile(evaluated=index.mark(1), segments=frozenset({EVERYONE}), due_at=NOON + HOUR)
    changed = replace(stored, traits={"plan": Trait("basic", NOON, SERVER.id)})
    assert index.standing(changed, now=NOON, since=stored).flips_at == NOON + HOUR


def test_more_kinds_of_change_than_are_remembered_are_answered_all_the_same() -> None:
    names = [f"t{number}" for number in range(12)]
    index = an_index(
        *({"id": name, "name": name, "when": {"trait": name, "op": "exists"}} for name in names),
        *({"id": f"{name}-x", "name": name, "when": {"trait": "never", "op": "exists"}} for name in names),
        worth_a_plan=1,
    )
    stored = a_profile(evaluated=index.mark(1), traits={})
    for chosen in range(1, 1500):
        told = {name: Trait(1, NOON, "s") for bit, name in enumerate(names) if chosen >> bit & 1}
        found = index.standing(replace(stored, traits=told), now=NOON, since=stored)
        assert found.segments == {EVERYONE, *told}
