"""The checker that the contract tests rest on refuses what JSON Schema refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.json_schemas import is_valid, problems, unknown_keywords

ROOT = {"$defs": {"Name": {"type": "string", "minLength": 2}}}
CASES: list[tuple[dict[str, Any], list[Any], list[Any]]] = [
    ({"type": "number"}, [1, 1.5, -0.0], [True, "1", None]),
    ({"type": "integer"}, [1, 2.0], [1.5, False]),
    ({"type": ["string", "null"]}, ["", None], [0]),
    ({"const": 1}, [1, 1.0], [True, "1"]),
    ({"const": True}, [True], [1]),
    ({"enum": [0, "a", [1]]}, [0, "a", [1]], [False, "b", [True]]),
    ({"$ref": "#/$defs/Name"}, ["ab"], ["a", 1]),
    ({"$ref": "#/$defs/Name", "maxLength": 3}, ["abc"], ["abcd"]),
    ({"minLength": 2}, ["ab", 1], ["a"]),
    ({"maxLength": 2}, ["🙂🙂"], ["abc"]),
    ({"pattern": "^a$"}, ["a"], ["a\n", "ba"]),
    ({"pattern": "a"}, ["bab"], ["b"]),
    ({"format": "date-time"}, ["2026-11-22T12:00:00.000Z"], ["2026-11-22", "soon", "2026-11-22T12:00:00"]),
    ({"minimum": 1, "maximum": 2}, [1, 2, "3"], [0, 3]),
    ({"exclusiveMinimum": 1}, [1.5, 2, "3"], [0, 1]),
    ({"items": {"type": "null"}, "minItems": 1, "maxItems": 2}, [[None], "x"], [[], [None] * 3, [1]]),
    ({"prefixItems": [{"const": 1}], "items": {"const": 2}}, [[], [1], [1, 2, 2]], [[2], [1, 1]]),
    ({"uniqueItems": True}, [[1, True], [[1], [2]]], [[1, 1.0], [[1], [1]]]),
    ({"required": ["a"]}, [{"a": 1}, 1], [{"b": 1}]),
    ({"properties": {"a": {"const": 1}}}, [{"a": 1}, {"b": 2}], [{"a": 2}]),
    (
        {
            "properties": {"a": True},
            "patternProperties": {"^x-": {"const": 1}},
            "additionalProperties": False,
        },
        [{"a": 1, "x-b": 1}],
        [{"b": 1}, {"x-b": 2}],
    ),
    ({"additionalProperties": {"const": 1}}, [{"a": 1}], [{"a": 2}]),
    ({"propertyNames": {"maxLength": 1}}, [{"a": 1}], [{"ab": 1}]),
    ({"minProperties": 1, "maxProperties": 1}, [{"a": 1}], [{}, {"a": 1, "b": 2}]),
    ({"anyOf": [{"const": 1}, {"type": "number"}]}, [1, 2], ["1"]),
    ({"oneOf": [{"const": 1}, {"type": "number"}]}, [2], [1, "1"]),
    ({"allOf": [{"minimum": 1}, {"maximum": 1}]}, [1], [0, 2]),
    ({"if": {"const": 1}, "then": False, "else": {"const": 2}}, [2], [1, 3]),
]


@pytest.mark.parametrize(("schema", "valid", "invalid"), CASES)
def test_a_keyword_means_what_it_says(schema: dict[str, Any], valid: list[Any], invalid: list[Any]) -> None:
    assert [value for value in valid if problems(value, schema, ROOT)] == []
    assert [value for value in invalid if is_valid(value, schema, ROOT)] == []


def test_a_keyword_that_is_not_known_is_an_error_and_no_promise() -> None:
    with pytest.raises(AssertionError, match="multipleOf"):
        problems(3, {"multipleOf": 2}, ROOT)
    assert unknown_keywords({"items": {"anyOf": [{"not": {}}]}}) == {"not"}
