"""Brands, templates and contexts with one thing changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from kizuna.cli.workspace_files import read_workspace
from kizuna.core.catalog import Catalog, build
from kizuna.core.content.rendering import Brand, Links, Template, TemplateContext

WORKSPACE = Path(__file__).parents[2] / "shared" / "workspace"

UNSUBSCRIBE = "https://api.example.com/u/v1.k1.token.mac"
PREFERENCES = "https://api.example.com/preferences/v1.k1.token.mac"

FOOTER = "{{ brand.legal_name }} {{ brand.postal_address }}"
EMAIL = {
    "subject": "Hello",
    "html": f'<p>Hello</p><a href="{{{{ links.unsubscribe }}}}">leave</a><p>{FOOTER}</p>',
    "text": f"Hello\n{{{{ links.unsubscribe }}}}\n{FOOTER}",
}
SMS = {"body": "{{ brand.name }}: hello. Reply STOP to stop."}
PUSH = {"title": "Hello", "body": "Come in", "data": {"open": "shop://home"}}


def a_brand(**changes: Any) -> Brand:
    document: dict[str, Any] = {
        "id": "shop",
        "name": "The Shop",
        "legal_name": "The Shop Ltd.",
        "postal_address": "1 High Street, Dover",
        "from_email": "hello@shop.example",
        "from_name": "The Shop",
        "reply_to": "care@shop.example",
        "support_url": "https://shop.example/contact",
        "languages": {"en": {}, "ja": {"name": "ザ・ショップ", "legal_name": "株式会社ショップ"}},
    }
    return Brand.model_validate(document | changes)


def an_email(*, language: str = "en", **parts: Any) -> Template:
    return _template("email", {language: EMAIL | parts})


def an_sms(body: str = SMS["body"], *, language: str = "en", **changes: Any) -> Template:
    return _template("sms", {language: {"body": body}}, **changes)


def a_push(*, language: str = "en", **parts: Any) -> Template:
    return _template("push", {language: PUSH | parts})


def a_transactional(body: str) -> Template:
    """A text that owes nobody a footer: the shortest way to try a piece of Liquid."""
    return an_sms(body, purpose="transactional")


def _template(channel: str, languages: dict[str, Any], **changes: Any) -> Template:
    document = {
        "id": "a-template",
        "channel": channel,
        "default_language": next(iter(languages)),
        "languages": languages,
    }
    return Template.model_validate(document | changes)


def a_context(traits: dict[str, Any] | None = None, **changes: Any) -> TemplateContext:
    given: dict[str, Any] = {
        "brand": a_brand(),
        "traits": traits or {},
        "links": Links(unsubscribe=UNSUBSCRIBE, preferences=PREFERENCES),
        "campaign_id": "spring",
        "campaign_name": "Spring",
    }
    return TemplateContext(**(given | changes))


def sample_brand() -> Brand:
    return Brand.model_validate(yaml.safe_load((WORKSPACE / "brands.yaml").read_text("utf-8"))[0])


def sample_catalog() -> Catalog:
    return build(read_workspace(WORKSPACE).documents, linted=True)


def sample_templates() -> list[Template]:
    documents = read_workspace(WORKSPACE).documents
    return [
        Template.model_validate(each) for (kind, _), each in sorted(documents.items()) if kind == "template"
    ]
