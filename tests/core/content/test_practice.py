"""Good practice by channel: each rule finds what breaks it, and nothing in what keeps it."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from kizuna.core.content.japanese import japanese_faults
from kizuna.core.content.practice import Finding, findings
from kizuna.core.content.practice_rules import RULES
from kizuna.core.content.templates import Template
from kizuna.core.content.widths import columns
from tests.support.content import EMAIL, a_brand, a_push, a_transactional, an_email, an_sms

VIEWPORT = '<meta name="viewport" content="width=device-width">'
CONTACT = "<a href='{{ brand.support_url }}'>お問い合わせ</a>"
GOOD = {"preheader": "And what else is new", "html": VIEWPORT + EMAIL["html"]}


def rules_of(template: Template, **more: Any) -> list[str]:
    return [found.rule for found in findings(template, **more)]


def a_mail(inside: str = "", **parts: str) -> Template:
    return an_email(**{**GOOD, "html": GOOD["html"] + inside, **parts})


def a_japanese_mail(text: str, **parts: str) -> Template:
    said = "こんにちは。いつもご利用いただきまして、まことにありがとうございます。新しい品が届きました。"
    given = {
        "subject": "新しい品のお知らせ",
        "preheader": "どうぞごらんください",
        "html": EMAIL["html"].replace("Hello", said).replace("leave", "配信を停止する") + VIEWPORT + CONTACT,
        "text": EMAIL["text"].replace("Hello", said + text) + "\n{{ brand.support_url }}",
    }
    return an_email(language="ja", **(given | parts))


def test_messages_that_keep_every_rule_are_found_fault_with_nowhere() -> None:
    assert (
        rules_of(a_mail()) == rules_of(a_japanese_mail("")) == rules_of(an_sms()) == rules_of(a_push()) == []
    )


@pytest.mark.parametrize(
    ("template", "rule", "detail"),
    [
        (a_mail(subject="x" * 61), "subject-long", "61 > 60"),
        (a_japanese_mail("", subject="あ" * 31), "subject-long", "62 > 60"),
        (a_mail(subject="Last chance!!"), "subject-shouts", ""),
        (a_mail(subject="HUGE SALE today"), "subject-shouts", ""),
        (an_email(html=GOOD["html"]), "preheader-missing", ""),
        (a_mail(preheader="y" * 101), "preheader-long", "101 > 100"),
        (a_mail("<p>" + "word " * 40 + "</p>\n<img src='https://x.example/a.png'>"), "image-without-alt", ""),
        (a_mail("<img alt='' src='a.png'>" * 3), "images-outweigh-text", "3 / 11"),
        (a_mail("<a href='http://old.example/x'>Old things</a>"), "link-not-https", "old.example"),
        (a_mail("<a href='https://bit.ly/x'>New things</a>"), "link-shortened", "bit.ly"),
        (a_mail("<a href='https://x.example/'>Click  here</a>"), "link-says-nothing", "Click here"),
        (an_sms("{{ brand.name }}: https://bit.lyへ STOP"), "link-shortened", "bit.ly"),
        (an_sms("{{ brand.name }} STOP https://x.example/aをどうぞ"), "link-end-unclear", "…をどうぞ"),
        (an_sms("{{ brand.name }} STOP https://x.example新着ですよ!"), "link-end-unclear", "…新着ですよ!"),
        (an_sms("{{ brand.name }} STOP https://日本.example"), "link-end-unclear", "…日本.exa"),
        (an_sms("{{ brand.name }} STOP {{ brand.support_url }}へ"), "link-end-unclear", "…へ"),
        (an_sms("{{ brand.name }} STOP {{ brand.support_url -}} \n へ"), "link-end-unclear", "…へ"),
        (a_japanese_mail("{{ links.unsubscribe }}で停止"), "link-end-unclear", "…で停止"),
        (a_mail("<p>" + "あ" * 40_000 + "</p>"), "mail-clipped", None),
        (an_email(preheader="x"), "mail-not-responsive", ""),
        (a_mail("<p>" + "word " * 60 + "</p>"), "text-part-thin", None),
        (an_sms("{{ brand.name }}: " + "word " * 40 + "Reply STOP."), "sms-parts", "2 × GSM-7"),
        (an_sms("{{ brand.name }}: it’s here. Reply STOP."), "sms-costly-characters", "’"),
        (a_push(title="t" * 51), "push-title-long", "51 > 50"),
        (a_push(body="あ" * 76), "push-body-long", "152 > 150"),
        (
            a_transactional("Hello {{ person.traits.name }}"),
            "variable-without-fallback",
            "person.traits.name",
        ),
        (a_push(body="お知らせがあります。どうぞごらんください。"), "language-mismatch", "en"),
        (an_sms("{{ brand.name }}: " + "word " * 12 + "STOP", language="ja"), "language-mismatch", "ja"),
        (a_japanese_mail("ｶﾀﾛｸﾞ"), "ja-half-width-kana", "ｶﾀﾛｸﾞ"),
        (a_japanese_mail("①と㈱と髙"), "ja-machine-dependent", "① ㈱ 髙"),
        (a_japanese_mail("ＡＢＣ１２"), "ja-wide-latin", "ＡＢＣ１２"),
        (a_japanese_mail("\n、それから（\nつづき"), "ja-line-breaking", "、 （"),
        (a_japanese_mail("はい,いいえ!どちら?"), "ja-ascii-punctuation", ", ! ?"),
    ],
)
def test_what_breaks_a_rule_is_found_by_it(template: Template, rule: str, detail: str | None) -> None:
    found = [each for each in findings(template) if each.rule == rule]
    assert found
    assert detail is None or found[0].detail == detail


@pytest.mark.parametrize(
    "text",
    [
        "https://x.example/a をどうぞ",
        "https://x.example/a\nをどうぞ",
        "「https://x.example/a」をどうぞ",
        "https://x.example/a。つづき",
        "https://x.example/a\u3000つづき",
        "https://x.example/a",
        "{{ links.unsubscribe }} で停止",
        "{{ links.unsubscribe }}\nで停止",
        "{{ brand.name }}より",
    ],
)
def test_an_address_whose_end_everybody_sees_is_no_fault(text: str) -> None:
    assert "link-end-unclear" not in rules_of(a_japanese_mail(text))


@pytest.mark.parametrize(
    "shown",
    [
        "{{ brand.support_url }}",
        "045-123-4567",
        "care@shop.example",
        "mailto:x",
        "https://shop.example/contact",
    ],
)
def test_a_japanese_promotion_says_where_complaints_are_taken(shown: str) -> None:
    mail = a_japanese_mail("")
    bare = {"html": EMAIL["html"] + VIEWPORT, "text": EMAIL["text"]}

    def places(**parts: str) -> list[str]:
        told = findings(an_email(language="ja", **parts), brands=[a_brand()])
        return [each.path for each in told if each.rule == "ja-contact-missing"]

    assert "ja-contact-missing" not in rules_of(mail)
    assert places(**bare) == ["languages.ja.html", "languages.ja.text"]
    assert places(**{name: part + shown for name, part in bare.items()}) == []


@pytest.mark.parametrize("template", [a_mail(), an_sms(), a_transactional("ご注文を承りました。")])
def test_the_law_of_japan_asks_no_contact_of_other_languages_and_messages(template: Template) -> None:
    assert "ja-contact-missing" not in rules_of(template)


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("{{ person.traits.lastname | default: 'x' }}", ["lastname → last_name / first_name"]),
        ("{% if person.traits.first_nam %}x{% endif %}", ["first_nam → first_name / last_name"]),
        ("{{ person.traits.first_name | default: 'x' }}", []),
        ("{{ person.traits.shoe_size | default: 'x' }}", []),
        ("person.traits.lastname", []),
    ],
)
def test_a_trait_that_is_nearly_called_like_a_declared_one_is_asked_about(
    source: str, detail: list[str]
) -> None:
    told = findings(a_transactional(source), traits={"first_name", "last_name"})
    assert [each.detail for each in told if each.rule == "trait-like-another"] == detail


def test_where_a_page_has_words_right_behind_a_link_the_tag_ends_it() -> None:
    assert "link-end-unclear" not in rules_of(a_mail("<a href='https://x.example/新着'>New things</a>新着"))


def test_the_line_of_an_address_is_told() -> None:
    (found,) = (
        each
        for each in findings(an_sms("{{ brand.name }} STOP\nhttps://x.example/aへ"))
        if each.rule == "link-end-unclear"
    )
    assert found.path == "languages.en.body:2"


def test_a_template_that_is_refused_says_so_and_nothing_else() -> None:
    (found,) = findings(a_transactional("{{ nothing }}"))
    assert (found.rule, found.refused, found.path) == ("refused", True, "languages.en.body:1")


@pytest.mark.parametrize(
    "body",
    [
        "{{ person.traits.name | default: 'you' }}",
        "{% if person.traits.name %}{{ person.traits.name }}{% endif %}",
        "{{ brand.name }}",
    ],
)
def test_a_value_that_is_asked_for_or_has_words_in_its_place_is_no_risk(body: str) -> None:
    assert rules_of(a_transactional(body)) == []


def test_words_declared_with_the_template_are_a_fallback() -> None:
    template = a_transactional("Hello {{ person.traits.name }}")
    with_words = template.model_copy(update={"fallbacks": {"person.traits.name": {"en": "friend"}}})
    assert rules_of(with_words) == []


def test_a_brands_words_are_kept_whatever_width_case_and_neighbours() -> None:
    words = {"en": {"avoid": {"cheap": "well priced", "!!": ""}, "prefer": ["by the listening post"]}}
    brand = a_brand(vocabulary=words | {"ja": {"avoid": {"激安": "お手頃"}}})

    def found(text: str, language: str = "en") -> list[tuple[str, str]]:
        told = findings(an_sms(f"{{{{ brand.name }}}} STOP {text}", language=language), brands=[brand])
        return [(each.rule, each.detail) for each in told if each.rule in ("word-avoided", "voice-missing")]

    assert found("see you by the Listening Post") == []
    assert found("Ｃｈｅａｐ, by the listening post") == [("word-avoided", "shop: cheap → well priced")]
    assert found("cheaper, by the listening  post!!") == [("word-avoided", "shop: !!")]
    assert found("hello") == [("voice-missing", "shop: by the listening post")]
    assert found("本日は激安です", language="ja-JP") == [("word-avoided", "shop: 激安 → お手頃")]


def test_every_rule_says_why_and_how_to_mend_it_in_both_languages() -> None:
    for name, rule in RULES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        for text in (rule.why, rule.mend):
            assert set(text) == {"en", "ja"}
            assert text["en"].endswith(".")
            assert text["ja"].endswith("。")
            assert not list(japanese_faults(text["ja"], lines=True)) or name.startswith("ja-")
        found = Finding(name, "x")
        assert found.why("ja") == rule.why["ja"]
        assert found.mend("en") == rule.mend["en"]


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("あa", 3), ("é", 1), ("e\u0301", 1), ("👍", 2)]
)
def test_width_is_counted_in_columns(text: str, width: int) -> None:
    assert columns(text) == width


def test_hostile_text_is_judged_in_linear_time() -> None:
    began = time.thread_time()
    for piece in (
        "<a href='https://x.example'>x",
        "http://",
        "<img ",
        "</",
        "<!--",
        "あ,",
        "\n、",
        "（\n",
        "!",
    ):
        findings(a_mail((piece * 40_000)[:40_000]))
    assert time.thread_time() - began < 8
