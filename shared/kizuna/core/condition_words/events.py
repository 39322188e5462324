"""What a person did, in words: verbs, windows, filters and sequences."""

from __future__ import annotations

from typing import Any, assert_never

from kizuna.core.condition_words.comparing import comparison_in_words
from kizuna.core.condition_words.values import (
    area_in_words,
    length_in_words,
    listed,
    number_in_words,
    while_allowed,
)
from kizuna.core.conditions.event_questions import EventDid
from kizuna.core.conditions.sequences import Sequence, Step
from kizuna.core.conditions.windows import Absolute, BetweenAgo, CalendarWindow, Last, SinceLast, Window
from kizuna.core.durations import instant_to_text
from kizuna.core.sentences import Language, Words

_AND = Words("and", "、かつ")


def event_in_words(leaf: EventDid, language: Language) -> str:
    """One question about events. In English a person is “they”; in Japanese nobody needs to be named."""
    said = _event_in_english(leaf) if language == "en" else _event_in_japanese(leaf)
    return while_allowed(said, language) if leaf.asks_place else said


def _event_in_english(leaf: EventDid) -> str:
    filtered = filter_in_words(leaf.where, "en")
    where = f" ({filtered})" if filtered else ""
    when, of = window_in_words(leaf.window, "en"), leaf.of
    number = _number(leaf, "en")
    did = f"“{leaf.event}”{where}"
    match leaf.verb:
        case "did":
            return f"they did {did} {when}"
        case "did_not":
            return f"they did not do {did} {when}"
        case "count":
            return f"they did {did} {number} times {when}"
        case "sum":
            return f"the {of} of {did} adds up to {number} {when}"
        case "avg":
            return f"the {of} of {did} is {number} on average {when}"
        case "min":
            return f"the smallest {of} of {did} is {number} {when}"
        case "max":
            return f"the largest {of} of {did} is {number} {when}"
        case "distinct":
            return f"there are {number} different values of {of} in {did} {when}"
        case "mode":
            times = f" (seen at least {leaf.min_times} times)" if leaf.min_times > 1 else ""
            return f"of {did} {when}: {comparison_in_words(leaf, f'the most frequent {of}', 'en')}{times}"
        case "first" | "last":
            return f"of the {leaf.verb} “{leaf.event}” {when}: {_of_one(leaf, filtered, 'en')}"
        case _:
            assert_never(leaf.verb)


def _event_in_japanese(leaf: EventDid) -> str:
    filtered = filter_in_words(leaf.where, "ja")
    where = f"（{filtered}）" if filtered else ""
    when, of = window_in_words(leaf.window, "ja"), leaf.of
    number = _number(leaf, "ja")
    did = f"{when}「{leaf.event}」{where}"
    match leaf.verb:
        case "did":
            return f"{did}をした"
        case "did_not":
            return f"{did}をしていない"
        case "count":
            return f"{did}をした回数が{number}である"
        case "sum":
            return f"{did}の{of}の合計が{number}である"
        case "avg":
            return f"{did}の{of}の平均が{number}である"
        case "min":
            return f"{did}の{of}の最小が{number}である"
        case "max":
            return f"{did}の{of}の最大が{number}である"
        case "distinct":
            return f"{did}の{of}の種類の数が{number}である"
        case "mode":
            times = f"（{leaf.min_times}回以上）" if leaf.min_times > 1 else ""
            return f"{did}で" + comparison_in_words(leaf, f"最も多い{of}", "ja") + times
        case "first" | "last":
            which = "最初" if leaf.verb == "first" else "最後"
            return f"{when}{which}の「{leaf.event}」について、{_of_one(leaf, filtered, 'ja')}"
        case _:
            assert_never(leaf.verb)


def _number(leaf: EventDid, language: Language) -> str:
    """What a count, a sum and the like are compared with; other verbs name no number."""
    if leaf.verb in ("count", "sum", "avg", "min", "max", "distinct"):
        return number_in_words(leaf.op, leaf.value, language)
    return ""


def _of_one(leaf: EventDid, filtered: str, language: Language) -> str:
    """What is asked of the first or last event: its filter, and one of its properties or its time."""
    time = Words("its time", "その時刻")
    asked = [filtered] if filtered else []
    if leaf.of or leaf.op != "exists":
        asked.append(comparison_in_words(leaf, leaf.of or getattr(time, language), language))
    return getattr(_AND, language).join(asked) if language == "ja" else f" {_AND.en} ".join(asked)


# ── windows ─────────────────────────────────────────────────────────────────────────────────────

_CALENDAR: dict[str, Words] = {
    "day": Words("today", "今日"),
    "week": Words("this week", "今週"),
    "month": Words("this month", "今月"),
}


