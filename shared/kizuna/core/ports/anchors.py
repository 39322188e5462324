"""Where the ends of all chains of the ledger are noted, night by night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from collections.abc import Sequence

    from kizuna.core.consent.anchors import Anchor


class Anchors(Protocol):
    """Objects that are written once and kept, and in the ledger a line for each anchor."""

    def write_once(self, key: str, lines: Sequence[str]) -> tuple[str, ...]:
        """Store an object, guarded by "there is none of this name"; returns what is stored: these lines, or those
        that were there before. A crash right after leaves an object that the next try meets.
        """
        ...

    def lines(self, key: str) -> tuple[str, ...]:
        """The lines of an object, none where there is no such object."""
        ...

    def keep(self, anchor: Anchor) -> None:
        """Note an anchor in the ledger, guarded by "none of this id". Twice is once."""
        ...

    def kept(self) -> tuple[Anchor, ...]:
        """All anchors that the ledger knows, the oldest first. Raises InvalidAnchor for one that was altered."""
        ...
