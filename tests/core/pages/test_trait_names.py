"""What undeclared traits are called where people read them."""

from __future__ import annotations

import re

import pytest

from kizuna.core.pages.texts import PageLanguage
from kizuna.core.pages.trait_names import _KNOWN, label_of


@pytest.mark.parametrize(
    ("name", "english", "japanese"),
    [
        ("last_order_total", "Sum of the last order", "直近のご注文金額"),
        ("lastOrderTotal", "Sum of the last order", "直近のご注文金額"),
        ("last-order.total", "Sum of the last order", "直近のご注文金額"),
        ("LastOrderTotal", "Sum of the last order", "直近のご注文金額"),
        ("VIP", "VIP customer", "VIPのお客さま"),
        ("name", "Name", "お名前"),
        ("timezone", "Time zone", "タイムゾーン"),
        ("電話帳", "電話帳", "電話帳"),
    ],
)
def test_a_key_that_most_shops_use_goes_by_what_people_call_it(
    name: str, english: str, japanese: str
) -> None:
    assert label_of(name, "en") == (english, "", True)
    assert label_of(name, "ja") == (japanese, "", True)


@pytest.mark.parametrize(
    ("name", "english", "key"),
    [
        ("shirt_size", "Shirt size", "shirt size"),
        ("shirtSize", "Shirt size", "shirt size"),
        ("SKUOfShirt", "SKU of shirt", "sku of shirt"),
        ("x", "X", "x"),
        ("__", "__", "__"),
    ],
)
def test_another_key_is_put_into_words_and_in_japanese_beside_a_neutral_heading(
    name: str, english: str, key: str
) -> None:
    assert label_of(name, "en") == (english, "", False)
    assert label_of(name, "ja") == ("そのほかの情報", key, False)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_name_is_reached_by_the_key_that_it_stands_for(language: PageLanguage) -> None:
    for words, names in _KNOWN.items():
        assert label_of(words.replace(" ", "_"), language).text == getattr(names, language)


def test_names_are_of_their_language() -> None:
    for names in _KNOWN.values():
        assert names.en.isascii()
        assert re.search("[ぁ-んァ-ヶ一-龠]", names.ja)
