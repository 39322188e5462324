"""How much a file and its rows may be (`abuse-cases.md` 1.9)."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileLimits:
    """Sizes are in bytes."""

    row_bytes: int = 64 * 1024
    columns: int = 512
    inflated_bytes: int = 20 * 1024 * MIB
    inflated_ratio: int = 200  # of what comes out to what went in …
    inflated_free: int = (
        8 * MIB
    )  # … once more than this came out: small files of one repeated line do no harm
    sample_bytes: int = 256 * 1024  # of the beginning, from which form and encoding are told


DEFAULT_FILE_LIMITS = FileLimits()
