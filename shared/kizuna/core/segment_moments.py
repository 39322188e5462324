"""Instants as the index reckons them: whole microseconds since 1970. The stored ones have whole milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NEVER = 1 << 62

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(instant: datetime) -> int:
    """Whole microseconds since 1970."""
    return (instant - _EPOCH) // _MICROSECOND


def instant(micros_: int) -> datetime:
    """The inverse of `micros`."""
    return _EPOCH + micros_ * _MICROSECOND


def moment(turn: int) -> datetime | None:
    """The instant; None for `NEVER`."""
    return None if turn >= NEVER else instant(turn)
