"""The management side about segments: who is in them and why, what a draft would be, how a backfill stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kizuna.apidocs.management_parts import SEVERAL_PEOPLE, unusable
from kizuna.apidocs.operations import JSON, Body, Operation, Parameter, Reply, problem, ref
from kizuna.usecases.segments.desk import MEMBERS, MOST_MEMBERS, PreviewAsk
from kizuna.usecases.segments.overlap import MOST

_TEXT = {"type": "string"}
_INSTANT = "2026-11-22T12:00:00.000Z"
_SEGMENT = Parameter(
    "segment", "path", "The id of a segment in force.", _TEXT, "loyal-customers", component="Segment"
)
_DRAFT = {"event": "Order Completed", "verb": "count", "op": "gte", "value": 2}
_QUESTION = {
    "text": "they did “Order Completed” at least 3 times at any time",
    "type": "event",
    "holds": True,
    "until": None,
    "seen": {"count": 4},
    "completeSince": None,
    "points": None,
    "of": [],
}
_EXPLAINED = {
    "person": "p-example",
    "segment": "loyal-customers",
    "name": "Loyal customers",
    "holds": True,
    "until": None,
    "onRecord": True,
    "when": _QUESTION,
    "exclude": None,
    "text": [
        "p-example is in “Loyal customers”.",
        "✓ they did “Order Completed” at least 3 times at any time (4 times)",
    ],
}
_PREVIEW = {
    "segment": "draft",
    "people": 120,
    "complete": True,
    "next": None,
    "members": 41,
    "entering": 41,
    "leaving": 0,
    "overlap": [{"segment": "loyal-customers", "members": 17}],
    "sample": [
        {
            "person": "p-example",
            "because": [
                {
                    "text": "they did “Order Completed” at least 2 times at any time",
                    "holds": True,
                    "until": None,
                }
            ],
        }
    ],
    "reach": {"asked": 41, "exact": True, "channels": [{"channel": "email", "now": 30, "later": 2}]},
}
_BACKFILL = {
    "number": 4,
    "catalog": 7,
    "state": "running",
    "share": 0.42,
    "people": 420,
    "total": 1000,
    "changed": 400,
    "apart": 0,
    "startedAt": _INSTANT,
    "finishedAt": None,
    "waitingFor": ["loyal-customers"],
    "moved": ["loyal-customers"],
    "forgotten": [],
    "shards": [{"shard": 0, "people": 420, "total": 500, "changed": 400, "done": False, "at": _INSTANT}],
}
_NO_SEGMENT = "no such thing"


def segment_operations(
    read: Callable[..., Operation], person: tuple[Parameter, ...]
) -> tuple[Operation, ...]:
    """In the order of the page; `read` describes an operation that reads, `person` the parameters of one."""
    no_place = unusable("after: what an earlier page gave as next")
    return (
        read(
            "segments",
            "/admin/segments",
            "Segments",
            "The segments in force",
            "有効なセグメントの一覧です。",
            None,
        ),
        read(
            "segment",
            "/admin/segments/{segment}",
            "SegmentPage",
            "One segment, in words, with its size and what depends on it",
            "セグメントの条件を文章で、人数・使われている場所とともに見ます。",
            None,
            parameters=(_SEGMENT,),
            missing=_NO_SEGMENT,
        ),
        read(
            "members",
            "/admin/segments/{segment}/members",
            "SegmentMembers",
            "Who is in a segment, page by page",
            "セグメントに入っている人の一覧です。",
            {"segment": "loyal-customers", "members": ["p-example"], "next": "1."},
            parameters=(
                _SEGMENT,
                _limit(),
                Parameter("after", "query", "The `next` of an earlier page.", _TEXT),
            ),
            missing=_NO_SEGMENT,
            more=(no_place,),
        ),
        read(
            "explainMember",
            "/admin/segments/{segment}/explain/{person}",
            "SegmentExplanation",
            "Why somebody is in a segment, or is not",
            "なぜその人が入っている（いない）のかを、質問ごとに見ます。",
            _EXPLAINED,
            parameters=(
                _SEGMENT,
                *person,
                Parameter("language", "query", "Of the texts: en or ja.", _TEXT, "ja"),
            ),
            missing="no person with this identifier",
            more=(
                unusable("country: a code of two letters"),
                SEVERAL_PEOPLE,
            ),
        ),
        read(
            "segmentOverlap",
            "/admin/overlap",
            "SegmentOverlap",
            "How many people are in several segments at once",
            "複数のセグメントに同時に入っている人数を正確に数えます。",
            {
                "members": {"loyal-customers": 17, "everyone": 120},
                "pairs": [{"segments": ["loyal-customers", "everyone"], "members": 17}],
                "inAny": 120,
                "inAll": 17,
            },
            parameters=(
                Parameter(
                    "of",
                    "query",
                    f"Two to {MOST} segments, with commas between them.",
                    _TEXT,
                    "loyal-customers,everyone",
                ),
            ),
            more=(
                problem(
                    400, "Not two segments in force.", {"invalid_parameter": f"of: two to {MOST} segments"}
                ),
            ),
        ),
        _preview(read),
        read(
            "backfill",
            "/admin/backfill",
            "BackfillStatus",
            "How bringing everybody up to date with changed definitions stands",
            "定義の変更を全員の記録へ反映する作業の進み具合です。",
            {"backfill": _BACKFILL},
        ),
    )


def _limit() -> Parameter:
    schema: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": MOST_MEMBERS, "default": MEMBERS}
    return Parameter("limit", "query", f"How many on a page, at most {MOST_MEMBERS}.", schema, MEMBERS)


def _preview(read: Callable[..., Operation]) -> Operation:
    asked = PreviewAsk.model_json_schema()
    asked.pop("title", None)
    refused = {
        "code": "invalid_definition",
        "message": "the draft would be refused",
        "problems": [{"path": "draft: when.trait.op", "reason": "Input should be 'eq', …"}],
    }
    found = read(
        "previewSegment",
        "/admin/preview",
        "SegmentPreview",
        "What a draft of a segment would be: size, sample, reach, overlap",
        "保存前の条件について、人数・例・届く範囲・重なりを見ます。",
        _PREVIEW,
        more=(
            problem(400, "The body cannot be used.", {"invalid_parameter": "segment: Field required"}),
            Reply(422, "The draft would be refused.", {JSON: ref("DraftRefused")}, {"refused": refused}),
        ),
    )
    body = Body(asked, {"draft": {"segment": _DRAFT, "sample": 3}}, "Nothing is saved.")
    return replace(found, method="post", body=body)
