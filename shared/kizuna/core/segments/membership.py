"""One person's membership of one segment, with its last absence: enough to say who was in a moment ago."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LEFT_KEPT = timedelta(days=3)  # who went is known as one who was there for so long


@dataclass(frozen=True, slots=True)
class Membership:
    """In since `came`; away from `went` on, and back since `back` if they are in."""

    came: datetime
    back: datetime
    went: datetime | None = None
    is_in: bool = True

    def was_in(self, at: datetime) -> bool:
        """Whether they were in at an instant. An absence before the last one is not known any more."""
        if at < self.came:
            return False
        if self.went is None or at < self.went:
            return True
        return self.is_in and (self.back <= at or self.back <= self.went)


def entered(known: Membership | None, at: datetime) -> Membership:
    """After somebody came; what is older than the last time that they did changes nothing."""
    if known is None:
        return Membership(at, at)
    return known if known.back > at else replace(known, back=at, is_in=True)


def left(known: Membership | None, at: datetime) -> Membership | None:
    """After somebody went; what is older than the last time that they did changes nothing."""
    if known is None or (known.went is not None and known.went > at):
        return known
    return replace(known, went=at, is_in=False)
