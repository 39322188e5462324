"""What a marketer calls a journey and its steps: a text, or one in each language that people read."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from kizuna.core.content.parts import OneLine
from kizuna.core.sentences import Language

_Text = Annotated[str, Field(min_length=1, max_length=100), OneLine]
Name = _Text | Annotated[dict[Language, _Text], Field(min_length=1)]


def name_in(name: Name, language: Language = "en") -> str:
    """A name in a language; in one that is not there, the first of those that are."""
    if isinstance(name, str):
        return name
    return name.get(language) or next(iter(name.values()))
