"""A definition that is a bomb is refused in no time, with its place, before anything else reads it."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml

from kizuna.core.definition_size import DEEPEST, MOST_OBJECTS, bomb_problem
from kizuna.core.errors import InvalidDefinition
from tests.support.builders import a_catalog, some_documents

LEAF = {"event": "Order Completed"}


def doubled(times: int, part: Any = LEAF) -> Any:
    """What names itself twice, so many times: 2 ** times parts in as many lines."""
    for _ in range(times):
        part = {"all": [part, part]}
    return part


def nested(times: int) -> Any:
    part: Any = LEAF
    for _ in range(times):
        part = {"not": part}
    return part


PROPERTY = {"property": "a", "op": "eq", "value": 1}
LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n"
    for old, new in zip("abcdefghijklmnopqrs", "bcdefghijklmnopqrst", strict=True)
)
BOMBS: dict[str, tuple[Any, str]] = {
    "aliases of groups": (doubled(40), "more than 20,000 objects"),
    "aliases in a filter": ({"event": "A", "where": doubled(40, PROPERTY)}, "more than 20,000 objects"),
    "aliases in lists of lists": (yaml.safe_load(LAUGHS)["t"], "more than 20,000 objects"),
    "depth": (nested(5_000), f"nested deeper than {DEEPEST}"),
    "text": ({"trait": "a", "op": "eq", "value": "x" * 5_000_000}, "characters"),
    "values": ({"trait": "a", "op": "in", "value": [0] * 400_000}, "values"),
    "a large number": ({"event": "A", "verb": "sum", "of": "x", "value": 10**400}, "more than 38 digits"),
    "a large count": ({"event": "A", "verb": "count", "value": -(10**400)}, "more than 38 digits"),
    "half a character": ({"trait": "a", "op": "eq", "value": "\ud800"}, "none in Unicode"),
    "half a character in a name": ({"trait": "a", "op": "eq", "\udfff": 1}, "none in Unicode"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_with_its_place(name: str) -> None:
    when, reason = BOMBS[name]
    started = time.thread_time()
    with pytest.raises(InvalidDefinition) as refused:
        a_catalog({**some_documents(), ("segment", "s"): {"id": "s", "name": "s", "when": when}})
    assert time.thread_time() - started < 5
    [problem] = refused.value.problems
    assert problem.path == "segment/s: when"
    assert reason in problem.reason


def test_what_the_language_allows_is_no_bomb() -> None:
    values = [{"trait": f"t{number}", "op": "in", "value": [f"{number}-{each}" for each in range(1_000)]}
              for number in range(200)]  # fmt: skip
    assert bomb_problem({"id": "s", "when": {"any": values}}) is None


def test_a_document_that_is_no_object_is_counted_too() -> None:
    assert bomb_problem([[]] * (MOST_OBJECTS + 1)) is not None
    assert bomb_problem("a text") is None
    assert bomb_problem(None) is None


@pytest.mark.parametrize("length", ["-1d", "99999999999y", "soon", 7, None])
def test_a_length_that_is_none_says_how_lengths_are_written(length: Any) -> None:
    when = {"event": "A", "window": {"last": length}}
    with pytest.raises(InvalidDefinition) as refused:
        a_catalog({**some_documents(), ("segment", "s"): {"id": "s", "name": "s", "when": when}})
    [problem] = refused.value.problems
    assert problem.path.startswith("segment/s: when.window")
    assert "mo or" in problem.reason
