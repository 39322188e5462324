"""When everybody reacts: messages and human reactions by channel and hour of the week."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.campaigns.rhythm import Rhythm


class Rhythms(Protocol):
    """Sums over everybody; nothing of a person."""

    def note(self, channel: str, slot: int, *, tries: int = 0, hits: int = 0, spread: str = "") -> None:
        """Add messages that went out in an hour of the week (local, 0 is Monday 00:00), or reactions to such.

        Not guarded against a repeat: it is a tendency of many, pulled towards its own mean, and no figure that is
        reported. `spread` (the message's id) tells which of several rows takes it.
        """
        ...

    def of(self, channel: str) -> Rhythm:
        """All that was ever noted of a channel."""
        ...
