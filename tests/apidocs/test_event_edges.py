"""At every field of every event the functions and the published shapes draw the line at the same place.

Not drawn by chance: each known field is given each value at which some rule begins or ends, and is taken away.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest

from kizuna.apidocs.texts import CALLS
from kizuna.core.intake.limits import DEFAULT_LIMITS
from tests.support.clouds import Shop
from tests.support.contract import contract, declared, unusable_events
from tests.support.json_schemas import is_valid, resolved

Place = tuple[str | int, ...]
ITEM = {"$ref": "#/components/schemas/BatchItem"}
ABSENT = object()
EDGES: list[Any] = [
    ABSENT, None, True, False, 0, 1, 1.0, 2, -1, 1.5, 12345678901234567890,
    "", " ", "\t", "a", "a\x00b", "a\u202eb", "a\ufffdb", "true", "False", "off", "Y", "2", "maybe",
    "x" * 100, "x" * 101, "x" * 512, "x" * 513,
    [], [1], [{}], [{}, {}], {}, {"a": 1}, {"a": True}, {"x" * 512: 1}, {"x" * 513: 1},
    [{"type": "user_id", "value": "ada"}], [{"type": "email", "value": "a@example.com"}] * 10,
    [{"type": "email", "value": "a@example.com"}] * 11, [{"type": "", "value": "a"}] * 2,
    [{"type": "email", "value": " "}] * 2,
]  # fmt: skip


def places(schema: Mapping[str, Any], at: Place = ()) -> Iterator[Place]:
    """Where the fields lie that a schema knows, those of lists in their first item."""
    if "$ref" in schema:
        schema = {
            **resolved(schema["$ref"], contract()),
            **{k: v for k, v in schema.items() if k == "properties"},
        }
    for part in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from places(part, at)
    for name, inner in schema.get("properties", {}).items():
        yield (*at, name)
        yield from places(inner, (*at, name))
    if isinstance(schema.get("items"), dict):
        yield (*at, 0)
        yield from places(schema["items"], (*at, 0))
    if isinstance(schema.get("additionalProperties"), dict) and schema["additionalProperties"]:
        yield (*at, "any")


def changed(event: Mapping[str, Any], place: Place, value: Any) -> dict[str, Any]:
    """The event with one place set, or emptied; what leads there is made."""
    whole: Any = copy.deepcopy(dict(event))
    holder = whole
    for step, following in pairwise(place):
        empty: Any = [{}] if following == 0 else {}
        holder = holder[step] if isinstance(step, int) else holder.setdefault(step, empty)
    last = place[-1]
    if value is ABSENT:
        if isinstance(last, int):
            holder.clear()
        else:
            holder.pop(last, None)
    else:
        holder[last] = value
    return dict(whole)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.type)
def test_a_field_is_taken_with_exactly_the_values_its_schema_takes(shop: Shop, call: Any) -> None:
    event = {"type": call.type, "userId": "edge", "anonymousId": "edge-browser", **call.example}
    name = contract()["paths"][f"/v1/{call.type}"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    # The context is everybody's; once is enough for what lies in it.
    known = [
        place for place in places(name) if call.type == "track" or len(place) == 1 or place[0] != "context"
    ]
    items = [
        changed(event, place, value)
        for place in known
        if place[0] not in ("type", "writeKey")
        for value in EDGES
    ]
    assert len(items) > 8 * len(EDGES)
    for start in range(0, len(items), DEFAULT_LIMITS.events):
        batch = items[start : start + DEFAULT_LIMITS.events]
        with unusable_events(shop) as kept:
            declared(shop.post("/v1/batch", {"batch": batch}), "post", "/v1/batch")
        apart = {one["path"].partition("]")[0] + "]": one for one in kept}
        for index, item in enumerate(batch):
            refused = apart.get(f"batch[{index}]")
            assert is_valid(item, ITEM, contract()) == (refused is None), (
                item,
                refused and refused["reason"],
            )
