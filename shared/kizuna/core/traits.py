"""What is declared about a trait: what it means, which of two values survives, who answers for it.

A trait that nobody declared is kept all the same, and its newest value wins.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kizuna.core.durations import Duration

Rule = Literal[
    "most_recent",
    "source_rank",
    "most_trusted",
    "longest",
    "min",
    "max",
    "union",
    "most_restrictive",
]


class Survivorship(BaseModel):
    """Which of two values of one trait is kept (`rules-spec.md` 2.4), whether they meet in a batch or in a merge.

    `sources` ranks sources, the most believed first; a source that is not named comes after all that are. It is the
    rule itself for `source_rank`, and breaks ties of the other rules. `order` is for `most_restrictive`: all values
    from the one that allows most to the one that allows least.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: Rule = "most_recent"
    sources: tuple[str, ...] = ()
    order: tuple[Any, ...] = ()

    @model_validator(mode="after")
    def _says_what_its_rule_needs(self) -> Survivorship:
        if self.rule == "source_rank" and not self.sources:
            raise ValueError("source_rank needs `sources`, the most believed first")
        if self.rule == "most_restrictive" and len(self.order) < 2:
            raise ValueError("most_restrictive needs `order`, from the value that allows most to the least")
        if self.rule != "most_restrictive" and self.order:
            raise ValueError(f"`order` is for most_restrictive, not for {self.rule}")
        for name in ("sources", "order"):
            told = [comparable(value) for value in getattr(self, name)]
            if len(set(told)) < len(told):
                raise ValueError(f"`{name}` names something twice")
        return self


class TraitDefinition(BaseModel):
    """A trait as it stands in the workspace. Its `id` is the trait's own name, such as `plan`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")
    meaning: dict[str, str] = Field(min_length=1)  # by language
    survivorship: Survivorship = Field(default_factory=Survivorship)
    stale_after: Duration | None = None  # a value older than this is reported as out of date
    sensitive: bool = False  # not shown where it is not needed
    owner: str = ""  # who answers for it
    use: tuple[str, ...] = ()  # what it may be used for
    purpose: dict[str, str] = Field(default_factory=dict)  # the same as the person is told it, by language
    depth: Literal["basic", "deep"] | None = (
        None  # deep: told to messages only with consent to personalisation
    )
    fallback: dict[str, str] = Field(default_factory=dict)  # what a message says instead, by language

    @property
    def is_deep(self) -> bool:
        """Whether messages may read it only with consent to personalisation; what is sensitive is, unless told."""
        return self.sensitive if self.depth is None else self.depth == "deep"

    def fallback_in(self, language: str) -> str | None:
        """The words that stand for a value that is not told: in this language, without its region, or in any."""
        base = language.lower().partition("-")[0]
        return self.fallback.get(language, self.fallback.get(base, next(iter(self.fallback.values()), None)))


def comparable(value: Any) -> str:
    """A text that is the same for equal JSON values and for no others: 1, 1.0, true and "1" are four."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
