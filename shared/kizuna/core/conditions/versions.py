"""Version numbers as apps carry them, in the order of Semantic Versioning 2.0.0."""

from __future__ import annotations

import re

_VERSION = re.compile(
    r"[vV]?(?P<core>[0-9]{1,9}(?:\.[0-9]{1,9}){0,3})"
    r"(?:-(?P<before>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
MAX_LENGTH = 100
_PARTS = 4

Version = tuple[tuple[int, ...], tuple[tuple[int, int, str], ...]]
_RELEASED = ((2, 0, ""),)  # after everything that precedes a release


def version_of(text: str) -> Version | None:
    """What sorts like the version; None for what is none.

    Beyond the standard, apps also say `v2`, `5.1` and `1.2.3.4`: a part that is not there is zero. What stands behind
    `+` says nothing about the order.
    """
    match = _VERSION.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if match is None:
        return None
    numbers = [int(part) for part in match["core"].split(".")]
    core = tuple(numbers + [0] * (_PARTS - len(numbers)))
    before = match["before"]
    return core, tuple(map(_identifier, before.split("."))) if before else _RELEASED


def _identifier(text: str) -> tuple[int, int, str]:
    """Figures before letters, and by their number (SemVer 11.4)."""
    return (0, int(text), "") if text.isdecimal() else (1, 0, text)
