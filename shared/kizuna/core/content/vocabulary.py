"""The words of a brand: those it does not use, and those by which people know it."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Phrase = Annotated[str, Field(min_length=1, max_length=60)]


class Vocabulary(BaseModel):
    """In one language. `avoid`: what to say instead of each word, if anything; one of `prefer` should be there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    avoid: dict[Phrase, Annotated[str, Field(max_length=60)]] = Field(default_factory=dict, max_length=200)
    prefer: tuple[Phrase, ...] = Field(default=(), max_length=50)

    def holds(self, text: str, phrase: str) -> bool:
        """Whether the phrase is in the text, whatever the width and case; Latin words only as whole words."""
        wanted = _flat(phrase)
        edge_before = r"(?<![a-z0-9])" if wanted[:1].isascii() and wanted[:1].isalnum() else ""
        edge_after = r"(?![a-z0-9])" if wanted[-1:].isascii() and wanted[-1:].isalnum() else ""
        return re.search(edge_before + re.escape(wanted) + edge_after, _flat(text)) is not None


def _flat(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
