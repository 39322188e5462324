"""Names, readings, postcodes, addresses: one comparable form, and nothing lost that cannot be read."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.quality.names import is_legacy_mobile, kana, name, normalised, postcode, width


@pytest.mark.parametrize(
    ("told", "form"),
    [
        ("Anna", "Anna"),
        ("  Anna   Maria\t", "Anna Maria"),
        ("van Gogh", "van Gogh"),  # case is part of a name
        ("ＡＮＮＡ　田中", "ANNA 田中"),
        ("田中　花子", "田中 花子"),
        ("ﾀﾅｶ ﾊﾅｺ", "タナカ ハナコ"),
        ("ﾊﾟｸﾞ", "パグ"),
        ("カ゛", "ガ"),  # the voicing mark stands alone
        ("Ame\u0301lie", "Amélie"),
        ("Anna\u200b\ufeff", "Anna"),
        ("\u202eannA", "annA"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # a joiner is spelling
        ("\ufa19田", "\ufa19田"),  # a family writes 神 in its old form
        ("\ufa10本　ｶﾅ", "\ufa10本 カナ"),
        ("", ""),
    ],
)
def test_a_name_has_one_width_and_single_spaces_and_its_own_letters(told: str, form: str) -> None:
    assert name(told) == form


@pytest.mark.parametrize(
    ("told", "form"),
    [
        ("たなか　はなこ", "タナカ ハナコ"),
        ("ﾀﾅｶ", "タナカ"),
        ("タナカ", "タナカ"),
        ("さゝき", "サヽキ"),
        ("ゔぁん", "ヴァン"),
        ("ﾍﾞｰﾄｰｳﾞｪﾝ", "ベートーヴェン"),
        ("Ｓｍｉｔｈ", "Smith"),
        ("田中", "田中"),
    ],
)
def test_a_reading_is_katakana_whichever_kana_it_was_typed_in(told: str, form: str) -> None:
    assert kana(told) == form


@pytest.mark.parametrize(
    ("told", "country", "form"),
    [
        ("１５０ー０００１", None, "150-0001"),
        ("〒150-0001", None, "150-0001"),
        ("〒1500001", None, "150-0001"),
        ("1500001", "JP", "150-0001"),
        ("1500001", None, "1500001"),  # seven figures may be anybody's
        ("150−0001", "JP", "150-0001"),
        ("sw1a 1aa", "GB", "SW1A 1AA"),
        ("94103-1234", "US", "94103-1234"),
        ("1000-205", "PT", "1000-205"),
    ],
)
def test_a_postcode_is_in_ascii_and_a_japanese_one_has_its_hyphen(told: str, country: Any, form: str) -> None:
    assert postcode(told, country) == form


@pytest.mark.parametrize(
    ("trait", "told", "country", "form"),
    [
        ("first_name", " Ａnna ", None, "Anna"),
        ("firstName", " Ａnna ", None, "Anna"),
        ("lastNameKana", "たなか", None, "タナカ"),
        ("last_name_kana", "たなか", None, "タナカ"),
        ("postalCode", "１５０−０００１", "JP", "150-0001"),
        ("email", "Ａnna@Example.com", None, "anna@example.com"),
        ("email", "not an address", None, "not an address"),
        ("email", "a..b@docomo.ne.jp", None, "a..b@docomo.ne.jp"),
        ("phone", "０９０ー１２３４ー５６７８", "JP", "+819012345678"),
        ("phone", "090-1234-5678", None, "090-1234-5678"),
        ("phone", "+81 90 1234 5678", 7, "+819012345678"),
        ("city", "　Ｔｏｋｙｏ ", None, "　Ｔｏｋｙｏ "),  # not ours to touch
        ("first_name", 7, None, 7),
        ("email", None, None, None),
        ("address", {"zip": "１００−０００１", "city": "　東"}, "JP", {"zip": "100-0001", "city": "　東"}),
        ("address", {"zip": "1000001", "country": "JP"}, "US", {"zip": "100-0001", "country": "JP"}),
        ("address", "1 High Street", None, "1 High Street"),
    ],
)  # fmt: skip
def test_a_trait_is_normalised_by_its_name_in_either_spelling(
    trait: str, told: Any, country: Any, form: Any
) -> None:
    assert normalised(trait, told, country=country) == form


TRAITS = ["name", "first_name", "lastName", "firstNameKana", "postcode", "email", "phone", "address", "plan"]


@given(st.sampled_from(TRAITS), st.text(max_size=30), st.sampled_from([None, "JP", "US"]))
def test_doing_it_again_changes_nothing(trait: str, told: str, country: str | None) -> None:
    once = normalised(trait, told, country=country)
    assert normalised(trait, once, country=country) == once


@given(st.text(max_size=40))
def test_width_keeps_every_letter_that_a_compatibility_form_stands_for(told: str) -> None:
    assert unicodedata.normalize("NFKC", width(told)) == unicodedata.normalize(
        "NFKC", told.replace("\u309b", "\u3099").replace("\u309c", "\u309a")
    )


@given(st.text(alphabet=[chr(code) for code in range(0x3041, 0x3097)], max_size=10))
def test_hiragana_and_katakana_of_one_reading_are_equal(told: str) -> None:
    katakana = "".join(chr(ord(letter) + 0x60) for letter in told)
    assert kana(told) == kana(katakana)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a..b@docomo.ne.jp", True),
        ("a.@ezweb.ne.jp", True),
        (".a@softbank.ne.jp", True),
        ("a..b@t.vodafone.ne.jp", True),
        ("ａ..ｂ@docomo.ne.jp", True),
        ("a.b@docomo.ne.jp", False),
        ("a..b@example.com", False),  # nobody ever gave such a mailbox out
        ("a..b@notdocomo.ne.jp", False),
        ("a..b c@docomo.ne.jp", False),
        ("..@@docomo.ne.jp", False),
        ("@docomo.ne.jp", False),
        ("a..b", False),
        ("", False),
        (None, False),
        (7, False),
    ],
)
def test_a_legacy_mobile_address_is_known_by_its_carrier_and_its_dots(value: Any, expected: bool) -> None:
    assert is_legacy_mobile(value) is expected
