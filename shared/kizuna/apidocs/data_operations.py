"""The management side about the data itself."""

from __future__ import annotations

from collections.abc import Callable

from kizuna.apidocs.operations import Operation, Parameter, problem

_TEXT = {"type": "string"}
_INSTANT = "2026-11-22T12:00:00.000Z"
_ROW = {
    "source": "shop",
    "event": "Order Completed",
    "cause": "plan_wrong_type",
    "field": "properties.revenue",
    "reason": "must be of the type number",
    "fate": "quarantined",
    "count": 41,
}
_FIELD = {
    "kind": "property",
    "name": "Order Completed: revenue",
    "declared": True,
    "meaning": "What the goods cost without tax and shipping",
    "sources": [],
    "licences": ["first"],
    "owner": "sales",
    "use": ["segment/lapsing-good-customers"],
    "retention": "400 days in the timeline",
    "personal": False,
    "inDecisions": True,
}
_SOURCE = {
    "source": "shop",
    "name": "The shop's own back end",
    "licence": "first",
    "owner": "sales",
    "inDecisions": True,
    "cadence": {"expect_every": "1h", "quiet_after": "6h", "flood_above": 100000},
    "state": "ok",
    "since": _INSTANT,
    "lastAt": _INSTANT,
}


def data_operations(read: Callable[..., Operation]) -> tuple[Operation, ...]:
    """In the order of the page; `read` describes an operation that reads."""
    return (
        read(
            "violations",
            "/admin/violations",
            "Violations",
            "What could not be used, and why",
            "使えなかったイベントを、原因ごとに数えます。",
            {"day": "2026-11-22", "complete": True, "lastAt": _INSTANT, "violations": [_ROW]},
            parameters=(
                Parameter("day", "query", "A day of receipt in UTC; today unless told.", _TEXT, "2026-11-22"),
            ),
            more=(problem(400, "The day is none.", {"invalid_request": "day: a date such as 2026-11-22"}),),
        ),
        read(
            "inventory",
            "/admin/inventory",
            "Inventory",
            "What data there is",
            "扱っているデータ項目の一覧です。意味・出所・用途・保存期間がわかります。",
            {"fields": [_FIELD]},
            parameters=(Parameter("language", "query", "Of the meanings: en or ja.", _TEXT, "ja"),),
        ),
        read(
            "sources",
            "/admin/sources",
            "Sources",
            "Where data comes from, and whether it still does",
            "データの出所の一覧です。途絶えたもの、急増したものがわかります。",
            {"sources": [_SOURCE]},
        ),
    )
