"""What is told of a rendering is plain JSON for every channel, and every part that says something is in it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, get_args

import pytest

from kizuna.core.content.attachments import RenderedAttachment, RenderedCalendar
from kizuna.core.content.messengers import LineImage, RenderedButton, WhatsAppMedia
from kizuna.core.content.own_content import RenderedInbox, RenderedTask, RenderedWebhook
from kizuna.core.content.rendering import Links, RenderedSms, sms_parts
from kizuna.core.content.templates import Rendered
from kizuna.core.content.told import told_of_rendering
from kizuna.core.durations import Duration
from tests.support.builders import NOON, rendered_email, rendered_line, rendered_push, rendered_whatsapp

PICTURE = "https://shop.example/a.png"
TOLD: list[tuple[Any, dict[str, Any]]] = [
    (
        rendered_email(
            attachments=(RenderedAttachment("a.txt", "text/plain", b"secret"),),
            calendar=RenderedCalendar("Listening", NOON, NOON),
            pieces=("<p>", "Hello", "</p>"),
        ),
        {"subject": "Hello", "html": "<p>Hello</p>", "text": "Hello", "attachments": ["a.txt"],
         "calendar": "Listening"},
    ),
    (
        RenderedSms("ja", "“雪”", sms_parts("“雪”"), Links(), ("s3://pictures/a.png",)),
        {"body": "“雪”", "media": ["s3://pictures/a.png"],
         "parts": {"encoding": "UCS-2", "units": 3, "parts": 1, "costly": ["“", "雪", "”"]}},
    ),
    (rendered_push(), {"title": "Hello", "body": "Come in", "data": {"open": "shop://home"}}),
    (
        rendered_whatsapp(media=WhatsAppMedia(kind="image", url=PICTURE),
                          buttons=(RenderedButton(0, "url", "A-1"),)),
        {"template": "order_shipped", "template_language": "en", "body": ["Ada", "1001"],
         "media": {"kind": "image", "url": PICTURE},
         "buttons": [{"index": 0, "type": "url", "value": "A-1"}]},
    ),
    (
        rendered_line("いらっしゃいませ", LineImage(image=PICTURE)),
        {"messages": ["いらっしゃいませ", {"image": PICTURE}], "silent": False},
    ),
    (
        RenderedInbox("en", "t", "b", "", "inbox", Duration.parse("30d"), {}),
        {"title": "t", "body": "b", "placement": "inbox", "stays": "30d"},
    ),
    (RenderedWebhook("en", "crm", "a.b", {"a": "1"}), {"webhook": "crm", "type": "a.b", "data": {"a": "1"}}),
    (
        RenderedTask("en", "calls", "t", "s", Duration.parse("4h"), {}),
        {"queue": "calls", "title": "t", "script": "s", "due": "4h"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rendered", "told"), TOLD, ids=lambda value: getattr(value, "channel", ""))
def test_a_message_is_told_part_by_part_as_json_holds_it(rendered: Any, told: dict[str, Any]) -> None:
    assert told_of_rendering(rendered) == told
    assert json.loads(json.dumps(told_of_rendering(rendered))) == told


def test_no_channel_is_left_out() -> None:
    assert {type(rendered) for rendered, _ in TOLD} == set(get_args(Rendered))


def test_links_of_a_mail_are_not_told_beside_it() -> None:
    mail = replace(rendered_email(), links=Links(unsubscribe="https://api.example.com/u/v1.secret"))
    assert "secret" not in json.dumps(told_of_rendering(mail))
