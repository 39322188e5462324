"""An import: what was asked for, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.files.faults import Reject
from kizuna.core.files.mapping import FileMapping
from kizuna.core.files.reading import Content
from kizuna.core.ids import digest

State = Literal["running", "done", "failed"]
REJECT_COLUMNS = ("row", "reason", "field", "what is wrong", "original")


class ImportOptions(BaseModel):
    """How a file is to be read, and for which source it speaks. Travels beside the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    mapping: FileMapping = Field(default_factory=FileMapping)
    content: Content = "auto"
    quiet: bool = False  # nothing in it starts anything, however fresh it is
    edition: str = Field("", max_length=64)  # another one counts the rows of the same file again


def import_id(fingerprint: str, options: ImportOptions) -> str:
    """The same file for the same source in the same edition is the same import, whatever it is called."""
    kind = options.mapping.kind or "by header"
    return digest("import", options.source, fingerprint, kind, options.edition, length=20)


class ImportOrder(BaseModel):
    """What lies beside an uploaded file: how to read it, what people call it, and the hash of its content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    options: ImportOptions
    name: str = Field(max_length=255)
    fingerprint: str = Field(pattern=r"^[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import has come. `rows` and `offset` (in the plain text) are where it goes on.

    `counts` are of what happened since the last time it was stored, summed up: an interruption between two stores
    makes them smaller, never the golden records. `taken` are bytes of the file, for whoever waits.
    """

    id: str
    source: str
    name: str
    size: int
    began: datetime
    updated: datetime
    state: State = "running"
    rows: int = 0
    offset: int = 0
    taken: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()
    failure: str = ""

    @property
    def share(self) -> float:
        """How much of the file is behind it, 0 to 1."""
        if self.state == "done" or self.size == 0:
            return 1.0
        return min(self.taken / self.size, 1.0)

    @property
    def rejects(self) -> int:
        return sum(self.rejected.values())

    @property
    def may_begin_anew(self) -> bool:
        """It failed before its first row: as though it had never been tried."""
        return self.state == "failed" and self.rows == 0

    def with_counts(self, counts: Mapping[str, int], rejected: Sequence[Reject]) -> Progress:
        codes = dict(self.rejected)
        for reject in rejected:
            codes[reject.code] = codes.get(reject.code, 0) + 1
        summed = {name: self.counts.get(name, 0) + counts.get(name, 0) for name in (*self.counts, *counts)}
        return replace(self, counts=summed, rejected=codes)
