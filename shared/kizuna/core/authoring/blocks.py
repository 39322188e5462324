"""Shared pieces of messages: a header, a footer, the words of the law, said once and put into every template.

A block is put in by `{% include 'footer' %}` in any part of a template. Each form of it is for one kind of part. A
block of a brand may stand only in templates that speak as this brand. Like every definition it has versions: whoever
changes a block changes every template that holds it, and `kizuna plan` shows them all.
"""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kizuna.core.content.parts import Language, Source
from kizuna.core.content.templates import SLUG


class _Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BlockForms(_Definition):
    """The same piece for HTML, for MJML and for whatever is plain text. At least one of them."""

    html: Source | None = None
    mjml: Source | None = None
    text: Source | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.html is None and self.mjml is None and self.text is None:
            raise ValueError("give html, mjml or text")
        return self


class Block(_Definition):
    """A shared piece. `brand` keeps it to one brand; without it it is for all."""

    id: str = Field(pattern=SLUG)
    description: str = ""
    brand: str | None = Field(default=None, pattern=SLUG)
    default_language: Language
    languages: dict[Language, BlockForms] = Field(min_length=1)

    @model_validator(mode="after")
    def _default_exists(self) -> Self:
        if self.default_language not in self.languages:
            raise ValueError(f"default_language {self.default_language!r} is not among the languages")
        return self
