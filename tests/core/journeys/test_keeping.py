"""What a run carries with it has its bounds, and says so where they are met."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.journeys.keeping import EVENT_KEPT, RUN_KEPT, kept_of, size_of, with_learned
from kizuna.core.journeys.path_words import why_in_words
from kizuna.core.people import Trait
from tests.support.builders import NOON
from tests.support.walks import Walk, leave, say, wait_for

VALUES = st.dictionaries(
    st.text(min_size=1, max_size=8),
    st.one_of(st.text(max_size=6_000), st.integers(), st.lists(st.text(max_size=400), max_size=20)),
    max_size=6,
)


def test_of_a_large_event_what_is_small_enough_is_kept_in_its_order() -> None:
    properties = {"order_id": "o1", "lines": "x" * EVENT_KEPT, "total": 5}
    assert kept_of(properties) == {"order_id": "o1", "total": 5}


@given(st.lists(st.tuples(st.sampled_from("abcdefghijkl"), VALUES), max_size=30))
def test_however_many_events_come_the_values_of_a_run_stay_within_their_bound(
    learned: list[tuple[str, dict[str, Any]]],
) -> None:
    context: dict[str, Any] = {"entry": {}}
    for step, values in learned:
        context, whole = with_learned(context, {step: values})
        assert size_of(context) <= RUN_KEPT
        assert whole == (context.get(step) == values)


def test_there_is_room_for_what_most_journeys_learn() -> None:
    full = {"order": "x" * (EVENT_KEPT - 40)}
    context: dict[str, Any] = {}
    for step in "abcdefg":
        context, whole = with_learned(context, {step: full})
        assert whole
    for step in "hi":
        context, whole = with_learned(context, {step: full})
    assert (whole, set("abcdefg") <= context.keys()) == (False, True)


def test_an_older_value_is_not_taken_for_the_one_that_has_no_room() -> None:
    held = {"a": {"total": 1}, "rest": "x" * (RUN_KEPT - 60)}
    context, whole = with_learned(held, {"a": {"total": "y" * 100}})
    assert (context.get("a"), whole) == ({}, False)


def test_the_path_says_that_values_were_left_out_and_branches_find_none() -> None:
    steps = (
        wait_for("a", "Rated", timeout="2d"),
        {"id": "b", "type": "branch", "cases": [_is("a.note", "said")], "else": "unsaid"},
        say("said", next="end"),
        leave("unsaid", "unsaid"),
    )
    walk = Walk(*steps)
    walk.happen("Rated", note="n" * (EVENT_KEPT + 1))
    assert walk.path[:2] == ["a event.1.cut", "b else"]
    assert why_in_words("event.1.cut", "en") == (
        "awaited event 1 came; not all of its values were kept, for there is no room"
    )
    assert why_in_words("set.cut", "ja").startswith("値を記録しました（")


def _is(path: str, to: str) -> dict[str, Any]:
    return {"context": [{"property": path, "op": "exists"}], "next": to}


def test_a_step_that_would_hand_on_more_than_a_row_can_hold_does_nothing_and_says_so() -> None:
    emit = {"id": "e", "type": "emit_event", "event": "Noted", "properties": {"a": {"trait": "long"}}}
    walk = Walk({"id": "w", "type": "wait", "for": "1d"}, emit, leave("x", "over"))
    walk.change_person(traits={"long": _trait("x" * RUN_KEPT)})
    walk.pass_time(days=1)
    assert (walk.path[1], walk.effects) == ("e too_large", [])


def _trait(value: str) -> Trait:

    return Trait(value, NOON - timedelta(days=1), "shop")
