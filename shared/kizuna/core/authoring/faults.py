"""Why a text of an author could not be worked out, and in which of its lines."""

from __future__ import annotations

from kizuna.core.errors import KizunaError


class AuthoringFault(KizunaError):
    """`line` counts from 1 in the text that was given; None where no one line is at fault."""

    def __init__(self, reason: str, *, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
