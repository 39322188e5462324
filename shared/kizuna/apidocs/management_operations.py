"""The management side: what the people who run it see."""

from __future__ import annotations

from typing import Any

from kizuna.apidocs.operations import JSON, Operation, Parameter, Reply, problem, ref
from kizuna.apidocs.shared_parts import INTERNAL, THROTTLED, UNAVAILABLE

MANAGEMENT = "Management"

_TEXT = {"type": "string"}
_PERSON = Parameter(
    "person",
    "path",
    "A profile's id, or an identifier: `email:ada@example.com`, or a bare value of any kind.",
    _TEXT,
    "ada",
)
_INSTANT = "2026-11-22T12:00:00.000Z"


def management_operations() -> tuple[Operation, ...]:
    """In the order of the page."""
    message = {
        "message": "m-example",
        "campaign": "win-back",
        "run": "20261125T1000Z",
        "channel": "email",
        "topic": "new-releases",
        "category": "marketing",
        "state": "DENIED",
        "reason": "no_consent",
        "at": _INSTANT,
        "notBefore": None,
        "facts": {},
        "record": {"reason": "no_consent"},
        "sentence": {
            "en": "ada was not written to: there is no permission.",
            "ja": "ada さんには送りませんでした。許可がないためです。",
        },
    }
    count = {"channel": "email", "state": "SENT", "reason": "consent", "count": 41}
    run = {"run": "20261125T1000Z", "scheduledAt": _INSTANT, "intended": 41, "states": [count]}
    return (
        _of_person(
            "person",
            "",
            "Person",
            "What is known of a person",
            "お客様の記録を一枚で見ます。",
            _PERSON_EXAMPLE,
        ),
        _of_person(
            "timeline",
            "/timeline",
            "Timeline",
            "What a person did",
            "お客様の行動を時系列で見ます。",
            {"id": "p-example", "events": [_EVENT_EXAMPLE]},
        ),
        _of_person(
            "decisions",
            "/decisions",
            "Decisions",
            "Why a person heard from us, or did not",
            "送った理由・送らなかった理由を文章で見ます。",
            {"id": "p-example", "decisions": [message]},
        ),
        _of_person(
            "consents",
            "/consents",
            "Consents",
            "What a person allowed and refused",
            "お客様の同意と拒否の履歴を見ます。",
            {"id": "p-example", "consents": [{"id": "c-1", "action": "grant", "at": _INSTANT}]},
        ),
        _read(
            "segments",
            "/admin/segments",
            "Segments",
            "The segments in force",
            "有効なセグメントの一覧です。",
            None,
        ),
        _read(
            "campaigns",
            "/admin/campaigns",
            "Campaigns",
            "The campaigns in force",
            "有効なキャンペーンの一覧です。",
            None,
        ),
        _read(
            "report",
            "/admin/campaigns/{campaign}/report",
            "CampaignReport",
            "What became of a campaign's messages",
            "キャンペーンの結果を、予定数から理由別の内訳まで見ます。",
            {"campaign": "win-back", "runs": [run]},
            parameters=(Parameter("campaign", "path", "Its id.", _TEXT, "win-back"),),
            missing="no such thing",
        ),
        _read(
            "catalog",
            "/admin/catalog",
            "CatalogInForce",
            "Which definitions are in force",
            "有効な定義とその版の一覧です。",
            {"version": 3, "definitions": {"campaign/win-back": 2, "segment/loyal-customers": 3}},
        ),
    )


def _of_person(
    operation: str, below: str, component: str, summary: str, japanese: str, example: Any
) -> Operation:
    return _read(
        operation,
        "/admin/people/{person}" + below,
        component,
        summary,
        japanese,
        example,
        parameters=(_PERSON,),
        missing="no person with this identifier",
    )


def _read(
    operation: str,
    path: str,
    component: str,
    summary: str,
    japanese: str,
    example: Any,
    *,
    parameters: tuple[Parameter, ...] = (),
    missing: str = "",
) -> Operation:
    refused = Reply(
        401,
        "No token, or not a valid one; the gateway answers.",
        {JSON: ref("GatewayProblem")},
        {"unauthorized": {"message": "Unauthorized"}},
        component="NoToken",
    )
    not_found = (problem(404, "There is no such thing.", {"not_found": missing}),) if missing else ()
    return Operation(
        id=operation,
        method="get",
        path=path,
        tag=MANAGEMENT,
        summary=summary,
        japanese=japanese,
        parameters=parameters,
        replies=(
            Reply(
                200,
                "As it is now.",
                {JSON: ref(component)},
                {"example": example} if example is not None else {},
            ),
            refused,
            *not_found,
            THROTTLED,
            INTERNAL,
            UNAVAILABLE,
        ),
        security=({"managementToken": []},),
    )


_PERSON_EXAMPLE = {
    "id": "p-example",
    "version": 12,
    "reachVersion": 3,
    "createdAt": _INSTANT,
    "updatedAt": _INSTANT,
    "status": "active",
    "identities": [{"type": "user_id", "value": "ada", "source": "shop"}],
    "traits": {"country": {"value": "GB", "at": _INSTANT, "source": "shop"}},
    "addresses": [{"id": "a-1", "channel": "email", "value": "ada@example.com", "status": "ok"}],
    "segments": ["everyone", "loyal-customers"],
    "dueAt": "2026-12-02T09:30:00.000Z",
    "parts": ["p-example"],
    "pressure": [{"at": _INSTANT, "channel": "email"}],
}
_EVENT_EXAMPLE = {
    "id": "example-track",
    "type": "track",
    "name": "Order Completed",
    "at": _INSTANT,
    "receivedAt": _INSTANT,
    "source": "shop",
    "properties": {"order_id": "1001", "revenue": 24.5, "currency": "GBP"},
    "traits": {},
}
