"""What a message shows of what the law asks for."""

from __future__ import annotations

import pytest

from kizuna.core.content.rendering import ContentFacts, Rendered, content_facts, render
from kizuna.core.content.visible import visible
from tests.support.content import (
    EMAIL,
    UNSUBSCRIBE,
    a_brand,
    a_context,
    a_push,
    an_email,
    an_sms,
)

ALL = ContentFacts(has_unsubscribe=True, has_sender_identity=True, has_postal_address=True)


def rendered(**parts: str) -> Rendered:
    return render(an_email(**parts), language="en", context=a_context({"x": "yes"}))


def test_a_mail_with_its_footer_shows_everything_as_template_and_as_message() -> None:
    assert content_facts(rendered(), a_brand()) == ALL
    assert content_facts(an_email(), a_brand()) == ALL


@pytest.mark.parametrize(
    "html",
    [
        EMAIL["html"].replace("<a ", "<a hidden "),
        EMAIL["html"].replace("<a ", '<div style="display: none"><a ').replace("</a>", "</a></div>"),
        EMAIL["html"].replace("<a ", "<!-- <a ").replace("</a>", "</a> -->"),
        EMAIL["html"].replace("<a ", "<style><a ").replace("</a>", "</a></style>"),
        EMAIL["html"].replace("href", "title"),
    ],
)
def test_a_way_out_that_nobody_sees_is_none(html: str) -> None:
    assert not visible(html.replace("{{ links.unsubscribe }}", UNSUBSCRIBE)).links
    assert not content_facts(an_email(html=html), a_brand()).has_unsubscribe


def test_what_stands_inside_a_condition_counts_for_the_message_and_not_for_the_template() -> None:
    conditional = "{% if person.traits.x %}" + EMAIL["text"] + "{% endif %}"
    assert content_facts(rendered(text=conditional), a_brand()) == ALL
    assert content_facts(an_email(text=conditional), a_brand()) == ContentFacts()


def test_the_text_part_owes_the_same_as_the_html_part() -> None:
    assert content_facts(rendered(text="Hello"), a_brand()) == ContentFacts()


def test_without_a_link_there_is_no_way_out() -> None:
    email = an_email(
        html=EMAIL["html"].replace("{{ links.unsubscribe }}", "https://shop.example/"),
        text=EMAIL["text"].replace("{{ links.unsubscribe }}", "none"),
    )
    message = render(email, language="en", context=a_context())
    facts = content_facts(message, a_brand())
    assert facts == ContentFacts(has_sender_identity=True, has_postal_address=True)


def test_another_brand_is_not_the_sender() -> None:
    other = a_brand(name="Elsewhere", legal_name="Elsewhere Inc.", postal_address="2 Low Street, Hull")
    assert content_facts(rendered(), other) == ContentFacts(has_unsubscribe=True)


def test_a_template_has_a_fact_only_if_every_language_has_it() -> None:
    lacking = an_email(text="Hello").languages["en"]
    both = an_email().model_copy(update={"languages": {**an_email().languages, "ja": lacking}})
    assert content_facts(both, a_brand(), language="en") == ALL
    assert content_facts(both, a_brand()) == ContentFacts()


@pytest.mark.parametrize(
    ("language", "body", "way_out"),
    [
        ("en", "Sale! Reply STOP to stop.", True),
        ("en", "Sale! Text stop to leave", True),
        ("en", "Meet us at the bus stop", False),
        ("en", "NONSTOP SALE", False),
        ("en", "Sale! {{ links.unsubscribe }}", True),
        ("ja", "セール開催中。配信停止はこちら", True),
        ("ja", "セール開催中。停止はSTOPと返信", True),
        ("ja", "バスの停留所の前でセール", False),
        ("de", "Angebote! STOP zum Abmelden", True),
        ("de", "Angebote!", False),
    ],
)
def test_a_text_needs_an_instruction_in_its_own_language(language: str, body: str, way_out: bool) -> None:
    template = an_sms(f"{{{{ brand.name }}}}: {body}", language=language)
    message = render(template, language=language, context=a_context())
    assert content_facts(message, a_brand()).has_unsubscribe is way_out
    assert content_facts(message, a_brand()).has_sender_identity
    assert content_facts(template, a_brand()).has_unsubscribe is way_out


def test_nothing_is_asked_of_push() -> None:
    message = render(a_push(), language="en", context=a_context())
    assert content_facts(message, a_brand()) == content_facts(a_push(), a_brand()) == ContentFacts()


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a<p>b", "a b"),
        ("</p>a</div><br>b", "a b"),
        ("<div hidden>x<p>y</div>a", "a"),
        ("<title>x</title>a &amp; b", "a & b"),
        ("<p style='opacity:0.9'>a</p>", "a"),
        ("a<", "a<"),
        ("", ""),
    ],
)
def test_broken_html_is_read_as_best_as_it_can_be(html: str, text: str) -> None:
    assert visible(html).text == text
