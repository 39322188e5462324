"""Promotion inside a message that somebody needs: it makes advertising of the whole (CAN-SPAM, CASL: `consent.md` 4).

A template says what it is for; here its words are held against that when it is saved, in every language and part, as
they will be composed. What is looked for is what only advertising says: prices that fall, codes, sales, calls to buy,
other things to buy. The sum of a discount on a receipt is none of it. Words may be meant otherwise all the same, so a
template may say why it promotes nothing (`not_promotion`), for everybody to read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from kizuna.core.content.lint import parts_of
from kizuna.core.content.templates import Template
from kizuna.core.errors import Problem

_OUTPUT = re.compile(r"\{\{[^{]*?\}\}")  # a value: it may be a number
_TAG = re.compile(r"\{%[^{]*?%\}")
_FLAGS = re.DOTALL | re.IGNORECASE
_BLOCK = re.compile(r"<(style|script)\b(?:(?!<\1\b).)*?</\1\s*>|<!--(?:(?!<!--).)*?-->", _FLAGS)
_INLINE = re.compile(r"</?(?:b|i|u|em|strong|span|font|small|big|a|mark|sup|sub)\b[^<>]*>|&shy;", _FLAGS)
_MARKUP = re.compile(r"<[^<>]*>")
_ENTITIES = {
    "&nbsp;": " ",
    "&percnt;": "%",
    "&#37;": "%",
    "&amp;": "&",
    "&rsquo;": "'",
    "&#39;": "'",
    "’": "'",
}
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200d\u2060\ufeff]")

_SAYS = {
    "en": (
        r"\d\s*(?:%|percent)\s*(?:off|discount|cheaper|less\b)",
        r"\b(?:half[- ]price|half off|bogo|buy one,? get one)\b",
        r"[$€£¥]\s*\d[\d.,]*\s*off\b",
        r"\b(?:promo(?:tion(?:al)?)?|discount|coupon|voucher)[- ]?codes?\b",
        r"\b(?:get|here(?:'s| is)|claim|redeem|enjoy) (?:your |a |an )?(?:coupon|voucher|discount|promo)",
        r"\bdiscounts? (?:on|of up)\b|\bup to \d+\s*%",
        r"\b(?:shop|buy|order) (?:it )?(?:now|today)\b",
        r"\b(?:special|limited[- ]time|exclusive|best|great|latest) (?:offer|deal|price)s?\b",
        r"\b(?:flash|summer|winter|spring|autumn|fall|clearance|holiday|christmas|black friday|cyber monday|"
        r"january|mid-season|end of season) (?:sale|deal)s?\b|\bon sale\b|\bour (?:big )?sale\b",
        r"\bsale (?:ends|starts|is on)\b|\bwhile (?:stocks|supplies) last\b|\bonly while in stock\b",
        r"\bsave (?:up to )?(?:[$€£¥]\s*)?\d",
        r"\bfree shipping (?:on|for|with|this|over)\b",
        r"\b(?:new arrivals|bestsellers?|best sellers?)\b",
        r"\byou (?:may|might|could) also (?:like|love|enjoy)\b|\brecommended for you\b",
        r"\b(?:customers|people) (?:who bought|also bought)\b",
    ),
    "de": (r"\d\s*%\s*(?:rabatt|günstiger|reduziert)", r"\b(?:rabatt|gutschein)[- ]?code", r"\bsonderangebot",
           r"\bjetzt (?:kaufen|bestellen|shoppen|sparen)\b", r"\bdas könnte (?:ihnen|dir) auch gefallen\b"),
    "fr": (r"\bcode promo\b", r"\boffre (?:spéciale|exclusive)\b", r"\d\s*% de (?:réduction|remise)", r"\bsoldes\b",
           r"\b(?:achetez|commandez) (?:maintenant|dès)\b"),
    "ja": (
        r"\d\s*(?:%|パーセント|割)\s*(?:off|オフ|引き|割引|還元)",
        r"\d\s*円\s*(?:off|オフ|引き)",
        r"クーポン(?:コード|を?(?:プレゼント|進呈|配布|差し上げ))|割引クーポン|お得なクーポン",
        r"セール(?:開催|実施|中|の?お知らせ|が?始まり|スタート)|(?:初売り|決算|タイム|夏の|冬の|春の|秋の|感謝|在庫一掃|特別)セール|バーゲン",
        r"期間限定|数量限定|今だけ|いまだけ|お買い得|お得な|特価|半額|大特典",
        r"(?:送料無料|割引|ポイント|特別|限定)キャンペーン|キャンペーン(?:実施|開催)",
        r"(?:今すぐ|いますぐ|ぜひ)(?:ご)?(?:購入|注文|お買い求め)",
        r"おすすめ(?:の)?(?:商品|アイテム)|こちらもおすすめ|(?:新商品|新製品|新着商品)の?(?:ご案内|ご紹介|登場)",
        r"ポイント\s*\d+\s*倍",
    ),
}  # fmt: skip
_REASON = 10  # characters: what is shorter explains nothing
_SAID = re.compile("|".join(pattern for patterns in _SAYS.values() for pattern in patterns))


def promotion_in(text: str) -> str:
    """What of a text only advertising says; empty where nothing is. Markup and Liquid may be in it."""
    return next((found[0] for found in _SAID.finditer(_read(text))), "")


def promotion_problems(template: Template) -> Iterator[Problem]:
    """Where a template that is called transactional promotes something."""
    if template.purpose != "transactional" or len(template.not_promotion.strip()) >= _REASON:
        return
    for language, content in template.languages.items():
        for part in parts_of(content):
            said = promotion_in(part.source)
            if said:
                why = (
                    f"promotes something ({said!r}), and is called transactional: take that out, make it "
                    "promotional, or say in not_promotion why it promotes nothing"
                )
                yield Problem(f"languages.{language}.{part.name}", why)


def _read(text: str) -> str:
    """The words as a reader sees them, in small letters; a value stands as a number."""
    seen = _TAG.sub("", _OUTPUT.sub("1", text))
    seen = _MARKUP.sub(" ", _INLINE.sub("", _BLOCK.sub(" ", seen)))
    for entity, character in _ENTITIES.items():
        seen = seen.replace(entity, character)
    plain = unicodedata.normalize("NFKC", _UNSEEN.sub("", seen)).casefold()
    return " ".join(plain.split())
