"""A value is walked level by level as deep as somebody wants, and no further."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kizuna.core.intake.http import HttpRequest
from kizuna.core.intake.nesting import levels_of
from kizuna.usecases.free_data import keepable


def nested(levels: int) -> Any:
    value: Any = 1
    for number in range(levels - 1):
        value = {"a": value} if number % 2 else [value]
    return value


def test_each_level_is_given_once_and_the_outermost_first() -> None:
    assert list(levels_of({"a": [1, {"b": 2}], "c": "x"}, most=9)) == [
        [{"a": [1, {"b": 2}], "c": "x"}],
        [[1, {"b": 2}], "x"],
        [1, {"b": 2}],
        [2],
    ]
    assert list(levels_of("ab", most=1)) == [["ab"]]
    assert list(levels_of([], most=1)) == [[[]]]


@pytest.mark.parametrize("most", [1, 2, 32, 100])
def test_as_many_levels_as_are_allowed_pass_and_one_more_does_not(most: int) -> None:
    assert len(list(levels_of(nested(most), most=most))) == most
    with pytest.raises(ValueError, match=f"{most} levels"):
        list(levels_of(nested(most + 1), most=most))


def test_a_body_is_json_of_a_hundred_levels_at_most() -> None:
    def read(body: bytes) -> Any:
        return HttpRequest("POST", "/", body=body).json_value()

    assert read(json.dumps(nested(100)).encode()) == nested(100)
    for body in (json.dumps(nested(101)).encode(), b"[" * 100_000, b"", b"{", b"\xff"):
        with pytest.raises(ValueError, match=r".+"):
            read(body)


def test_data_of_a_caller_is_any_json_of_32_levels() -> None:
    for data in ({}, {"a": nested(31)}, {"a": 1e308, "b": None, "": ["x", True]}):
        assert keepable(data) is data
    for data in ({"a": nested(32)}, {"a": float("nan")}, {"a": [{"b": float("inf")}]}, {"a": -float("inf")}):
        with pytest.raises(ValueError, match=r"levels|no JSON"):
            keepable(data)
