"""The templates of the sample workspace: complete, in both languages, and kind."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from kizuna.core.content.practice import findings
from kizuna.core.content.rendering import (
    ContentFacts,
    Links,
    RenderedEmail,
    RenderedPush,
    RenderedSms,
    Template,
    TemplateContext,
    content_facts,
    lint,
    render,
)
from tests.support.content import PREFERENCES, UNSUBSCRIBE, sample_brand, sample_catalog, sample_templates

TEMPLATES = {template.id: template for template in sample_templates()}

CONFIRM = "https://api.example.com/confirm/v1.k1.token.mac"
PEOPLE = {
    "known": {"first_name": "Aiko <3", "last_name": "佐藤", "favorite_genre": "Soul & Funk"},
    "unknown": {},
}


def context(person: str) -> TemplateContext:
    return TemplateContext(
        brand=sample_brand(),
        traits=PEOPLE[person],
        event_name="Order Completed",
        event_properties={"order_id": "GH-2041", "total": 6380, "currency": "JPY"},
        campaign_id="win-back",
        campaign_name="Win back",
        links=Links(
            unsubscribe=UNSUBSCRIBE,
            preferences=PREFERENCES,
            visit=PREFERENCES,
            confirm=CONFIRM,
            survey=CONFIRM,
        ),
        consent={"wording_version": "newsletter-2026-11", "asked_at": "2026-11-22T09:00:00.000Z"},
    )


def test_the_workspace_has_a_template_for_each_thing_it_says() -> None:
    of_steps = {
        campaign.template_on(channel)
        for campaign in sample_catalog().campaigns.values()
        for channel in campaign.reaches_by
    }
    assert set(TEMPLATES) == of_steps, "each is sent by somebody"
    told = {(template.channel, template.purpose) for template in TEMPLATES.values()}
    assert told >= {(channel, "transactional") for channel in ("email", "sms", "push", "task", "webhook")}
    assert told >= {(channel, "promotional") for channel in ("email", "push", "inbox", "task")}


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES.keys())
def test_each_is_accepted_in_english_and_japanese(template: Template) -> None:
    assert set(template.languages) >= {"en", "ja"}
    assert lint(template) == lint(template, brand=sample_brand()) == ()
    advice = {found.rule for found in findings(template, brands=[sample_brand()])}
    assert advice <= {"variable-without-fallback"}  # of what the event that starts it always tells


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES.keys())
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("person", PEOPLE)
def test_each_renders_for_somebody_we_know_and_for_somebody_we_hardly_know(
    template: Template, language: str, person: str
) -> None:
    message = render(template, language=language, context=context(person))
    assert message.language == language
    assert "{{" not in str(message)
    assert "{%" not in str(message)


def test_the_mail_shows_who_writes_from_where_and_how_to_leave_in_both_languages() -> None:
    template = TEMPLATES["win-back-email"]
    assert content_facts(template, sample_brand()) == ContentFacts(True, True, True)
    for language in ("en", "ja"):
        message = render(template, language=language, context=context("known"))
        assert content_facts(message, sample_brand()) == ContentFacts(True, True, True)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_mail_loads_nothing_from_elsewhere_and_has_a_dark_side(language: str) -> None:
    mail = render(TEMPLATES["win-back-email"], language=language, context=context("known"))
    assert isinstance(mail, RenderedEmail)
    assert "<img" not in mail.html
    assert "url(" not in mail.html
    assert "prefers-color-scheme: dark" in mail.html
    assert "&lt;3" in mail.html or language == "ja"
    assert set(re.findall(r'href="(https://[^/"]+)', mail.html)) == {
        "https://grooveharbour.example",
        "https://api.example.com",
    }
    assert balanced(mail.html)


def test_the_thanks_name_order_and_amount_and_fit_one_text_in_english() -> None:
    template = TEMPLATES["order-thanks-sms"]
    english = render(template, language="en", context=context("unknown"))
    japanese = render(template, language="ja", context=context("unknown"))
    assert isinstance(english, RenderedSms)
    assert isinstance(japanese, RenderedSms)
    assert "GH-2041, ¥6,380" in english.body
    assert "ご注文番号GH-2041、合計￥6,380" in japanese.body
    assert (english.parts.encoding, english.parts.parts) == ("GSM-7", 1)
    assert japanese.parts.parts == 2


def test_the_welcome_names_a_known_person_and_nobody_else() -> None:
    template = TEMPLATES["welcome-back-push"]
    titles = []
    for person in PEOPLE:
        push = render(template, language="en", context=context(person))
        assert isinstance(push, RenderedPush)
        titles.append(push.title)
    assert titles == ["Good to have you back, Aiko <3", "Good to have you back"]


def balanced(html: str) -> bool:
    class Balance(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "br"):
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    parser = Balance()
    parser.feed(html)
    parser.close()
    return not parser.open
