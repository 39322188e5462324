"""The explanation of a segment as lines of text and as JSON, English and Japanese."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from kizuna.core.condition_words import group_in_words, leaf_in_words
from kizuna.core.condition_words.values import value_in_words
from kizuna.core.conditions import EventDid, TraitIs
from kizuna.core.durations import instant_from_text, instant_to_text
from kizuna.core.segments.tree import Explanation, Why
from kizuna.core.sentences import Language, Words, moment
from kizuna.core.zones import zone_named

Hidden = Callable[[str], bool]  # whether the value of a trait is kept from view

_UNTIL = Words("until {at}, if nothing happens", "何もなければ{at}まで")
_IN = Words("{person} is in “{name}”", "{person}様は「{name}」に入っています")
_OUT = Words("{person} is not in “{name}”", "{person}様は「{name}」に入っていません")
_STALE_IN = Words(
    "(the record still says otherwise: it is not brought up to date yet)",
    "（記録にはまだ反映されていません）",
)
_EXCLUDED = Words("and none of the excluded:", "除外の条件：")
_COMPLETE = Words("on record since {at}", "記録は{at}以降")
_HIDDEN = Words("not shown", "非表示")
_TIMES = Words("{count} times", "{count}回")
_ONCE = Words("once", "1回")
_LAST = Words("last on {at}", "最後は{at}")
_SINCE = Words("since {at}", "{at}から")
_ON = Words("on {at}", "{at}")
_NEVER = Words("never", "記録なし")
_STANDS = {
    "in": Words("in it now", "進行中"),
    "completed": Words("completed", "完了あり"),
    "exited": Words("left", "離脱あり"),
}


def explanation_lines(
    told: Explanation,
    person: str,
    language: Language,
    *,
    zone: str | None,
    hidden: Hidden = lambda name: False,
) -> list[str]:
    """The verdict, then a line for each question, indented by its depth: ✓ holds, ✗ does not."""
    place = zone_named(zone)
    said = (_IN if told.holds else _OUT)._asdict()[language].format(person=person, name=told.name)
    until = _until(told.flips_at, place, language)
    first = f"{said}{'、' if language == 'ja' and until else ', ' if until else ''}{until}"
    lines = [first + ("。" if language == "ja" else ".")]
    if told.on_record is not told.holds:
        lines.append(getattr(_STALE_IN, language))
    lines += _lines(told.when, 0, place, language, hidden)
    if told.exclude is not None:
        lines.append(getattr(_EXCLUDED, language))
        lines += _lines(told.exclude, 1, place, language, hidden)
    return lines


def condition_lines(
    told: Why, language: Language, *, zone: str | None, hidden: Hidden = lambda name: False
) -> list[str]:
    """A line for each question of a condition that is no segment, in the same way."""
    return list(_lines(told, 0, zone_named(zone), language, hidden))


def _lines(why: Why, depth: int, place: ZoneInfo | None, language: Language, hidden: Hidden) -> Iterator[str]:
    said = group_in_words(why.condition, language) if why.parts else leaf_in_words(why.condition, language)
    points = (
        "" if why.points is None else f"{why.points:+g}: " if language == "en" else f"{why.points:+g}点："
    )
    notes = [seen_in_words(why, place, language, hidden=hidden), _until(why.flips_at, place, language)]
    if why.complete_since is not None:
        at = moment(why.complete_since, place, language)
        notes.append(str(getattr(_COMPLETE, language)).format(at=at))
    told = [note for note in notes if note]
    joint, opening, closing = ("; ", " (", ")") if language == "en" else ("；", "（", "）")
    note = f"{opening}{joint.join(told)}{closing}" if told else ""
    yield f"{'  ' * depth}{'✓' if why.holds else '✗'} {points}{said}{note}"
    for part in why.parts:
        yield from _lines(part, depth + 1, place, language, hidden)


def seen_in_words(why: Why, place: ZoneInfo | None, language: Language, *, hidden: Hidden) -> str:
    """What a question looks at, in a few words; empty where its answer says it all."""
    seen = why.seen
    if why.parts or seen is None:
        return ""
    if _is_hidden(why, hidden):
        return str(getattr(_HIDDEN, language))

    def say(words: Words, **more: Any) -> str:
        return str(getattr(words, language)).format(**more)

    if "count" in seen:
        count = seen["count"]
        if not count:
            return say(_NEVER)
        times = say(_ONCE if count == 1 else _TIMES, count=count)
        last = say(_LAST, at=_at(seen["last"], place, language)) if "last" in seen else ""
        return f"{times}{', ' if language == 'en' and last else '、' if last else ''}{last}"
    if "at" in seen:
        return say(_ON, at=_at(seen["at"], place, language))
    if seen.get("stands"):
        return ("、" if language == "ja" else ", ").join(say(_STANDS[stand]) for stand in seen["stands"])
    if "value" not in seen:
        return say(_NEVER)
    told = None if seen["value"] in ([], {}) else seen["value"]
    if isinstance(told, float) and isinstance(why.condition, EventDid):
        told = round(told, 6)  # as sums are kept; an average has more digits than anybody reads
    value = value_in_words(told, language)
    since = say(_SINCE, at=_at(seen["since"], place, language)) if "since" in seen else ""
    return f"{value} {since}".rstrip()


def _is_hidden(why: Why, hidden: Hidden) -> bool:
    return isinstance(why.condition, TraitIs) and hidden(why.condition.trait.split(".")[0])


def _at(text: str, place: ZoneInfo | None, language: Language) -> str:
    return moment(instant_from_text(text), place, language)


def _until(flips_at: datetime | None, place: ZoneInfo | None, language: Language) -> str:
    if flips_at is None:
        return ""
    return str(getattr(_UNTIL, language)).format(at=moment(flips_at, place, language))


# ── as JSON ─────────────────────────────────────────────────────────────────────────────────────


def explanation_body(
    told: Explanation, language: Language, *, hidden: Hidden = lambda name: False
) -> Mapping[str, Any]:
    """The tree as plain values, each question with its sentence."""
    return {
        "segment": told.segment,
        "name": told.name,
        "holds": told.holds,
        "until": instant_to_text(told.flips_at) if told.flips_at else None,
        "onRecord": told.on_record,
        "when": why_body(told.when, language, hidden=hidden),
        "exclude": why_body(told.exclude, language, hidden=hidden) if told.exclude else None,
    }


def why_body(why: Why, language: Language, *, hidden: Hidden) -> dict[str, Any]:
    said = group_in_words(why.condition, language) if why.parts else leaf_in_words(why.condition, language)
    seen = None if why.seen is None else dict(why.seen)
    if seen is not None and _is_hidden(why, hidden):
        seen = {"hidden": True}
    return {
        "text": said,
        "type": why.condition.type,
        "holds": why.holds,
        "until": instant_to_text(why.flips_at) if why.flips_at else None,
        "seen": seen,
        "completeSince": instant_to_text(why.complete_since) if why.complete_since else None,
        "points": why.points,
        "of": [why_body(part, language, hidden=hidden) for part in why.parts],
    }
