"""Hearing less without leaving: a rhythm or a pause, as the pages offer them and as a form asks for them.

The values of the options are `frequency:<choice>` and `pause:<duration>`; only what was offered is ever read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from kizuna.core.durations import Duration, instant_to_text
from kizuna.core.pages.markup import option
from kizuna.core.pages.texts import TEXTS, PageLanguage
from kizuna.core.preference_center import FrequencyChoice, PreferenceCenter
from kizuna.core.restraint.wishes import FREQUENCY, PAUSE


@dataclass(frozen=True, slots=True)
class Less:
    """Fewer messages, or none for a while. `value` is the option it came from; it never means more."""

    value: str
    wish: str  # the name of the wish on the record
    told: Mapping[str, Any]


def offered(center: PreferenceCenter, *, now: datetime) -> dict[str, Less]:
    """Everything that may be asked for on the page, by the value of its option."""
    found = {}
    for choice in center.frequencies:
        value = f"frequency:{choice.id}"
        found[value] = Less(value, FREQUENCY, frequency_wish(choice, center, now=now))
    for pause in center.pauses:
        value = f"pause:{pause}"
        found[value] = Less(value, PAUSE, {"until": instant_to_text(pause.after(now))})
    return found


def frequency_wish(choice: FrequencyChoice, center: PreferenceCenter, *, now: datetime) -> dict[str, Any]:
    again = center.ask_again_after
    asked = {"ask_again_at": instant_to_text(again.after(now))} if again is not None else {}
    return {"choice": choice.id, "count": choice.count, "window": str(choice.window), **asked}


def options(center: PreferenceCenter, language: PageLanguage, *, kind: str, name: str) -> str:
    """The options as radio buttons or boxes."""
    return "\n".join(option(kind, name, value, words) for value, words in labels(center, language).items())


def labels(center: PreferenceCenter, language: PageLanguage) -> dict[str, str]:
    texts = TEXTS[language]
    rhythms = {
        f"frequency:{choice.id}": texts.keep_less.format(rhythm=named(choice.name, language))
        for choice in center.frequencies
    }
    pauses = {
        f"pause:{pause}": texts.pause_for.format(time=length(pause, language)) for pause in center.pauses
    }
    return rhythms | pauses


def named(words: Mapping[str, str], language: str) -> str:
    """A name of the workspace in the language of the page, else in the first that it has."""
    return words.get(language) or next(iter(words.values()), "")


def length(duration: Duration, language: PageLanguage) -> str:
    """A duration in words: `30 days`, `3か月間`."""
    if duration.months:
        number, unit = duration.months, "month"
    elif duration.seconds % 86_400 == 0:
        number, unit = duration.seconds // 86_400, "day"
    else:
        number, unit = max(duration.seconds // 3_600, 1), "hour"
    if language == "ja":
        return f"{number}{ {'month': 'か月間', 'day': '日間', 'hour': '時間'}[unit] }"
    return f"{number} {unit}{'' if number == 1 else 's'}"


def said(less: Less, center: PreferenceCenter, language: PageLanguage) -> str:
    """What was asked for, as HTML for the page that confirms it."""
    return escape(labels(center, language).get(less.value, less.value))
