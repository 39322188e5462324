"""A brief in words, in English and in Japanese. Nothing here is HTML or markup: escape where it is shown."""

from __future__ import annotations

from kizuna.core.brief.english import English
from kizuna.core.brief.japanese import Japanese
from kizuna.core.brief.making import Brief
from kizuna.core.catalog import Catalog
from kizuna.core.sentences import Language


def brief_text(brief: Brief, catalog: Catalog, language: Language) -> str:
    """The whole brief: headings, with a line each for what belongs there."""
    return "\n".join(
        line
        for heading, lines in sections(brief, catalog, language)
        for line in (heading, *(f"- {each}" for each in lines))
    )


def sections(brief: Brief, catalog: Catalog, language: Language) -> list[tuple[str, list[str]]]:
    """The brief as headings with their lines; what has none is left out."""
    words = Japanese(brief, catalog) if language == "ja" else English(brief, catalog)
    told = (
        [words.ours(one) for one in brief.ours],
        [words.theirs(one) for one in brief.theirs],
        [words.problem(one) for one in brief.problems],
        words.preferences(),
        [words.do(one) for one in brief.dos],
        [words.dont(one) for one in brief.donts],
    )
    found = [(words.title(), words.who()), *zip(words.HEADINGS, told, strict=True)]
    return [(heading, lines) for heading, lines in found if lines]
