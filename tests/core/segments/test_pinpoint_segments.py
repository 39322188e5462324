"""Segments that Amazon Pinpoint exported: what has a counterpart is taken over, what has none is named."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.segments import Segment
from kizuna.core.segments.pinpoint import converted


def a_segment(*dimensions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    group = {"Dimensions": list(dimensions), "SourceSegments": [], "SourceType": "ANY", "Type": "ALL"}
    return {
        "Id": "abc",
        "Name": "Lapsed fans (2024)",
        "SegmentType": "DIMENSIONAL",
        "SegmentGroups": {"Groups": [group | changes], "Include": "ALL"},
    }


def attribute(kind: str, *values: str) -> dict[str, Any]:
    return {"Attributes": {"plan": {"AttributeType": kind, "Values": list(values)}}}


MAPPED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (attribute("INCLUSIVE", "pro"), {"trait": "plan", "op": "in", "value": ["pro"]}),
    (attribute("EXCLUSIVE", "pro", "free"), {"trait": "plan", "op": "not_in", "value": ["pro", "free"]}),
    (attribute("CONTAINS", "pr"), {"trait": "plan", "op": "contains_any", "value": ["pr"]}),
    (
        attribute("BEFORE", "2024-01-01T00:00:00Z"),
        {"trait": "plan", "op": "before", "value": "2024-01-01T00:00:00Z"},
    ),
    (
        attribute("BETWEEN", "2024-01-01", "2024-02-01"),
        {"trait": "plan", "op": "between", "value": ["2024-01-01", "2024-02-01"], "value_type": "instant"},
    ),
    (
        {"UserAttributes": {"User.UserAttributes.tier": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}}},
        {"trait": "tier", "op": "in", "value": ["gold"]},
    ),
    (
        {"Metrics": {"visits": {"ComparisonOperator": "GREATER_THAN_OR_EQUAL", "Value": 3.0}}},
        {"trait": "visits", "op": "gte", "value": 3.0},
    ),
    (
        {"Demographic": {"Channel": {"DimensionType": "INCLUSIVE", "Values": ["APNS", "GCM"]}}},
        {"reachable": "push"},
    ),
    (
        {"Demographic": {"Channel": {"DimensionType": "EXCLUSIVE", "Values": ["EMAIL"]}}},
        {"none": [{"reachable": "email"}]},
    ),
    (
        {"Location": {"Country": {"DimensionType": "INCLUSIVE", "Values": ["JP"]}}},
        {"trait": "country", "op": "in", "value": ["JP"]},
    ),
    (
        {
            "Location": {
                "GPSPoint": {"Coordinates": {"Latitude": 35.0, "Longitude": 139.0}, "RangeInKilometers": 2}
            }
        },
        {"geo": "last_known", "within": {"lat": 35.0, "lon": 139.0, "radius_m": 2000}},
    ),
    (
        {"Behavior": {"Recency": {"Duration": "DAY_14", "RecencyType": "INACTIVE"}}},
        {"event": "Session Started", "verb": "did_not", "window": {"last": "14d"}},
    ),
]


@pytest.mark.parametrize(("dimension", "expected"), MAPPED)
def test_what_has_a_counterpart_is_taken_over(dimension: dict[str, Any], expected: dict[str, Any]) -> None:
    (found,) = converted(a_segment(dimension))
    assert found.is_whole
    assert found.document == {"id": "lapsed-fans-2024", "name": "Lapsed fans (2024)", "when": expected}
    assert Segment.model_validate(found.document).id == "lapsed-fans-2024"


LOST: list[tuple[dict[str, Any], str]] = [
    (
        a_segment({"Demographic": {"Make": {"DimensionType": "INCLUSIVE", "Values": ["Apple"]}}}),
        "SegmentGroups.Groups[0].Dimensions[0].Demographic.Make: has no counterpart",
    ),
    (
        a_segment(attribute("LIKE", "x")),
        "SegmentGroups.Groups[0].Dimensions[0].Attributes.plan: LIKE with 1 values has no counterpart",
    ),
    (
        a_segment(attribute("INCLUSIVE", "pro"), SourceSegments=[{"Id": "elsewhere"}]),
        "SegmentGroups.Groups[0].SourceSegments[0]: is a segment that is not in this file",
    ),
    (
        a_segment(attribute("INCLUSIVE", "pro"), Type="SOME"),
        "SegmentGroups.Groups[0].Type: 'SOME' is none of ALL",
    ),
    ({**a_segment(attribute("INCLUSIVE", "pro")), "Mood": "sunny"}, "Mood: has no counterpart"),
    (
        {"Id": "i", "Name": "Imported", "ImportDefinition": {"Format": "CSV"}},
        "ImportDefinition: is a file of endpoints",
    ),
    ({"Id": "i", "Name": "Nothing"}, "asks nothing"),
]


@pytest.mark.parametrize(("exported", "reason"), LOST)
def test_what_has_none_is_named_with_its_place(exported: dict[str, Any], reason: str) -> None:
    (found,) = converted(exported)
    assert not found.is_whole
    assert any(each.startswith(reason) for each in found.unmapped)


def test_groups_and_segments_of_segments_keep_their_logic() -> None:
    first = {**a_segment(attribute("INCLUSIVE", "pro")), "Id": "one", "Name": "Pro"}
    second = {**a_segment(attribute("INCLUSIVE", "free")), "Id": "two", "Name": "Pro"}
    group = {
        "Dimensions": [attribute("CONTAINS", "x")],
        "Type": "NONE",
        "SourceSegments": [{"Id": "two", "Version": 3}],
    }
    both = {"Id": "three", "Name": "Both", "SegmentGroups": {"Include": "ANY", "Groups": [group]}}
    *_, found = converted({"Item": [first, second, both]})
    assert found.document is not None
    assert found.document["when"] == {
        "all": [{"in_segment": "pro-2"}, {"none": [{"trait": "plan", "op": "contains_any", "value": ["x"]}]}]
    }
    assert found.notes == (
        "SegmentGroups.Groups[0].SourceSegments[0].Version: ours are live, the newest counts",
    )


def test_a_name_without_a_letter_of_ours_still_gets_an_id() -> None:
    (found,) = converted({**a_segment(attribute("INCLUSIVE", "pro")), "Name": "優良顧客"})
    assert found.document is not None
    assert Segment.model_validate(found.document).name == "優良顧客"


@pytest.mark.parametrize("export", [3, {"Foo": 1}, "text", [[1]]])
def test_what_is_no_export_is_refused(export: Any) -> None:
    with pytest.raises(ValueError, match="is no exported segment"):
        converted(export)
