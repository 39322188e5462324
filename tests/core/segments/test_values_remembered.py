"""What the index remembers of one value it never takes for another: many values, one after the other, one index."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.people import Trait
from kizuna.core.segments import Segment, in_order, standing
from kizuna.core.segments.index import SegmentIndex
from tests.support.builders import NOON, a_profile
from tests.support.condition_strategies import VALUES, Written, taken, trait_leaves

numbers = st.one_of(
    st.integers(-4, 4), st.sampled_from([0.5, 1.0, 2.5, 2.4999, -3.0, 5, 7, 10, 10**16, 1e300])
)
texts = st.sampled_from(["1", "2.5", "7", "true", "-3", "10"])
values: st.SearchStrategy[Any] = st.one_of(
    numbers,
    numbers,
    texts,
    st.booleans(),
    st.sampled_from(VALUES),
    st.lists(st.one_of(numbers, texts), max_size=3),
)
OPERATORS = (
    "eq",
    "not_eq",
    "gt",
    "gte",
    "lt",
    "lte",
    "contains",
    "starts_with",
    "not_ends_with",
    "in",
    "has_any",
)


@st.composite
def questions(draw: st.DrawFn) -> Written:
    """About the trait `points`: of the whole language, or about numbers that are read as something else."""
    if draw(st.booleans()):
        return {**draw(trait_leaves()), "trait": "points"}
    operator = draw(st.sampled_from(OPERATORS))
    one = st.one_of(numbers, texts)
    value = draw(st.lists(one, min_size=1, max_size=3) if operator in ("in", "has_any") else one)
    read = draw(st.sampled_from([{}, {"value_type": "string"}, {"value_type": "number"}]))
    return {"trait": "points", "op": operator, "value": value, **read}


@given(
    st.lists(questions().filter(lambda each: taken(each) is not None), min_size=1, max_size=5),
    st.lists(values, min_size=2, max_size=12),
)
def test_each_value_has_its_own_answers(asked: list[Written], told: list[Any]) -> None:
    named = {
        f"s{number}": Segment.model_validate({"id": f"s{number}", "name": "", "when": when})
        for number, when in enumerate(asked)
    }
    segments, _ = in_order(named)
    index = SegmentIndex(segments)
    for value in [*told, *told]:
        person = a_profile(traits={"points": Trait(value, NOON, "shop")}, segments=frozenset())
        assert index.segments_of(person, now=NOON) == standing(person, segments, now=NOON).segments, value


def test_a_number_that_is_read_as_a_text_stands_for_itself_alone() -> None:
    asked: dict[str, dict[str, Any]] = {
        "many": {"op": "gte", "value": 5},
        "seven": {"op": "eq", "value": "7", "value_type": "string"},
    }
    segments, _ = in_order(
        {
            name: Segment.model_validate({"id": name, "name": name, "when": {"trait": "points", **when}})
            for name, when in asked.items()
        }
    )
    index = SegmentIndex(segments)
    found = [
        index.segments_of(a_profile(traits={"points": Trait(value, NOON, "shop")}), now=NOON) - {"everyone"}
        for value in (7, 8, 8.5, 7)
    ]
    assert found == [{"many", "seven"}, {"many"}, {"many"}, {"many", "seven"}]