def window_in_words(window: Window | None, language: Language) -> str:
    """The time that is asked about; empty only in Japanese, where “ever” is not said."""
    en = language == "en"
    match window:
        case None:
            return "at any time" if en else ""
        case Last(last=length):
            told = length_in_words(length, language)
            return f"within the last {told}" if en else f"過去{told}に"
        case BetweenAgo(between_ago=ago):
            start, end = length_in_words(ago.from_, language), length_in_words(ago.to, language)
            return f"between {start} and {end} ago" if en else f"{start}前から{end}前までに"
        case Absolute(absolute=dates):
            return _dates(dates.from_, dates.to, en=en)
        case SinceLast(since_last=event, if_never=if_never):
            ever = (" (ever, if there was none)" if en else "（なければ全期間で）") if if_never else ""
            return f"since the last “{event}”{ever}" if en else f"最後の「{event}」以降に{ever}"
        case CalendarWindow(calendar=period, zone=zone):
            when = getattr(_CALENDAR[period], language)
            place = zone or ("where they are" if en else "本人の時間帯")
            return f"{when} ({place})" if en else f"{when}（{place}）"
        case _:
            assert_never(window)


def _dates(start: Any, end: Any, *, en: bool) -> str:
    since = instant_to_text(start) if start else ""
    until = instant_to_text(end) if end else ""
    if not since:
        return f"before {until}" if en else f"{until}より前に"
    if not until:
        return f"since {since}" if en else f"{since}以降に"
    return f"from {since} until {until}" if en else f"{since}から{until}までに"


# ── filters ─────────────────────────────────────────────────────────────────────────────────────


def filter_in_words(where: Any, language: Language) -> str:
    """A filter of events, or of the objects in a list: a list of questions, or a tree of them. Empty without one."""
    if not where:
        return ""
    if isinstance(where, list | tuple):
        return _joined([filter_in_words(each, language) for each in where], "all", language)
    match where.type if hasattr(where, "type") else "property":
        case "all" | "any" | "xor" | "none" | "at_least" as kind:
            parts = [filter_in_words(part, language) for part in where.of]
            return _joined(parts, kind, language, least=getattr(where, "n", 0))
        case "geo":
            at = where.geo if isinstance(where.geo, str) else where.geo.property
            area = area_in_words(where.within, where.region, language)
            if language == "en":
                return f"its {'place' if at == 'event' else at} lies {area}"
            return f"その{'場所' if at == 'event' else at}が{area}にある"
        case "context":
            return comparison_in_words(
                where, f"context.{where.context}", language, where=_inner(where, language)
            )
        case _:
            return comparison_in_words(where, where.property, language, where=_inner(where, language))


def _inner(where: Any, language: Language) -> str:
    return filter_in_words(getattr(where, "where", None), language)


_GROUPS: dict[str, Words] = {
    "any": Words("one of ({parts})", "次のいずれか（{parts}）"),
    "xor": Words("exactly one of ({parts})", "次のうち一つだけ（{parts}）"),
    "none": Words("none of ({parts})", "次のいずれでもない（{parts}）"),
    "at_least": Words("at least {least} of ({parts})", "次のうち{least}つ以上（{parts}）"),
}


def _joined(parts: list[str], kind: str, language: Language, *, least: int = 0) -> str:
    if kind == "all" or (kind == "any" and len(parts) == 1):
        return "、かつ".join(parts) if language == "ja" else " and ".join(parts)
    if kind == "none" and len(parts) == 1:
        return f"not: {parts[0]}" if language == "en" else f"「{parts[0]}」ではない"
    words: str = getattr(_GROUPS[kind], language)
    return words.format(parts=("; " if language == "en" else "；").join(parts), least=least)


# ── sequences ───────────────────────────────────────────────────────────────────────────────────


def sequence_in_words(leaf: Sequence, language: Language) -> str:
    """Steps in their order, each with its filter, its time and what it shares with an earlier one."""
    said = _sequence(leaf, language)
    return while_allowed(said, language) if leaf.asks_place else said


def _sequence(leaf: Sequence, language: Language) -> str:
    steps = [_step(step, language) for step in leaf.sequence]
    strict = (
        (" (with nothing in between)" if language == "en" else "（間にほかの行動なし）")
        if leaf.strict
        else ""
    )
    when = window_in_words(leaf.window, language)
    if language == "en":
        return f"they did {', then '.join(steps)}{strict}" + (f", {when}" if leaf.window else "")
    return f"{when}{'、続いて'.join(steps)}、という順である{strict}"


def _step(step: Step, language: Language) -> str:
    filtered = filter_in_words(step.where, language)
    shared = (
        listed((f"{own} = {other}" for own, other in step.join.items()), language, last=Words("and", "・"))
        if step.join
        else ""
    )
    within = length_in_words(step.within, language) if step.within else ""
    if language == "en":
        said = f"not “{step.name}”" if step.not_ else f"“{step.name}”"
        said += f" ({filtered})" if filtered else ""
        said += f" where {shared}" if shared else ""
        return said + (f" within {within}" if within else "")
    said = f"「{step.name}」" + (f"（{filtered}）" if filtered else "") + (f"（{shared}）" if shared else "")
    said = f"{within}以内に{said}" if within else said
    return f"{said}をしない" if step.not_ else f"{said}をする"
