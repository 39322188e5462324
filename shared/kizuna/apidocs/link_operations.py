"""The person's own side: the pages behind signed links."""

from __future__ import annotations

from typing import Literal

from kizuna.apidocs.operations import FORM, HTML, JSON, TEXT, Body, Operation, Parameter, Reply
from kizuna.apidocs.shared_parts import INTERNAL, THROTTLED, UNAVAILABLE

LINKS = "Signed links"

_TEXT = {"type": "string"}
_TOKEN = Parameter(
    "token", "path", "Out of a message; never expires.", {"type": "string"}, "v1.a.ZXhhbXBsZQ.bWFj"
)
_CLICKED = Parameter(
    "token",
    "path",
    "Out of a message; never expires.",
    {"type": "string"},
    "BVx53GhKpQGDoe_xwfEtIL9RtKS9bEHQarM7rnho",
)
_NOT_YET = Reply(
    503,
    "Not saved, and said so: come again after `Retry-After` seconds.",
    {HTML: _TEXT, JSON: next(iter(UNAVAILABLE.contents.values()))},
    {"not_yet": "<!doctype html>…<h1>Not saved yet</h1>…"},
    ("Retry-After",),
)
_LANGUAGE = Parameter(
    "lang",
    "query",
    "The language of the page; else that of the message, the browser's, or the company's.",
    {"type": "string", "examples": ["en", "ja"]},
)


def link_operations() -> tuple[Operation, ...]:
    """In the order of the page."""
    choice = {
        "type": "object",
        "properties": {
            "scope": {
                "enum": ["topic", "channel", "all"],
                "default": "topic",
                "description": "How far to leave. Anything else means the topic of the link.",
            },
            "lang": _TEXT,
            "List-Unsubscribe": {"const": "One-Click", "description": "What mail programs post (RFC 8058)."},
        },
    }
    stops = {
        "type": "object",
        "properties": {
            "stop": {
                "type": "array",
                "items": {
                    "type": "string",
                    "pattern": "^(topic:[a-z][a-z0-9-]*|channel:(email|sms|push|whatsapp|line|inbox|task)|all)$",
                },
                "description": "What to stop; anything that is not on offer is left out.",
            },
            "lang": _TEXT,
        },
    }
    asked = {
        "type": "object",
        "properties": {
            "email": {"type": "string", "description": "Where the link is wanted."},
            "lang": _TEXT,
        },
    }
    return (
        _link(
            "get",
            "unsubscribePage",
            "/u/{token}",
            "Ask somebody whether to leave",
            "配信停止の確認画面です。",
        ),
        _link(
            "post",
            "unsubscribe",
            "/u/{token}",
            "Leave",
            "配信を停止します。ボタン一つ、またはメールソフトのワンクリックで完了します。",
            Body(
                choice, {"one_click": {"List-Unsubscribe": "One-Click"}, "all": {"scope": "all"}}, media=FORM
            ),
        ),
        _link(
            "get",
            "preferencesPage",
            "/preferences/{token}",
            "Show what can be stopped",
            "配信設定の画面です。いまの設定は表示しません。",
        ),
        _link(
            "post",
            "preferences",
            "/preferences/{token}",
            "Hear less",
            "選んだトピックやチャネルの配信を停止します。",
            Body(
                stops,
                {"topic": {"stop": ["topic:new-releases"]}, "everything": {"stop": ["all"]}},
                media=FORM,
            ),
        ),
        _link(
            "get",
            "confirmPage",
            "/confirm/{token}",
            "Ask somebody whether they meant to subscribe",
            "配信登録の確認画面です。",
        ),
        _link(
            "post",
            "confirm",
            "/confirm/{token}",
            "Complete a consent",
            "配信登録を完了します（ダブルオプトイン）。",
            Body({"type": "object", "properties": {"lang": _TEXT}}, {"yes": {"lang": "ja"}}, media=FORM),
        ),
        _link(
            "get",
            "surveyPage",
            "/s/{token}",
            "Show a survey",
            "アンケートの画面です。",
        ),
        _link(
            "post",
            "answerSurvey",
            "/s/{token}",
            "Answer a survey",
            "アンケートに回答します。一つのメッセージにつき、最初の回答のみを記録します。",
            Body(
                {
                    "type": "object",
                    "description": "An answer to each question of the survey, by its id.",
                    "properties": {"lang": _TEXT},
                    "additionalProperties": _TEXT,
                },
                {"nps": {"score": "9", "why": "The sleeve was perfect.", "lang": "en"}},
                media=FORM,
            ),
            done="The first answer to a message stays. A question left open is asked again, with status 400.",
        ),
        Operation(
            id="followLink",
            method="get",
            path="/c/{token}",
            tag=LINKS,
            summary="Follow a link of a message",
            japanese="メッセージ内のリンク先へ移動します。",
            description="Leads where the message leads, and nowhere else; nothing of the request takes part in it. "
            "Noted as feedback, but for HEAD and what a browser fetches ahead.",
            parameters=(_CLICKED,),
            replies=(
                Reply(302, "Where the link leads.", {TEXT: _TEXT}, headers=("Location",)),
                Reply(400, "The link leads nowhere: the same page whatever is wrong with it.", {HTML: _TEXT}),
                Reply(403, "A link of ours that is for another page.", {HTML: _TEXT}),
                Reply(404, "The workspace has no brand in whose name to answer.", {TEXT: _TEXT}),
                THROTTLED,
                INTERNAL,
                UNAVAILABLE,
            ),
        ),
        _entrance(
            "get",
            "preferencesEntrance",
            "Where to ask for a link to one's own page",
            "配信設定の画面へのリンクを、メールで受け取るための入口です。",
            "Writes nothing.",
            Reply(200, "The page.", {HTML: _TEXT}),
            UNAVAILABLE,
        ),
        _entrance(
            "post",
            "sendPreferencesLink",
            "Mail a link to one's own page",
            "ご登録のメールアドレスに、配信設定の画面へのリンクをお送りします。",
            "The link works for 15 minutes. A mailbox gets few of them, however often somebody asks.",
            Reply(200, "The same answer whether anybody with this address is known or not.", {HTML: _TEXT}),
            Reply(
                400, "What was told is no e-mail address: the form once more, with the reason.", {HTML: _TEXT}
            ),
            _NOT_YET,
            body=Body(asked, {"ask": {"email": "ada@example.com", "lang": "en"}}, media=FORM),
        ),
    )


