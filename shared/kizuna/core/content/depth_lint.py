"""Templates that read deep traits: each must say what is said where a trait is not told (`restraint/depth.py`)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from kizuna.core.content.lint import parts_of
from kizuna.core.content.templates import Template
from kizuna.core.errors import Problem

_MARKUP = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_READS = re.compile(r"\bperson\s*\.\s*traits\s*(?:\.\s*([A-Za-z_][\w-]*)|\[\s*(['\"])(.*?)\2\s*\]|(\[))")
_ASKS = re.compile(r"\{%-?\s*(?:if|elsif|unless|case|when)\b")  # what is absent is false there
_FALLBACK = re.compile(r"\|\s*default\s*:")


def depth_problems(
    template: Template, *, deep: Collection[str], with_fallback: Collection[str]
) -> Iterator[Problem]:
    """Where a template reads a trait in `deep` and nothing would stand in its place, or computes which it reads.

    A fallback is declared with the trait (`with_fallback`) or the template, or written with the filter `default`.
    """
    if not deep:
        return
    told = {path.removeprefix("person.traits.") for path in template.fallbacks}
    with_fallback = {*with_fallback, *told}
    for language, content in template.languages.items():
        for part in parts_of(content):
            for markup in _MARKUP.finditer(part.source):
                line = part.source.count("\n", 0, markup.start()) + 1
                place = f"languages.{language}.{part.name}:{line}"
                yield from _of_markup(markup.group(), place, deep, with_fallback)


def _of_markup(
    markup: str, place: str, deep: Collection[str], with_fallback: Collection[str]
) -> Iterator[Problem]:
    for read in _READS.finditer(markup):
        name = read[1] or read[3]
        if name is None:
            yield Problem(place, "computes which trait it reads, and some are deep: name the trait")
        elif name in deep and name not in with_fallback and not _is_safe(markup):
            reason = (
                f"reads the deep trait {name!r}: declare a fallback with the trait, or write | default: …"
            )
            yield Problem(place, reason)


def _is_safe(markup: str) -> bool:
    return bool(_ASKS.match(markup) or _FALLBACK.search(markup))
