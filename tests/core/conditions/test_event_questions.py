"""Questions about events that make no sense are refused when they are defined, with their path."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from kizuna.core.conditions import EventDid, Sequence
from kizuna.core.conditions.event_questions import MOST
from kizuna.core.conditions.windows import Absolute
from tests.support.histories import the_condition

PAID: dict[str, Any] = {"event": "Paid"}
THEN = [{"event": "Opened", "as": "one"}, {"event": "Bought"}]


def steps(*more: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"sequence": [THEN[0], *more], **options}


REFUSED: Mapping[str, tuple[dict[str, Any], str]] = {
    "unknown verb": (PAID | {"verb": "often"}, "verb"),
    "key of a journey run": (PAID | {"match_key": "order_id"}, "match_key"),
    "sum of nothing": (PAID | {"verb": "sum", "value": 1}, "sum needs `of`"),
    "count of a property": (PAID | {"verb": "count", "of": "total"}, "looks at no property"),
    "sum that contains": (PAID | {"verb": "sum", "of": "total", "op": "contains", "value": "a"}, "does not compare"),
    "sum against a text": (PAID | {"verb": "sum", "of": "total", "value": "5"}, "compares with numbers"),
    "sum against a flag": (PAID | {"verb": "sum", "of": "total", "value": True}, "compares with numbers"),
    "infinity": (PAID | {"verb": "sum", "of": "total", "value": float("inf")}, "compares with numbers"),
    "between one": (PAID | {"verb": "count", "op": "between", "value": 3}, "between takes a list of two"),
    "between three": (PAID | {"verb": "count", "op": "between", "value": [1, 2, 3]}, "between takes a list of two"),
    "too large a count": (PAID | {"verb": "count", "value": MOST}, "at most 200"),
    "too many different": (PAID | {"verb": "distinct", "of": "sku", "value": 10**9}, "at most 200"),
    "frequency of a sum": (PAID | {"verb": "sum", "of": "total", "min_times": 3}, "min_times"),
    "last of nothing": (PAID | {"verb": "last"}, "needs `where`"),
    "time that contains": (PAID | {"verb": "last", "op": "contains", "value": "a"}, "event's time"),
    "time before no time": (PAID | {"verb": "last", "op": "before", "value": "soon"}, "before"),
    "mode of a range": (PAID | {"verb": "mode", "of": "kind", "op": "in", "value": []}, "in"),
    "window of no kind": (PAID | {"window": {"lately": "7d"}}, "window"),
    "window of two kinds": (PAID | {"window": {"last": "7d", "calendar": "day"}}, "window"),
    "window that is no window": (PAID | {"window": "7d"}, "window"),
    "window that ends before it begins": (
        PAID | {"window": {"between_ago": {"from": "7d", "to": "30d"}}}, "must be longer",
    ),
    "window of months and days": (PAID | {"window": {"between_ago": {"from": "1mo", "to": "40d"}}}, "must be longer"),
    "dates in the wrong order": (
        PAID | {"window": {"absolute": {"from": "2026-02-01", "to": "2026-01-01"}}}, "must be before",
    ),
    "no dates": (PAID | {"window": {"absolute": {}}}, "needs `from`, `to` or both"),
    "no such date": (PAID | {"window": {"absolute": {"from": "2026-02-30"}}}, "from"),
    "no such zone": (PAID | {"window": {"calendar": "day", "zone": "Mars/Olympus"}}, "there is no time zone"),
    "no such period": (PAID | {"window": {"calendar": "hour"}}, "calendar"),
    "something that never is": (PAID | {"window": {"since_last": "Left", "if_never": "none"}}, "if_never"),
    "one step": (steps(), "sequence"),
    "too many steps": (steps(*[{"event": "Bought"}] * 10), "sequence"),
    "beginning with nothing": ({"sequence": [{"not": "Bought"}, THEN[0]]}, "begins with something that happened"),
    "first step within": ({"sequence": [THEN[0] | {"within": "1h"}, THEN[1]]}, "follows none"),
    "both at once": (steps({"event": "Bought", "not": "Opened"}), "either `event` or `not`"),
    "neither": (steps({"within": "1h"}), "either `event` or `not`"),
    "name of nothing": (steps({"not": "Bought", "as": "none"}), "leave out `as`"),
    "join without a property": (steps({"event": "Bought", "join": {"id": "one"}}), "step.property"),
    "join with nobody": (steps({"event": "Bought", "join": {"id": "two.id"}}), "names no earlier step"),
    "join with itself": (steps({"event": "Bought", "as": "two", "join": {"id": "two.id"}}), "no earlier step"),
    "the same name twice": (steps({"event": "Bought", "as": "one"}), "name of an earlier step"),
    "name with a dot": (steps({"event": "Bought", "as": "a.b"}), "as"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_in_words_that_say_where(case: str) -> None:
    document, words = REFUSED[case]
    with pytest.raises(ValidationError) as refusal:
        the_condition(document)
    assert words in str(refusal.value)


def test_dates_are_taken_as_people_and_files_write_them() -> None:
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    for written in (
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        "2026-01-01T09:00:00+09:00",
        date(2026, 1, 1),
        midnight,
    ):
        leaf = the_condition(PAID | {"window": {"absolute": {"from": written}}})
        assert isinstance(leaf, EventDid)
        assert isinstance(leaf.window, Absolute)
        assert leaf.window.absolute.from_ == midnight


@pytest.mark.parametrize(
    "document",
    [
        PAID | {"verb": "last", "of": "plan", "op": "in", "value": ["a", "b"], "window": {"last": "3mo"}},
        PAID | {"window": {"between_ago": {"from": "1y", "to": "40d"}}},
        PAID | {"window": {"absolute": {"from": "2026-01-01", "to": "2026-02-01T12:00:00.5Z"}}},
        PAID | {"window": {"since_last": "Left", "if_never": "all"}},
        PAID
        | {"window": {"calendar": "week", "zone": "Asia/Tokyo"}, "where": {"property": "a", "op": "exists"}},
        steps(
            {"not": "Bought", "within": "1h", "join": {"id": "one.id"}}, strict=True, window={"last": "7d"}
        ),
    ],
)
def test_a_question_is_the_same_when_it_is_written_down_and_read_again(document: dict[str, Any]) -> None:
    leaf = the_condition(document)
    again = the_condition(leaf.model_dump(mode="json", by_alias=True))
    assert again == leaf
    assert isinstance(leaf, EventDid | Sequence)
    assert isinstance(again, EventDid | Sequence)
    assert again.key == leaf.key
