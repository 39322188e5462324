"""Promotion inside a transactional template: found in every language and part, and not in what receipts say."""

from __future__ import annotations

import time
from typing import Any

import pytest

from kizuna.core.catalog import build
from kizuna.core.content.promotion import promotion_in, promotion_problems
from kizuna.core.content.templates import Template
from kizuna.core.errors import InvalidDefinition
from tests.support.builders import a_catalog, some_documents

ADVERTISES = [
    "20% off everything until Sunday",
    "２０％ ＯＦＦ",
    "{{ event.properties.share }}% off your next order",
    "{{ x }}%\noff",
    "20% <b>o</b>ff",
    "2\u00ad0%&nbsp;o\u200bff",
    "20% <span style='x'>off</span>",
    "Use the promo code SPRING",
    "Here's your coupon",
    "Shop now",
    "SHOP{% if true %} {% endif %}NOW",
    "Our summer sale is on",
    "$10 off",
    "Save up to 30",
    "You might also like",
    "You may also love these",
    "Free shipping on orders over 50",
    "Jetzt bestellen",
    "Ihr Rabattcode",
    "Votre code promo",
    "全品20%OFF",
    "500円引きクーポン",
    "お得なクーポンをプレゼント",
    "夏のセール",
    "セール開催中",
    "期間限定",
    "ぜひお買い求めください",
    "こちらもおすすめ",
    "ポイント10倍",
]
INFORMS = [
    "Your order {{ event.properties.order_id }} is on its way",
    "Discount: -{{ event.properties.discount }}",
    "Coupon applied: {{ event.properties.coupon }}",
    "Use code 123456 to sign in",
    "VAT 20% included",
    "Your card ends in 1234",
    "This offer of employment is binding",
    "Point of sale: Kyoto",
    "For sale by auction",
    "Battery at 20%; turn off lights",
    "We are off on Monday",
    "Reply STOP to stop",
    "<style>.sale-now{content:'20% off'}</style>Thank you",
    "<!-- 20% off -->Thank you",
    "割引額：{{ event.properties.discount }}円",
    "クーポン利用：-500円",
    "消費税10%を含みます",
    "ご注文ありがとうございます",
    "配信停止はSTOPとご返信ください",
    "カスタマーセールス部",
]


@pytest.mark.parametrize("text", ADVERTISES)
def test_what_only_advertising_says_is_found(text: str) -> None:
    assert promotion_in(text)


@pytest.mark.parametrize("text", INFORMS)
def test_what_somebody_needs_is_no_promotion(text: str) -> None:
    assert promotion_in(text) == ""


def a_template(**changes: Any) -> Template:
    told = {
        "id": "receipt",
        "channel": "push",
        "purpose": "transactional",
        "default_language": "en",
        "languages": {
            "en": {"title": "Thank you", "body": "It is on its way"},
            "ja": {"title": "ありがとうございます", "body": "発送しました"},
        },
    }
    return Template.model_validate(told | changes)


@pytest.mark.parametrize("part", ["title", "body"])
@pytest.mark.parametrize(("language", "text"), [("en", "Shop now"), ("ja", "期間限定")])
def test_no_language_and_no_part_is_left_out(language: str, text: str, part: str) -> None:
    plain = a_template().model_dump(mode="json")["languages"]
    plain[language] = plain[language] | {part: text}
    (problem,) = promotion_problems(a_template(languages=plain))
    assert problem.path == f"languages.{language}.{part}"
    assert text.lower() in problem.reason


def test_what_is_called_promotional_may_promote() -> None:
    told = {"en": {"title": "Shop now", "body": "20% off"}}
    assert list(promotion_problems(a_template(languages=told, purpose="promotional"))) == []


@pytest.mark.parametrize(
    ("why", "found"), [("", 2), ("   no   ", 2), ("a game of cards is called Shop Now", 0)]
)
def test_words_may_be_meant_otherwise_if_somebody_says_why(why: str, found: int) -> None:
    told = {"en": {"title": "Shop now", "body": "Shop now"}}
    assert len(list(promotion_problems(a_template(languages=told, not_promotion=why)))) == found


def test_promotion_inside_of_what_is_needed_is_refused_when_it_is_saved_and_named() -> None:
    document = a_template(languages={"en": {"title": "Thanks", "body": "Get your coupon"}})
    documents = {**some_documents(), ("template", "receipt"): document.model_dump(mode="json")}
    with pytest.raises(InvalidDefinition, match=r"template/receipt: languages\.en\.body: promotes something"):
        a_catalog(documents)
    assert build(documents, linted=True).templates["receipt"]


@pytest.mark.parametrize(
    "text",
    [
        "<" * 50_000,
        "{{ a" * 20_000,
        "{%" * 20_000,
        "1" * 50_000,
        "<style>" * 5_000,
        "1 " * 40_000,
        "<!--" * 9_000,
    ],
)
def test_long_texts_are_read_in_no_time(text: str) -> None:
    began = time.thread_time()
    assert promotion_in(text) == ""
    assert time.thread_time() - began < 2
