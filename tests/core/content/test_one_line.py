"""A18 at save time: nothing that becomes a header, a name, an address or a tag may hold the end of a line."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from kizuna.core.campaigns import Campaign
from kizuna.core.content.rendering import Brand, HeaderInjection, Template, lint, render
from kizuna.core.webhooks.definitions import Webhook
from tests.support.builders import CAMPAIGN
from tests.support.content import EMAIL, PUSH, a_context


def a_template_of(channel: str, **content: Any) -> dict[str, Any]:
    return {"id": "t", "channel": channel, "default_language": "en", "languages": {"en": content}}


BREAKS = ["\r\nBcc: eve@x.example", "\n", "\r", "\x00", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]

BRAND: dict[str, Any] = {
    "id": "shop",
    "name": "The Shop",
    "legal_name": "The Shop Ltd.",
    "postal_address": "1 High Street, Dover",
    "from_email": "hello@shop.example",
    "from_name": "The Shop",
    "reply_to": "care@shop.example",
    "support_url": "https://shop.example/contact",
    "languages": {
        "en": {
            "name": "x",
            "legal_name": "x",
            "postal_address": "x",
            "from_name": "x",
            "support_url": "https://x.example/",
        }
    },
    "senders": {
        "email": {
            "identity": "arn:aws:ses:eu-west-1:123456789012:identity/shop.example",
            "configuration_set": "shop",
            "tenant": "shop",
            "complaints_to": "postmaster@shop.example",
        },
        "sms": {
            "origination": "pool-1",
            "by_country": {"JP": "+81501234567"},
            "protect_configuration": "p-1",
            "max_price": "0.10",
        },
        "whatsapp": {"phone_number_id": "phone-number-id-1"},
        "line": {"account": "shop"},
    },
}
CALENDAR = {"title": "t", "starts": "s", "ends": "e", "location": "l", "url": "u"}
FILE = {"name": "a.txt", "type": "text/plain", "text": "t"}
MAIL: dict[str, Any] = {**EMAIL, "preheader": "p", "calendar": CALENDAR, "attachments": [FILE]}
LINES: list[tuple[type[BaseModel], dict[str, Any], tuple[Any, ...]]] = [
    *(
        (Brand, BRAND, path)
        for path in [
            *[(name,) for name in BRAND if isinstance(BRAND[name], str)],
            *[("languages", "en", name) for name in BRAND["languages"]["en"]],
            *[("senders", "email", name) for name in BRAND["senders"]["email"]],
            *[("senders", "sms", name) for name in ("origination", "protect_configuration", "max_price")],
            ("senders", "sms", "by_country", "JP"),
            ("senders", "whatsapp", "phone_number_id"),
            ("senders", "line", "account"),
        ]
    ),
    *(
        (Template, a_template_of("email", **MAIL), ("languages", "en", name))
        for name in ("subject", "preheader")
    ),
    *((Template, a_template_of("email", **MAIL), ("languages", "en", "calendar", name)) for name in CALENDAR),
    (Template, a_template_of("email", **MAIL), ("languages", "en", "attachments", 0, "name")),
    (Template, a_template_of("email", **MAIL), ("id",)),
    (Template, a_template_of("push", **PUSH), ("languages", "en", "title")),
    (Template, a_template_of("inbox", title="t", body="b", link="l"), ("languages", "en", "title")),
    (Template, a_template_of("inbox", title="t", body="b", link="l"), ("languages", "en", "link")),
    (Template, a_template_of("task", queue="q", title="t", script="s"), ("languages", "en", "title")),
    (
        Template,
        a_template_of("whatsapp", template="t", header="h", body=["b"]),
        ("languages", "en", "header"),
    ),
    (
        Template,
        a_template_of("whatsapp", template="t", header="h", body=["b"]),
        ("languages", "en", "body", 0),
    ),
    (
        Template,
        a_template_of("webhook", webhook="w", type="a.b", data={"a": "b"}),
        ("languages", "en", "type"),
    ),
    (Webhook, {"id": "crm", "url": "https://crm.example.com/x"}, ("url",)),
    (Webhook, {"id": "crm", "topic": "arn:aws:sns:eu-west-1:123456789012:news"}, ("topic",)),
    (Campaign, CAMPAIGN, ("id",)),
    (Campaign, CAMPAIGN, ("name",)),
]


def with_value(document: dict[str, Any], path: tuple[Any, ...], added: str) -> dict[str, Any]:
    """The document with something more at the end of one of its texts."""
    changed = copy.deepcopy(document)
    inner: Any = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] += added
    return changed


@pytest.mark.parametrize(
    ("kind", "document", "path"),
    LINES,
    ids=[".".join(map(str, (kind.__name__, *path))) for kind, _, path in LINES],
)
def test_no_line_can_be_ended_in_what_is_saved(
    kind: type[BaseModel], document: dict[str, Any], path: tuple[Any, ...]
) -> None:
    kind.model_validate(document)
    for added in BREAKS:
        with pytest.raises(ValidationError) as caught:
            kind.model_validate(with_value(document, path, added))
        assert "eve@" not in " ".join(each["msg"] for each in caught.value.errors())


@pytest.mark.parametrize("part", ["subject", "preheader"])
@pytest.mark.parametrize("added", BREAKS)
def test_a_fallback_that_would_end_the_line_of_a_header_is_refused_and_in_a_body_it_is_words(
    part: str, added: str
) -> None:
    asks = "{{ person.traits.first_name }}"
    fallbacks = {"person.traits.first_name": {"en": f"there{added}"}}
    template = Template.model_validate(
        a_template_of("email", **{**EMAIL, part: asks}) | {"fallbacks": fallbacks}
    )
    (problem,) = lint(template)
    assert (problem.path, "more than one line" in problem.reason) == (f"languages.en.{part}", True)
    with pytest.raises(HeaderInjection):
        render(template, language="en", context=a_context())
    sms = a_template_of("sms", body=asks) | {"fallbacks": fallbacks, "purpose": "transactional"}
    assert lint(Template.model_validate(sms)) == ()
