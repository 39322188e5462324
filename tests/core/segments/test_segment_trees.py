"""Groups of any size and depth hold where they should, however many bits it takes to count them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.people import Profile, Trait
from kizuna.core.segments import Segment, in_order, standing
from kizuna.core.segments.index import SegmentIndex
from tests.support.builders import NOON, SERVER, a_profile

Written = dict[str, Any]
FLAGS = [f"f{number}" for number in range(24)]


def asks(flag: str) -> Written:
    return {"trait": flag, "op": "eq", "value": True}


def flagged(flags: Sequence[str]) -> Profile:
    return a_profile(traits={flag: Trait(True, NOON, SERVER.id) for flag in flags})


def agree(when: Written, people: Sequence[Sequence[str]]) -> None:
    segments, problems = in_order({"s": Segment.model_validate({"id": "s", "name": "S", "when": when})})
    assert not problems
    index = SegmentIndex(segments)
    for flags in people:
        person = flagged(flags)
        assert index.segments_of(person, now=NOON) == standing(person, segments, now=NOON).segments, flags


WIDE = [asks(flag) for flag in FLAGS]
FIRST = [FLAGS[:count] for count in range(len(FLAGS) + 1)]  # those who have none, one, two, … of the flags


@pytest.mark.parametrize(
    "when",
    [
        {"all": WIDE},
        {"any": WIDE},
        {"none": WIDE},
        {"xor": WIDE},
        {"xor": WIDE[:4]},
        {"xor": WIDE[:5]},
        *({"at_least": least, "of": WIDE[:parts]} for parts in (1, 4, 5, 7, 8, 24) for least in (1, 2, 4, 5, 25)),
        {"score": [{"when": each, "points": 0.1} for each in WIDE], "op": "gte", "value": 1.2},
        {"not": {"score": [{"when": each, "points": -1} for each in WIDE], "op": "lt", "value": -4}},
        {"any": [{"all": WIDE[:2]}, {"not": {"any": [WIDE[0], {"all": WIDE[4:10]}]}}, {"xor": WIDE[11:13]}]},
        {"all": [{"xor": [WIDE[11], {"any": WIDE[12:]}]}, {"at_least": 1, "of": [{"all": WIDE[:3]}]}]},
        {"at_least": 2, "of": [WIDE[0], WIDE[0], WIDE[1]]},
        {"all": [WIDE[0], {"not": WIDE[0]}]},
    ],
    ids=str,
)  # fmt: skip
def test_a_group_counts_as_it_says(when: Written) -> None:
    agree(when, [*FIRST, FLAGS[::2], FLAGS[1:2], FLAGS[11:13], []])


def groups(parts: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    some = st.lists(parts, min_size=1, max_size=9)
    kinds = st.sampled_from(["all", "any", "none", "xor"])
    enough = st.builds(lambda least, of: {"at_least": least, "of": of}, st.integers(1, 6), some)
    scored = st.lists(
        st.builds(lambda when, points: {"when": when, "points": points}, parts, st.integers(-2, 3)),
        min_size=1,
    )
    score = st.builds(lambda of, value: {"score": of, "value": value}, scored, st.integers(-1, 4))
    return st.one_of(st.builds(lambda kind, of: {kind: of}, kinds, some), enough, score)


@settings(deadline=None)
@given(
    st.recursive(st.sampled_from(WIDE[:8]), groups, max_leaves=30),
    st.lists(st.lists(st.sampled_from(FLAGS[:8])), min_size=1, max_size=6),
)
def test_groups_in_groups_count_as_they_say(when: Written, people: list[list[str]]) -> None:
    try:
        segments, problems = in_order({"s": Segment.model_validate({"id": "s", "name": "S", "when": when})})
    except RecursionError:  # pragma: no cover
        return
    if problems:  # too deep, or too much
        return
    index = SegmentIndex(segments)
    for flags in people:
        person = flagged(flags)
        assert index.segments_of(person, now=NOON) == standing(person, segments, now=NOON).segments


def test_segments_that_ask_about_segments_are_decided_in_their_order() -> None:
    """Forty deep, each asking twice about the one before: what would double each time is decided once."""
    written = {"s0": Segment.model_validate({"id": "s0", "name": "S", "when": asks("f0")})}
    for number in range(1, 41):
        before = {"in_segment": f"s{number - 1}"}
        when = {"any": [{"all": [before, asks("f1")]}, {"not": before}]}
        written[f"s{number}"] = Segment.model_validate({"id": f"s{number}", "name": "S", "when": when})
    segments, problems = in_order(written)
    assert not problems
    index = SegmentIndex(segments)
    for flags in ([], ["f0"], ["f1"], ["f0", "f1"]):
        person = flagged(flags)
        assert index.segments_of(person, now=NOON) == standing(person, segments, now=NOON).segments
