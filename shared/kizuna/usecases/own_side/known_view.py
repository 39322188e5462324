"""What is known of somebody, as their own page tells it: in their words, with where it is from and what for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.country_names import country_name
from kizuna.core.pages.less import named
from kizuna.core.pages.own_page import Known
from kizuna.core.pages.own_texts import OWN_TEXTS
from kizuna.core.pages.texts import PageLanguage
from kizuna.core.pages.trait_names import Label, label_of
from kizuna.core.people import COMPUTED_TRAITS, Profile, Trait
from kizuna.core.places import PLACE
from kizuna.core.sentences import day, moment
from kizuna.core.traits import TraitDefinition
from kizuna.core.zone_words import zone_words
from kizuna.core.zones import zone_named

_VALUE_MAX = 200
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})")
_LANGUAGES = {"en": "English", "ja": "日本語"}
_NOT_SHOWN = COMPUTED_TRAITS | {PLACE, "email", "phone"}  # addresses are shown as such, and not in full
_NOTHING: tuple[Any, ...] = (None, "", [], {})


def known_of(profile: Profile, catalog: Catalog, language: PageLanguage, zone: str) -> tuple[Known, ...]:
    """Everything that is known, what has a name first. Days and instants are told in `zone`."""
    shown = [
        (_label(name, catalog, language), name, trait)
        for name, trait in sorted(profile.traits.items())
        if name not in _NOT_SHOWN and trait.value not in _NOTHING
    ]
    shown.sort(key=lambda each: not each[0].is_known)
    return tuple(
        Known(
            label.text,
            _value(name, trait.value, language, zone),
            tuple(_why(name, trait, catalog, language, zone)),
            key=label.key,
        )
        for label, name, trait in shown
    )


def _label(name: str, catalog: Catalog, language: PageLanguage) -> Label:
    definition = catalog.traits.get(name)
    return Label(named(definition.meaning, language)) if definition else label_of(name, language)


def _why(name: str, trait: Trait, catalog: Catalog, language: PageLanguage, zone: str) -> list[str]:
    texts, definition = OWN_TEXTS[language], catalog.traits.get(name)
    source, place = _source(trait.source, catalog, language), zone_named(zone)
    told = texts.told_by.format(source=source, at=day(trait.at.astimezone(place), language))
    use = _purpose(definition, language) if definition else ""
    return [told, texts.used_for.format(use=use)] if use else [told]


def _purpose(definition: TraitDefinition, language: PageLanguage) -> str:
    if definition.purpose:
        return named(definition.purpose, language)
    return _comma(language).join(definition.use)


def _source(source: str, catalog: Catalog, language: PageLanguage) -> str:
    definition = catalog.sources.get(source)
    if definition is not None:
        return named(definition.known_as, language) or definition.name
    return OWN_TEXTS[language].sources.get(source, source)


# ── values ──────────────────────────────────────────────────────────────────────────────────────


def _value(name: str, value: Any, language: PageLanguage, zone: str) -> str:
    """A value as people write it: languages, countries and zones by their names."""
    if name == "timezone" and isinstance(value, str):
        return zone_words(value, language)  # as the list to choose from has them
    if name == "country" and isinstance(value, str):
        return country_name(value, language) or value
    if name == "language" and isinstance(value, str):
        return _LANGUAGES.get(value.replace("_", "-").split("-", 1)[0].lower(), value)
    words = _words(value, language, zone)
    return words if len(words) <= _VALUE_MAX else words[: _VALUE_MAX - 1] + "…"


def _words(value: Any, language: PageLanguage, zone: str) -> str:
    """Days and instants as dates, whole numbers without a point, and what has parts part by part."""
    texts = OWN_TEXTS[language]
    match value:
        case bool():
            return texts.yes if value else texts.no
        case float() if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        case str():
            return _text(value, language, zone)
        case Mapping():
            colon = "：" if language == "ja" else ": "
            parts = (
                f"{_part(str(name), language)}{colon}{_words(each, language, zone)}"
                for name, each in value.items()
                if each not in _NOTHING
            )
            return ("、" if language == "ja" else "; ").join(parts)
        case list() | tuple():
            return _comma(language).join(_words(each, language, zone) for each in value)
        case _:
            return str(value)


def _part(name: str, language: PageLanguage) -> str:
    label = label_of(name, language)
    return label.key or label.text


def _text(value: str, language: PageLanguage, zone: str) -> str:
    with suppress(ValueError):  # such as the 30th of February
        if _DATE.fullmatch(value):
            return day(date.fromisoformat(value), language)
        if _INSTANT.fullmatch(value):
            return moment(datetime.fromisoformat(value), zone_named(zone), language)
    return value


def _comma(language: PageLanguage) -> str:
    return "、" if language == "ja" else ", "