def _entrance(
    method: Literal["get", "post"],
    operation: str,
    summary: str,
    japanese: str,
    description: str,
    *replies: Reply,
    body: Body | None = None,
) -> Operation:
    """The way in for whoever holds no link: it is mailed, and only to an address on record."""
    nowhere = Reply(404, "There is no such page in this workspace.", {TEXT: _TEXT, HTML: _TEXT})
    return Operation(
        id=operation,
        method=method,
        path="/preferences",
        tag=LINKS,
        summary=summary,
        japanese=japanese,
        description=description,
        parameters=(_LANGUAGE,),
        body=body,
        replies=(*replies, nowhere, THROTTLED, INTERNAL),
    )


def _link(
    method: Literal["get", "post"],
    operation: str,
    path: str,
    summary: str,
    japanese: str,
    body: Body | None = None,
    *,
    done: str = "Success is shown only after the ledger holds it. The same again changes nothing.",
) -> Operation:
    acts = method == "post"
    return Operation(
        id=operation,
        method=method,
        path=path,
        tag=LINKS,
        summary=summary,
        japanese=japanese,
        description=done
        if acts
        else "Writes nothing, however often machines fetch it. Every method but POST is answered so.",
        parameters=(_TOKEN, _LANGUAGE),
        body=body,
        replies=(
            Reply(200, "Done, and on record." if acts else "The page.", {HTML: _TEXT}),
            Reply(400, "The link does not work: the same page whatever is wrong with it.", {HTML: _TEXT}),
            Reply(403, "A link of another kind: a token works on its own path alone.", {HTML: _TEXT}),
            Reply(404, "The workspace has no brand in whose name to answer.", {TEXT: _TEXT}),
            THROTTLED,
            INTERNAL,
            _NOT_YET if acts else UNAVAILABLE,
        ),
    )
