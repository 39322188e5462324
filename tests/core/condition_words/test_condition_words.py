"""Conditions in words: every question of the language, in English and in Japanese."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from kizuna.core.condition_words import group_in_words, in_words, leaf_in_words
from kizuna.core.condition_words.comparing import COMPARISONS
from kizuna.core.conditions import Condition, leaves_of
from kizuna.core.conditions.language import parts_of
from kizuna.core.conditions.operators import TraitOperator
from kizuna.core.sentences import LANGUAGES

PARSED: TypeAdapter[Condition] = TypeAdapter(Condition)
BOUGHT = {"event": "Order Completed"}
AGO = {"between_ago": {"from": "90d", "to": "30d"}}

SAID: list[tuple[dict[str, Any], str, str]] = [
    ({"trait": "plan", "op": "eq", "value": "pro"}, "plan is “pro”", "planが「pro」である"),
    ({"trait": "vip", "op": "eq", "value": True}, "vip is yes", "vipがはいである"),
    ({"trait": "plan", "op": "exists"}, "plan is known", "planがわかっている"),
    (
        {"trait": "plan", "op": "in", "value": list("abcdefg")},
        "plan is one of “a”, “b”, “c”, “d”, “e” or 2 more",
        "planが「a」・「b」・「c」・「d」・「e」・ほか2件のいずれかである",
    ),
    ({"trait": "age", "op": "between", "value": [20, 29]}, "age lies from 20 to 29", "ageが20から29までの間にある"),
    (
        {"trait": "renews", "op": "within_last", "value": "1d"},
        "renews lies within the last 1 day",
        "renewsが過去1日以内である",
    ),
    ({**BOUGHT}, "they did “Order Completed” at any time", "「Order Completed」をした"),
    (
        {**BOUGHT, "verb": "did_not", "window": {"last": "30d"}},
        "they did not do “Order Completed” within the last 30 days",
        "過去30日に「Order Completed」をしていない",
    ),
    (
        {**BOUGHT, "verb": "count", "value": 3, "where": [{"property": "total", "op": "gt", "value": 50}]},
        "they did “Order Completed” (total is more than 50) at least 3 times at any time",
        "「Order Completed」（totalが50を超える）をした回数が3以上である",
    ),
    (
        {**BOUGHT, "verb": "sum", "of": "total", "op": "between", "value": [1, 9], "window": {"last": "3mo"}},
        "the total of “Order Completed” adds up to from 1 to 9 within the last 3 months",
        "過去3か月に「Order Completed」のtotalの合計が1から9までである",
    ),
    (
        {**BOUGHT, "verb": "avg", "of": "total", "value": 9.5, "window": {"calendar": "month", "zone": "Asia/Tokyo"}},
        "the total of “Order Completed” is at least 9.5 on average this month (Asia/Tokyo)",
        "今月（Asia/Tokyo）「Order Completed」のtotalの平均が9.5以上である",
    ),
    (
        {**BOUGHT, "verb": "min", "of": "total", "op": "lt", "value": 9},
        "the smallest total of “Order Completed” is less than 9 at any time",
        "「Order Completed」のtotalの最小が9未満である",
    ),
    (
        {**BOUGHT, "verb": "max", "of": "total", "op": "lte", "value": 9},
        "the largest total of “Order Completed” is at most 9 at any time",
        "「Order Completed」のtotalの最大が9以下である",
    ),
    (
        {**BOUGHT, "verb": "distinct", "of": "sku", "op": "gt", "value": 2, "window": {"since_last": "Visit"}},
        "there are more than 2 different values of sku in “Order Completed” since the last “Visit”",
        "最後の「Visit」以降に「Order Completed」のskuの種類の数が2を超えるである",
    ),
    (
        {**BOUGHT, "verb": "mode", "of": "kind", "op": "eq", "value": "book", "min_times": 2},
        "of “Order Completed” at any time: the most frequent kind is “book” (seen at least 2 times)",
        "「Order Completed」で最も多いkindが「book」である（2回以上）",
    ),
    (
        {**BOUGHT, "verb": "first", "op": "after", "value": "2026-01-01T00:00:00Z"},
        "of the first “Order Completed” at any time: its time lies after “2026-01-01T00:00:00Z”",
        "最初の「Order Completed」について、その時刻が「2026-01-01T00:00:00Z」より後である",
    ),
    (
        {**BOUGHT, "verb": "last", "of": "total", "op": "gt", "value": 5, "window": AGO},
        "of the last “Order Completed” between 90 days and 30 days ago: total is more than 5",
        "90日前から30日前までに最後の「Order Completed」について、totalが5を超える",
    ),
    (
        {**BOUGHT, "window": {"absolute": {"from": "2026-01-01T00:00:00Z"}}},
        "they did “Order Completed” since 2026-01-01T00:00:00.000Z",
        "2026-01-01T00:00:00.000Z以降に「Order Completed」をした",
    ),
    (
        {"sequence": [{"event": "Cart", "as": "c"}, {"not": "Order", "within": "1h", "join": {"id": "c.id"}}]},
        "they did “Cart”, then not “Order” where id = c.id within 1 hour",
        "「Cart」をする、続いて1時間以内に「Order」（id = c.id）をしない、という順である",
    ),
    (
        {"message": "opened", "campaign": "spring", "window": {"last": "7d"}},
        "a message to them of the campaign spring was opened within the last 1 week",
        "過去1週間にキャンペーンspringのメッセージが開封された",
    ),
    ({"in_segment": "vip"}, "they are in the segment vip", "セグメントvipに入っている"),
    (
        {"entered_segment": "vip", "window": {"last": "2d"}},
        "they entered the segment vip within the last 2 days",
        "過去2日にセグメントvipに入った",
    ),
    ({"left_segment": "vip"}, "they left the segment vip", "セグメントvipから出た"),
    ({"static_list": "press"}, "they are on the list press", "リストpressに載っている"),
    ({"reachable": "email"}, "they can be reached by email", "メールの宛先がある"),
    (
        {"reachable": "sms", "purpose": "promotional", "topic": "news"},
        "they may be sent promotions by SMS about news",
        "SMSでnewsについての販売促進の連絡を送ってよい",
    ),
    (
        {"consent": "withdrawn", "channel": "email", "topic": "news"},
        "writing by email on news has been refused",
        "メール（news）についてお断りがある",
    ),
    ({"subscription": "news"}, "they are subscribed to news", "newsの配信を受けている"),
    (
        {"random_bucket": "salt", "from": 0, "to": 12.5},
        "they fall into 0 % to 12.5 % of all people, drawn by salt",
        "saltによる抽選で全体の0%から12.5%までに入る",
    ),
    (
        {"holdout": "winter", "percent": 10},
        "they are among the 10 % that the holdout winter leaves out",
        "ホールドアウトwinter（10%）に入っている",
    ),
    (
        {"variant": "b", "experiment": "x", "arms": [{"name": "a"}, {"name": "b"}]},
        "the experiment x gives them b",
        "実験xでbに割り当てられている",
    ),
    (
        {"affinity": "category", "key": "shoes", "op": "gte", "value": 0.5},
        "their affinity to category shoes is at least 0.5",
        "category「shoes」への関心度が0.5以上である",
    ),
    ({"journey": "hello", "state": "in"}, "they are in the journey hello now", "ジャーニーhelloの途中である"),
    (
        {"converted": "Order Completed", "campaign": "spring"},
        "they reached the goal “Order Completed” within 3 days after a message of the campaign spring at any time",
        "キャンペーンspringのメッセージから3日以内に目標「Order Completed」を達成した",
    ),
    (
        {"rfm": "shop", "bucket": ["champions", "loyal"], "recency": {"op": "gte", "value": 4}},
        "by the RFM run shop: the bucket is “champions” or “loyal” and recency is at least 4",
        "RFM分析shopで分類が「champions」・「loyal」、かつ最新性が4以上である",
    ),
    (
        {"device": "ios", "app_version": {"cmp": "gte", "value": "2.1.0"}},
        "they were seen on ios with version 2.1.0 or above",
        "ios（バージョン2.1.0以上）を使ったことがある",
    ),
    (
        {"geo": "last_known", "within": {"lat": 35.68, "lon": 139.76, "radius_m": 1500}},
        "where they were last seen lies within 1.5 km of 35.68, 139.76, and they let us use where they are",
        "最後に確認できた位置が（35.68, 139.76）から1.5 km以内にある（位置情報の利用に同意している人のみ）",
    ),
    (
        {"event": "Store Visited", "where": {"geo": "event", "region": "JP-13"}, "window": {"last": "7d"}},
        "they did “Store Visited” (its place lies in JP-13) within the last 1 week, and they let us use "
        "where they are",
        "過去1週間に「Store Visited」（その場所がJP-13の中にある）をした（位置情報の利用に同意している人のみ）",
    ),
    (
        {"event": "Order Completed", "where": {"geo": {"property": "store"}, "region": "JP-13"}},
        "they did “Order Completed” (its store lies in JP-13) at any time",
        "「Order Completed」（そのstoreがJP-13の中にある）をした",
    ),
    ({"geo": "home", "region": "JP-13"}, "their home lies in JP-13", "自宅がJP-13の中にある"),
    ({"everyone": True}, "they are somebody we know", "記録のあるお客様である"),
    (
        {"all": [{"everyone": True}, {"in_segment": "vip"}]},
        "all of these hold (they are somebody we know; they are in the segment vip)",
        "次のすべてを満たす（記録のあるお客様である；セグメントvipに入っている）",
    ),
    ({"any": [{"in_segment": "vip"}]}, "they are in the segment vip", "セグメントvipに入っている"),
    ({"not": {"in_segment": "vip"}}, "not: they are in the segment vip", "「セグメントvipに入っている」ではない"),
    (
        {"xor": [{"in_segment": "a"}, {"in_segment": "b"}]},
        "exactly one of these holds (they are in the segment a; they are in the segment b)",
        "次のうち一つだけを満たす（セグメントaに入っている；セグメントbに入っている）",
    ),
    (
        {"at_least": 2, "of": [{"in_segment": "a"}, {"in_segment": "b"}]},
        "at least 2 of these hold (they are in the segment a; they are in the segment b)",
        "次のうち2つ以上を満たす（セグメントaに入っている；セグメントbに入っている）",
    ),
    (
        {"score": [{"when": {"in_segment": "a"}, "points": 2.5}], "op": "gte", "value": 2},
        "the points of those of these that hold come to at least 2 (2.5 points: they are in the segment a)",
        "次のうち満たすものの点数の合計が2以上である（2.5点：セグメントaに入っている）",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("document", "english", "japanese"), SAID)
def test_a_condition_is_told_in_both_languages(document: dict[str, Any], english: str, japanese: str) -> None:
    condition = PARSED.validate_python(document)
    assert in_words(condition, "en") == english
    assert in_words(condition, "ja") == japanese


def _members(union: Any) -> set[str]:
    """The names of the types that a union in the language consists of."""
    return {member.__name__ for member in get_args(union)}


def test_every_question_of_the_language_is_in_the_table() -> None:
    told = {
        type(each).__name__ for document, _, _ in SAID for each in _nodes(PARSED.validate_python(document))
    }
    language = _members(get_args(Condition)[0])
    assert language - told == set()


def _nodes(condition: Condition) -> list[Condition]:
    return [
        condition,
        *(node for part in parts_of(condition) for node in _nodes(part)),
        *leaves_of(condition),
    ]


def test_every_operator_has_words_and_no_other() -> None:
    assert set(COMPARISONS) == set(get_args(TraitOperator))


def test_a_group_is_told_without_its_parts_and_a_question_is_no_group() -> None:
    group = PARSED.validate_python({"all": [{"everyone": True}, {"in_segment": "vip"}]})
    assert group_in_words(group, "en") == "all of these hold"
    with pytest.raises(ValueError, match="not a group: everyone"):
        group_in_words(PARSED.validate_python({"everyone": True}), "en")
    assert leaf_in_words(group, "ja") == in_words(group, "ja")


@pytest.mark.parametrize("op", sorted(COMPARISONS))
@pytest.mark.parametrize(
    "value", [None, "pro", 3, ["a", "b"], [1, 2], "7d", "2026-01-01", "1.2.3", ["10.0.0.0/8"]]
)
def test_whatever_an_operator_takes_can_be_said(op: str, value: Any) -> None:
    written = {"trait": "x", "op": op} | ({} if value is None else {"value": value})
    try:
        condition = PARSED.validate_python(written)
    except ValidationError:
        return
    for language in LANGUAGES:
        said = in_words(condition, language)
        assert said.startswith("x")
        assert "{" not in said
