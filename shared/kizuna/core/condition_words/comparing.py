"""A trait or a property compared, in words: one sentence for every operator of the language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kizuna.core.condition_words.values import (
    length_in_words,
    number_in_words,
    range_in_words,
    value_in_words,
)
from kizuna.core.sentences import Language, Words

# `{what}` is compared, `{value}` is what with.
COMPARISONS: Mapping[str, Words] = {
    "eq": Words("{what} is {value}", "{what}が{value}である"),
    "not_eq": Words("{what} is not {value}", "{what}が{value}でない"),
    "in": Words("{what} is one of {value}", "{what}が{value}のいずれかである"),
    "not_in": Words("{what} is none of {value}", "{what}が{value}のいずれでもない"),
    "exists": Words("{what} is known", "{what}がわかっている"),
    "not_exists": Words("{what} is not known", "{what}がわかっていない"),
    "empty": Words("{what} is empty or not known", "{what}が空か、わかっていない"),
    "not_empty": Words("{what} is known and not empty", "{what}がわかっていて空でない"),
    "gt": Words("{what} is more than {value}", "{what}が{value}を超える"),
    "gte": Words("{what} is at least {value}", "{what}が{value}以上である"),
    "lt": Words("{what} is less than {value}", "{what}が{value}未満である"),
    "lte": Words("{what} is at most {value}", "{what}が{value}以下である"),
    "between": Words("{what} lies {range}", "{what}が{range}の間にある"),
    "not_between": Words("{what} does not lie {range}", "{what}が{range}の間にない"),
    "contains": Words("{what} contains {value}", "{what}が{value}を含む"),
    "not_contains": Words("{what} does not contain {value}", "{what}が{value}を含まない"),
    "contains_any": Words("{what} contains one of {value}", "{what}が{value}のいずれかを含む"),
    "contains_all": Words("{what} contains all of {value}", "{what}が{value}のすべてを含む"),
    "starts_with": Words("{what} starts with {value}", "{what}が{value}で始まる"),
    "not_starts_with": Words("{what} does not start with {value}", "{what}が{value}で始まらない"),
    "ends_with": Words("{what} ends with {value}", "{what}が{value}で終わる"),
    "not_ends_with": Words("{what} does not end with {value}", "{what}が{value}で終わらない"),
    "like": Words("{what} is like {value}", "{what}が{value}の形に合う"),
    "not_like": Words("{what} is not like {value}", "{what}が{value}の形に合わない"),
    "regex": Words("{what} matches the pattern {value}", "{what}が正規表現{value}に合う"),
    "not_regex": Words("{what} does not match the pattern {value}", "{what}が正規表現{value}に合わない"),
    "has_any": Words("{what} has one of {value}", "{what}に{value}のいずれかがある"),
    "has_all": Words("{what} has all of {value}", "{what}に{value}のすべてがある"),
    "has_none": Words("{what} has none of {value}", "{what}に{value}のいずれもない"),
    "size": Words("{what} has {number} entries", "{what}の件数が{number}である"),
    "has_item": Words("{what} has an entry of which holds: {where}", "{what}に次を満たすものがある：{where}"),
    "before": Words("{what} lies before {value}", "{what}が{value}より前である"),
    "after": Words("{what} lies after {value}", "{what}が{value}より後である"),
    "on": Words("{what} is on the day of {value}", "{what}が{value}と同じ日である"),
    "same_day": Words("{what} is today", "{what}が今日である"),
    "within_last": Words("{what} lies within the last {length}", "{what}が過去{length}以内である"),
    "not_within_last": Words(
        "{what} does not lie within the last {length}", "{what}が過去{length}以内でない"
    ),
    "within_next": Words("{what} lies within the next {length}", "{what}が今後{length}以内である"),
    "before_last": Words("{what} lies {length} ago or longer", "{what}が{length}以上前である"),
    "after_next": Words("{what} lies later than in {length}", "{what}が{length}より先である"),
    "anniversary": Words("{what} has its anniversary", "{what}の記念日にあたる"),
    "has_been": Words("{what} has been {value}", "{what}が{value}であり続けている"),
    "changed_within": Words("{what} changed within the last {length}", "{what}が過去{length}以内に変わった"),
    "semver": Words("{what} is a version that is {number}", "{what}のバージョンが{number}である"),
    "cidr": Words("{what} is an address in {value}", "{what}が{value}に含まれるIPアドレスである"),
}
_CASELESS = Words(", whatever the case of letters", "（大文字・小文字は問わない）")
_DAYS_OF_A_PERSON = Words(", by the person's own days", "（本人の時間帯の日付で）")
_DAYS_OF_A_ZONE = Words(", by the days of {zone}", "（{zone}の日付で）")
_HELD_LONG = Words(" for at least {length}", "（{length}以上）")
_HELD_SHORT = Words(" for less than {length}", "（{length}未満）")
_ANOTHER_DAY = Words(", {offset}", "（{offset}）")
_EARLIER = Words("{length} earlier", "{length}前から")
_LATER = Words("{length} later", "{length}後から")
_SO_LONG = Words(", for {length}", "（{length}間）")


def comparison_in_words(leaf: Any, what: str, language: Language, *, where: str = "") -> str:
    """One comparison, `what` being the words for what is compared; `where` those of a filter inside it."""

    def say(words: Words, **more: str) -> str:
        return str(getattr(words, language)).format(**more)

    template = COMPARISONS[leaf.op]
    if leaf.op == "same_day" and leaf.value is not None:
        template = COMPARISONS["on"]
    said = say(template, **_filled(leaf, what, where, language))
    if getattr(leaf, "case", None) == "insensitive":
        said += say(_CASELESS)
    said += _by_the_calendar(leaf, say, language)
    if length := getattr(leaf, "for_at_least", None):
        said += say(_HELD_LONG, length=length_in_words(length, language))
    if length := getattr(leaf, "for_less_than", None):
        said += say(_HELD_SHORT, length=length_in_words(length, language))
    return said


def _filled(leaf: Any, what: str, where: str, language: Language) -> dict[str, str]:
    """What the sentence of the leaf's operator may name; only what its operator takes is worked out."""
    takes = COMPARISONS[leaf.op].en
    filled = {"what": what, "where": where, "value": value_in_words(leaf.value, language)}
    if "{range}" in takes:
        filled["range"] = range_in_words(leaf.value, language)
    if "{length}" in takes:
        filled["length"] = length_in_words(leaf.value, language)
    if "{number}" in takes:
        filled["number"] = number_in_words(getattr(leaf, "cmp", None) or "eq", leaf.value, language)
    return filled


def _by_the_calendar(leaf: Any, say: Any, language: Language) -> str:
    told = ""
    offset, window = getattr(leaf, "offset", None), getattr(leaf, "window", None)
    if offset and offset.strip("+-0dw"):
        length = length_in_words(offset.lstrip("+-"), language)
        told += say(_ANOTHER_DAY, offset=say(_EARLIER if offset.startswith("-") else _LATER, length=length))
    if isinstance(window, str):  # of an anniversary; that of events is told with their verb
        told += say(_SO_LONG, length=length_in_words(window, language))
    zone = getattr(leaf, "zone", None)
    if zone == "person":
        told += say(_DAYS_OF_A_PERSON)
    elif zone:
        told += say(_DAYS_OF_A_ZONE, zone=zone)
    return told
