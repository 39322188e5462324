"""What was asked for lately by whom may set us writing (`restraint/asked.py`)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.restraint.asked import Asked


class Askings(Protocol):
    """Askings by an opaque key; each forgotten once its time is over."""

    def asked(self, key: str) -> Asked: ...

    def remember(self, key: str, asked: Asked, *, until: datetime) -> None:
        """Store what was asked for, to be forgotten from `until` on.

        Guarded by the version that was read: raises Conflict if somebody asked in between. A crash right after leaves
        an asking that counts, and whose repeat is known by its cause.
        """
        ...
