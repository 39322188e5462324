"""Where a person stands, in words: segments, lists, journeys, devices, places, random parts of all people."""

from __future__ import annotations

from typing import Any, assert_never

from kizuna.core.condition_words.values import (
    area_in_words,
    length_in_words,
    number_in_words,
    value_in_words,
    while_allowed,
)
from kizuna.core.conditions.person_questions import (
    Affinity,
    DeviceIs,
    EnteredSegment,
    Everyone,
    Holdout,
    InSegment,
    JourneyState,
    LeftSegment,
    RandomBucket,
    RfmIs,
    StaticList,
    Variant,
)
from kizuna.core.conditions.trait_questions import PlaceIs
from kizuna.core.sentences import Language, Words

Standing = (
    InSegment
    | EnteredSegment
    | LeftSegment
    | StaticList
    | JourneyState
    | RandomBucket
    | Holdout
    | Variant
    | Affinity
    | RfmIs
    | DeviceIs
    | PlaceIs
    | Everyone
)

_JOURNEYS: dict[str, Words] = {
    "in": Words("they are in the journey {name} now", "ジャーニー{name}の途中である"),
    "completed": Words("they have completed the journey {name}", "ジャーニー{name}を終えた"),
    "exited": Words("they have left the journey {name}", "ジャーニー{name}から外れた"),
    "never": Words("they were never in the journey {name}", "ジャーニー{name}に入ったことがない"),
}


def standing_in_words(leaf: Standing, language: Language) -> str:
    """One question about where the person stands."""

    def say(en: str, ja: str) -> str:
        return en if language == "en" else ja

    match leaf:
        case InSegment(in_segment=name):
            return say(f"they are in the segment {name}", f"セグメント{name}に入っている")
        case EnteredSegment(entered_segment=name, window=window):
            lately = _lately(window, language)
            return say(f"they entered the segment {name}{lately}", f"{lately}セグメント{name}に入った")
        case LeftSegment(left_segment=name, window=window):
            lately = _lately(window, language)
            return say(f"they left the segment {name}{lately}", f"{lately}セグメント{name}から出た")
        case StaticList(static_list=name):
            return say(f"they are on the list {name}", f"リスト{name}に載っている")
        case JourneyState(journey=name, state=state):
            return say(*_JOURNEYS[state]).format(name=name)
        case Affinity(affinity=kind, key=key, op=op, value=value):
            number = number_in_words(op, value, language)
            return say(
                f"their affinity to {kind} {key} is {number}", f"{kind}「{key}」への関心度が{number}である"
            )
        case RfmIs():
            return _rfm(leaf, language)
        case DeviceIs():
            return _device(leaf, language)
        case PlaceIs(geo=geo, within=within, region=region):
            place = _place(geo, language)
            area = area_in_words(within, region, language)
            said = say(f"{place} lies {area}", f"{place}が{area}にある")
            return while_allowed(said, language) if geo == "last_known" else said
        case RandomBucket() | Holdout() | Variant():
            return _by_chance(leaf, language)
        case Everyone():
            return say("they are somebody we know", "記録のあるお客様である")
        case _:
            assert_never(leaf)


def _by_chance(leaf: RandomBucket | Holdout | Variant, language: Language) -> str:
    en = language == "en"
    match leaf:
        case RandomBucket(random_bucket=salt, from_=start, to=end):
            if en:
                return f"they fall into {start:g} % to {end:g} % of all people, drawn by {salt}"
            return f"{salt}による抽選で全体の{start:g}%から{end:g}%までに入る"
        case Holdout(holdout=name, percent=percent):
            if en:
                return f"they are among the {percent:g} % that the holdout {name} leaves out"
            return f"ホールドアウト{name}（{percent:g}%）に入っている"
        case Variant(variant=arm, experiment=name):
            if en:
                return f"the experiment {name} gives them {arm}"
            return f"実験{name}で{arm}に割り当てられている"
        case _:
            assert_never(leaf)


_SCORES: dict[str, Words] = {
    "recency": Words("recency", "最新性"),
    "frequency": Words("frequency", "頻度"),
    "monetary": Words("monetary value", "金額"),
}
_VERSIONS: dict[str, Words] = {
    "eq": Words("version {value}", "バージョン{value}"),
    "not_eq": Words("any version but {value}", "{value}以外のバージョン"),
    "gt": Words("a version above {value}", "{value}より新しいバージョン"),
    "gte": Words("version {value} or above", "バージョン{value}以上"),
    "lt": Words("a version below {value}", "{value}より古いバージョン"),
    "lte": Words("version {value} or below", "バージョン{value}以下"),
}


def _rfm(leaf: RfmIs, language: Language) -> str:
    """What an RFM run found, bucket and scores as far as they are asked for."""
    asked: list[str] = []
    if leaf.bucket:
        buckets = value_in_words(leaf.bucket, language)
        asked.append(f"the bucket is {buckets}" if language == "en" else f"分類が{buckets}")
    for name, words in _SCORES.items():
        score = getattr(leaf, name)
        if score is not None:
            number = number_in_words(score.op, score.value, language)
            called = getattr(words, language)
            asked.append(f"{called} is {number}" if language == "en" else f"{called}が{number}")
    if language == "en":
        return f"by the RFM run {leaf.rfm}: {' and '.join(asked)}"
    return f"RFM分析{leaf.rfm}で{'、かつ'.join(asked)}である"


def _device(leaf: DeviceIs, language: Language) -> str:
    en = language == "en"
    device = ("any device" if en else "いずれかの端末") if leaf.device == "any" else leaf.device
    more = [leaf.os] if leaf.os else []
    if leaf.app_version is not None:
        words = getattr(_VERSIONS[leaf.app_version.cmp], language)
        more.append(str(words).format(value=leaf.app_version.value))
    if en:
        return f"they were seen on {device}" + (f" with {' and '.join(more)}" if more else "")
    return f"{device}{'（' + '、'.join(more) + '）' if more else ''}を使ったことがある"


def _place(geo: Any, language: Language) -> str:
    if geo == "home":
        return "their home" if language == "en" else "自宅"
    if geo == "last_known":
        return "where they were last seen" if language == "en" else "最後に確認できた位置"
    return f"their {geo.trait}" if language == "en" else geo.trait


def _lately(window: Any, language: Language) -> str:
    if window is None:
        return ""
    told = length_in_words(window.last, language)
    return f" within the last {told}" if language == "en" else f"過去{told}に"
