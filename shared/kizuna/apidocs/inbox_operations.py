"""`/v1/inbox`."""

from __future__ import annotations

from typing import Any

from kizuna.apidocs.operations import JSON, Body, Operation, Parameter, Reply, problem, ref
from kizuna.apidocs.shared_parts import (
    INTERNAL,
    TOO_LARGE,
    TOO_OFTEN,
    UNAUTHORIZED,
    UNAVAILABLE,
    WRITE_KEY,
)
from kizuna.usecases.delivery.inbox import PAGE_MOST

INBOX = "Inbox"
_ID = "3h5xk2v7q4m6zt8r9w2y5p7n3c"
_ITEM: dict[str, Any] = {
    "id": _ID,
    "placement": "inbox",
    "language": "ja",
    "title": "ご注文の品を発送しました",
    "body": "明日のお届け予定です。",
    "link": "https://shop.example/orders/1007",
    "data": {"order": "1007"},
    "at": "2026-11-22T09:30:00.000Z",
    "expiresAt": "2026-12-22T09:30:00.000Z",
    "read": False,
    "clicked": False,
}
_FORBIDDEN = problem(
    403,
    "No valid identity token for this userId, signed for the source of the key.",
    {"forbidden": "an identity token for this userId is needed"},
)
_SECURITY = tuple({**form, "identityToken": []} for form in WRITE_KEY)


def inbox_operations() -> tuple[Operation, ...]:
    """What a person's own client asks and tells."""
    return (_look(), *(_act(*each) for each in _DEEDS))


_DEEDS = (
    ("readInbox", "read", "Note that items were read", "既読にします。"),
    ("clickInbox", "click", "Note that links of items were followed", "リンクが開かれたことを記録します。"),
    ("dismissInbox", "dismiss", "Put items away", "受信箱から片づけます。"),
)


def _look() -> Operation:
    text = {"type": "string"}
    return Operation(
        id="inbox",
        method="get",
        path="/v1/inbox",
        tag=INBOX,
        summary="What waits in a person's inbox, and what is to be shown on a page",
        japanese="受信箱に届いているお知らせと、画面に表示するメッセージを返します。",
        description="For somebody who can prove who they are. The newest first, without what is over, was put away, "
        "or was met on another channel before. It writes nothing. Send the `ETag` back as `If-None-Match`, and a "
        "page that did not change is answered 304. Title and body are plain text.",
        parameters=(
            Parameter(
                "userId", "query", "Whose inbox; needed.", {**text, "minLength": 1, "maxLength": 512}, "ada"
            ),
            Parameter(
                "placement", "query", "Only what is for this place.", {**text, "maxLength": 64}, "inbox"
            ),
            Parameter("unread", "query", "Only what was not read.", {"type": "boolean", "default": False}),
            Parameter(
                "limit",
                "query",
                "How many at most.",
                {"type": "integer", "minimum": 1, "maximum": PAGE_MOST, "default": 20},
            ),
            Parameter("after", "query", "The `next` of the page before.", {**text, "maxLength": 64}),
        ),
        replies=(
            Reply(
                200,
                "A page; `next` is where the following one starts, null where there is none.",
                {JSON: ref("InboxPage")},
                {"waiting": {"items": [_ITEM], "next": None}, "empty": {"items": [], "next": None}},
            ),
            Reply(304, "Nothing changed.", {}),
            problem(400, "The query makes no sense.", {"invalid_request": "userId: Field required"}),
            UNAUTHORIZED,
            _FORBIDDEN,
            TOO_OFTEN,
            INTERNAL,
            UNAVAILABLE,
        ),
        security=_SECURITY,
    )


def _act(name: str, deed: str, summary: str, japanese: str) -> Operation:
    return Operation(
        id=name,
        method="post",
        path=f"/v1/inbox/{deed}",
        tag=INBOX,
        summary=summary,
        japanese=japanese,
        description="The first time counts; it becomes an event of the person. Ids that are not of this person's "
        "inbox change nothing.",
        body=Body(ref("Acted"), {"one": {"userId": "ada", "ids": [_ID]}}),
        replies=(
            Reply(
                200,
                "With how many it was done.",
                {JSON: ref("ActedOn")},
                {"done": {"success": True, "items": 1}},
            ),
            problem(400, "The body is not what is asked for.", {"invalid_request": "ids: Field required"}),
            UNAUTHORIZED,
            _FORBIDDEN,
            TOO_LARGE,
            TOO_OFTEN,
            INTERNAL,
            UNAVAILABLE,
        ),
        security=_SECURITY,
    )
