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
_LANGUAGE = Parameter(
    "lang",
    "query",
    "The language of the page; else the person's, else the browser's.",
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
            "受信設定の画面です。いまの設定は表示しません。",
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
            "購読登録の確認画面です。",
        ),
        _link(
            "post",
            "confirm",
            "/confirm/{token}",
            "Complete a consent",
            "購読登録を完了します（ダブルオプトイン）。",
            Body({"type": "object", "properties": {"lang": _TEXT}}, {"yes": {"lang": "ja"}}, media=FORM),
        ),
        *_entrance(),
    )


def _entrance() -> tuple[Operation, ...]:
    """The way in for whoever holds no link: it is mailed, and only to an address on record."""
    methods: tuple[tuple[Literal["get", "post"], str, str, str, str, Body | None, str], ...]
    asked = {
        "type": "object",
        "properties": {
            "email": {"type": "string", "description": "Where the link is wanted."},
            "lang": _TEXT,
        },
    }
    said = "The same answer whether anybody with this address is known or not."
    methods = (
        (
            "get",
            "preferencesEntrance",
            "Where to ask for a link to one's own page",
            "受信設定の画面へのリンクを、メールで受け取るための入口です。",
            "Writes nothing.",
            None,
            "The page.",
        ),
        (
            "post",
            "sendPreferencesLink",
            "Mail a link to one's own page",
            "ご登録のメールアドレスに、受信設定の画面へのリンクをお送りします。",
            "The link works for 15 minutes. A mailbox gets few of them, however often somebody asks.",
            Body(asked, {"ask": {"email": "ada@example.com", "lang": "en"}}, media=FORM),
            said,
        ),
    )
    return tuple(
        Operation(
            id=name,
            method=method,
            path="/preferences",
            tag=LINKS,
            summary=summary,
            japanese=japanese,
            description=description,
            parameters=(_LANGUAGE,),
            body=body,
            replies=(
                Reply(200, reply, {HTML: _TEXT}),
                Reply(404, "There is no such page in this workspace.", {TEXT: _TEXT, HTML: _TEXT}),
                THROTTLED,
                INTERNAL,
                UNAVAILABLE
                if body is None
                else _later("Not saved yet. Please try again in a few seconds.\n"),
            ),
        )
        for method, name, summary, japanese, description, body, reply in methods
    )


def _link(
    method: Literal["get", "post"],
    operation: str,
    path: str,
    summary: str,
    japanese: str,
    body: Body | None = None,
) -> Operation:
    acts = method == "post"
    not_yet = "Not saved yet. Please try again in a few seconds.\n"
    return Operation(
        id=operation,
        method=method,
        path=path,
        tag=LINKS,
        summary=summary,
        japanese=japanese,
        description="The page of success is shown only after the ledger holds the opt-out. The same again changes "
        "nothing."
        if acts
        else "Writes nothing, however often machines fetch it. Every method but POST is answered so.",
        parameters=(_TOKEN, _LANGUAGE),
        body=body,
        replies=(
            Reply(200, "Done, and in the ledger." if acts else "The page.", {HTML: _TEXT}),
            Reply(400, "The link does not work: the same page whatever is wrong with it.", {HTML: _TEXT}),
            Reply(403, "A link of another kind: a token works on its own path alone.", {HTML: _TEXT}),
            Reply(404, "The workspace has no brand in whose name to answer.", {TEXT: _TEXT}),
            THROTTLED,
            INTERNAL,
            _later(not_yet) if acts else UNAVAILABLE,
        ),
    )


def _later(text: str) -> Reply:
    return Reply(
        503,
        "Not saved, and said so: come again after `Retry-After` seconds.",
        {TEXT: _TEXT, JSON: next(iter(UNAVAILABLE.contents.values()))},
        {"not_yet": text},
        ("Retry-After",),
    )
