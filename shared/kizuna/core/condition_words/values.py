"""Values, lengths of time and places in words, English and Japanese: what fills sentences about conditions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from kizuna.core.conditions.geo import Circle
from kizuna.core.durations import Duration, instant_to_text
from kizuna.core.sentences import Language, Words

_SHOWN = 5  # of a long list
_OR = Words("or", "・")

_UNITS: dict[str, Words] = {
    "s": Words("second", "秒"),
    "m": Words("minute", "分"),
    "h": Words("hour", "時間"),
    "d": Words("day", "日"),
    "w": Words("week", "週間"),
    "mo": Words("month", "か月"),
    "y": Words("year", "年"),
}


def length_in_words(length: Duration | str, language: Language) -> str:
    """`7d` as `7 days`, `7日`."""
    text = str(length)
    unit = text.lstrip("+-0123456789")
    number = int(text[: len(text) - len(unit)])
    words = _UNITS[unit]
    if language == "ja":
        return f"{number}{words.ja}"
    return f"{number} {words.en}" if abs(number) == 1 else f"{number} {words.en}s"


def value_in_words(value: Any, language: Language) -> str:
    """A value as it is quoted in a sentence; of a long list the first few, and how many there are."""
    match value:
        case None:
            return "nothing" if language == "en" else "空（null）"
        case bool():
            yes, no = ("yes", "no") if language == "en" else ("はい", "いいえ")
            return yes if value else no
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case datetime():
            return instant_to_text(value)
        case str():
            return f"“{value}”" if language == "en" else f"「{value}」"
        case list() | tuple():
            return listed((value_in_words(each, language) for each in value), language)
        case _ if hasattr(value, "trait"):
            return f"their {value.trait}" if language == "en" else f"本人の{value.trait}の値"
        case _ if hasattr(value, "property"):
            return f"its {value.property}" if language == "en" else f"同じ行動の{value.property}の値"
        case _:
            return str(value)


def listed(parts: Iterable[str], language: Language, *, last: Words = _OR) -> str:
    """Several things in a row; of many the first few and how many there are."""
    told = list(parts)
    if len(told) > _SHOWN:
        more = len(told) - _SHOWN
        rest = f"{more} more" if language == "en" else f"ほか{more}件"
        told = [*told[:_SHOWN], rest]
    if language == "ja":
        return last.ja.join(told)
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} {last.en} {told[-1]}"


def range_in_words(value: Any, language: Language) -> str:
    low, high = value
    one, other = value_in_words(low, language), value_in_words(high, language)
    return f"from {one} to {other}" if language == "en" else f"{one}から{other}まで"


def while_allowed(said: str, language: Language) -> str:
    """What is asked of a place that a device told: it holds only while the person agrees to it."""
    return (
        f"{said}, and they let us use where they are"
        if language == "en"
        else f"{said}（位置情報の利用に同意している人のみ）"
    )


def area_in_words(within: Circle | None, region: str | None, language: Language) -> str:
    """A circle or a region, as the place in which something lies."""
    if within is None:
        return f"in {region}" if language == "en" else f"{region}の中"
    metres = within.radius_m
    far = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    point = f"{within.lat:g}, {within.lon:g}"
    return f"within {far} of {point}" if language == "en" else f"（{point}）から{far}以内"


_NUMBERS: dict[str, Words] = {
    "eq": Words("exactly {value}", "ちょうど{value}"),
    "gt": Words("more than {value}", "{value}を超える"),
    "gte": Words("at least {value}", "{value}以上"),
    "lt": Words("less than {value}", "{value}未満"),
    "lte": Words("at most {value}", "{value}以下"),
    "between": Words("{value}", "{value}"),
}


def number_in_words(op: str, value: Any, language: Language) -> str:
    """A comparison with a number, such as `at least 3`, `3以上`."""
    shown = range_in_words(value, language) if op == "between" else value_in_words(value, language)
    words: str = getattr(_NUMBERS[op], language)
    return words.format(value=shown)
