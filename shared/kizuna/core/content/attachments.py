"""What travels with an e-mail: files, and an appointment that a calendar takes over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kizuna.core.content.parts import Line, SingleLineSource, Source

ATTACHMENTS_MAX = 5
ATTACHED_MAX = 200_000
"""Characters of one file; definitions have to fit into an item of the catalog (400 kB)."""

FileName = Annotated[Line, Field(pattern=r"^[^/\\:*?\"<>|]{1,100}$")]


class _Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Attachment(_Definition):
    """A file that goes with the mail: `text`, a template of its own, or `base64`, the same for everybody."""

    name: FileName
    type: Literal["text/plain", "text/csv", "application/pdf", "image/png", "image/jpeg"]
    text: Source | None = None
    base64: str | None = Field(
        default=None,
        max_length=ATTACHED_MAX,
        pattern=r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) == (self.base64 is None):
            raise ValueError("give either text or base64")
        if self.text is not None and not self.type.startswith("text/"):
            raise ValueError(f"a {self.type} is given as base64")
        return self


class CalendarEntry(_Definition):
    """An appointment. `starts` and `ends` are templates that give instants with an offset (RFC 3339)."""

    title: SingleLineSource
    starts: SingleLineSource
    ends: SingleLineSource
    location: SingleLineSource | None = None
    url: SingleLineSource | None = None


@dataclass(frozen=True, slots=True)
class RenderedAttachment:
    name: str
    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class RenderedCalendar:
    """One appointment, in aware instants; `ends` is after `starts`."""

    title: str
    starts: datetime
    ends: datetime
    location: str = ""
    url: str = ""
