"""JSON as it stands in our rows: written and read by pydantic's library, and the same to Python's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kizuna.adapters.tables.people_codec import compact, uncompacted

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
@example("\ud800")  # half of a surrogate pair
@example({"a": ["\udfff", 1]})
@example(10**40)
@example(5e-324)
@example([1e16, 0.1, -0.0, 1.7976931348623157e308])
def test_what_is_written_is_read_as_it_was(value: Any) -> None:
    again = uncompacted(compact(value))
    assert again == value
    assert repr(again) == repr(json.loads(compact(value)))  # types too: 1 is not 1.0


@pytest.mark.parametrize(
    "text", ["{}", '{"a":1,"a":2}', '"\\ud800"', '"\\ud83d\\ude00"', " [1 , 2.50] ", "1e400", "-0"]
)
def test_any_json_is_read_as_python_reads_it(text: str) -> None:
    assert repr(uncompacted(text)) == repr(json.loads(text))


@pytest.mark.parametrize("text", ["", "{", "[1,]", "nothing", '{"a":1} x'])
def test_what_is_no_json_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        uncompacted(text)
