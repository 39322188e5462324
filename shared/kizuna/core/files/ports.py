"""What importing needs from the outside, beside the ports of `core/ports`: only it loads these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from kizuna.core.files.faults import Reject
from kizuna.core.files.jobs import Progress


class ImportFile(Protocol):
    """A file to be imported, wherever it lies."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def size(self) -> int:
        """Bytes, as it lies there."""
        ...

    def fingerprint(self) -> str:
        """A hash of the whole content."""
        ...

    def read(self, start: int) -> Iterator[bytes]:
        """Its bytes from a place on, piece by piece. Raises Unavailable if the store refuses."""
        ...


class Imports(Protocol):
    """How far imports have come."""

    def begin(self, progress: Progress) -> Progress:
        """Store a new import, guarded by "there is none of this id yet"; else what is stored already.

        One that failed before its first row is begun anew. A crash right after it leaves an import at row 0.
        """
        ...

    def get(self, import_id: str) -> Progress | None: ...

    def advance(self, progress: Progress, *, behind: int) -> None:
        """Store how far it has come, guarded by "it stands at row `behind` and runs". Raises Conflict otherwise.

        Everything before it is stored elsewhere already: after a crash in between it is done again, as repeats.
        """
        ...

    def list(self) -> tuple[Progress, ...]:
        """All imports, the newest first."""
        ...


class Rejects(Protocol):
    """Rows that were not taken."""

    def keep(self, import_id: str, first_row: int, rejects: Sequence[Reject]) -> None:
        """Store the rejects of the part of a file that begins at a row. The same part again replaces it."""
        ...

    def parts(self, import_id: str) -> Iterator[str]:
        """What was kept, as CSV without a header, in the order of the rows."""
        ...
