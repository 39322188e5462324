"""What a trait is called on somebody's own page, where the workspace declares nothing about it.

Traits come under the keys that programs give them: `last_order_total`, `lastOrderTotal`. Those that most shops send
are known here by what people call them. Another key is shown in words (`Shirt size`), and on a Japanese page under a
neutral heading, for its words are hardly ever Japanese. `traits.yaml` gives a trait a name of its own (`meaning`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from kizuna.core.pages.texts import PageLanguage


class Label(NamedTuple):
    """What stands before a value. `key` is the trait's own key in words, where the text alone does not tell it."""

    text: str
    key: str = ""
    is_known: bool = True


class _Name(NamedTuple):
    en: str
    ja: str


_SEVERAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\s_.\-]+")

# By the words of the key, however it is spelled: `postal_code` is `postalCode`. The names that the specs of analytics
# SDKs reserve, and what shops count.
_KNOWN: Mapping[str, _Name] = {
    "address": _Name("Postal address", "ご住所"),
    "age": _Name("Age", "ご年齢"),
    "avatar": _Name("Picture", "プロフィール画像"),
    "birthdate": _Name("Date of birth", "生年月日"),
    "birthday": _Name("Date of birth", "生年月日"),
    "city": _Name("City", "市区町村"),
    "company": _Name("Company", "会社名"),
    "country": _Name("Country", "国"),
    "created at": _Name("With us since", "ご登録日"),
    "currency": _Name("Currency", "通貨"),
    "date of birth": _Name("Date of birth", "生年月日"),
    "department": _Name("Department", "部署名"),
    "description": _Name("About you", "プロフィール"),
    "employees": _Name("Number of employees", "従業員数"),
    "favorite category": _Name("Favourite category", "お好みのカテゴリー"),
    "favorite store": _Name("Favourite store", "よくご利用の店舗"),
    "first name": _Name("First name", "名"),
    "first name kana": _Name("First name (reading)", "名（フリガナ）"),
    "first order at": _Name("First order", "初回のご注文日"),
    "first seen at": _Name("First visit", "初回のご利用日"),
    "gender": _Name("Gender", "性別"),
    "id": _Name("Customer number", "お客さま番号"),
    "industry": _Name("Industry", "業種"),
    "interests": _Name("Interests", "ご興味のある分野"),
    "is vip": _Name("VIP customer", "VIPのお客さま"),
    "job title": _Name("Position", "役職"),
    "language": _Name("Language", "言語"),
    "last login at": _Name("Last login", "最終ログイン日時"),
    "last name": _Name("Last name", "姓"),
    "last name kana": _Name("Last name (reading)", "姓（フリガナ）"),
    "last order at": _Name("Last order", "直近のご注文日"),
    "last order total": _Name("Sum of the last order", "直近のご注文金額"),
    "last purchase at": _Name("Last order", "直近のご注文日"),
    "last seen at": _Name("Last visit", "最後のご利用日時"),
    "lifetime value": _Name("Sum of all orders", "ご購入金額の合計"),
    "locale": _Name("Language", "言語"),
    "loyalty id": _Name("Membership number", "会員番号"),
    "loyalty points": _Name("Points", "ポイント残高"),
    "loyalty tier": _Name("Membership level", "会員ランク"),
    "member since": _Name("Member since", "ご入会日"),
    "membership": _Name("Membership", "会員種別"),
    "middle name": _Name("Middle name", "ミドルネーム"),
    "name": _Name("Name", "お名前"),
    "nickname": _Name("Nickname", "ニックネーム"),
    "occupation": _Name("Occupation", "ご職業"),
    "order count": _Name("Number of orders", "ご注文回数"),
    "orders count": _Name("Number of orders", "ご注文回数"),
    "plan": _Name("Plan", "ご契約プラン"),
    "points": _Name("Points", "ポイント残高"),
    "postal code": _Name("Postal code", "郵便番号"),
    "prefecture": _Name("Prefecture", "都道府県"),
    "registered at": _Name("With us since", "ご登録日"),
    "signed up at": _Name("With us since", "ご登録日"),
    "state": _Name("State", "都道府県・州"),
    "street": _Name("Street", "番地・建物名"),
    "tags": _Name("Tags", "タグ"),
    "timezone": _Name("Time zone", "タイムゾーン"),
    "title": _Name("Title", "役職・敬称"),
    "total orders": _Name("Number of orders", "ご注文回数"),
    "total spent": _Name("Sum of all orders", "ご購入金額の合計"),
    "username": _Name("User name", "ユーザー名"),
    "vip": _Name("VIP customer", "VIPのお客さま"),
    "website": _Name("Website", "ウェブサイト"),
    "zip": _Name("Postal code", "郵便番号"),
}
_OTHER = "そのほかの情報"


def label_of(name: str, language: PageLanguage) -> Label:
    """What an undeclared trait is called on a page."""
    words = key_in_words(name)
    known = _KNOWN.get(words.lower())
    if known is not None:
        return Label(getattr(known, language))
    if not words.isascii():  # somebody named it in their own language already
        return Label(words)
    if language == "ja":
        return Label(_OTHER, words.lower(), is_known=False)
    return Label(words[:1].upper() + words[1:], is_known=False)


def key_in_words(name: str) -> str:
    """`lastOrderTotal` and `last_order_total` are `last order total`; what is written large throughout stays so."""
    pieces = [piece for piece in _SEVERAL.split(name) if piece]
    return " ".join(piece if piece.isupper() else piece.lower() for piece in pieces) or name
