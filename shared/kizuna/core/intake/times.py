"""When did it happen? The client's clock, corrected by ours (`ingest-api.md` 4).

client   original ────── sentAt
ours                       receivedAt          at = receivedAt − (sentAt − original)
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_instant(value: Any) -> datetime | None:
    """An instant as SDKs write it, in UTC: ISO 8601 (without an offset it is UTC) or epoch milliseconds.

    None for anything else, and for what lies before 1970: that is an uninitialised field, not a time.
    """
    try:
        if type(value) is str:
            instant = _from_text(value)
        elif type(value) is int or type(value) is float:
            instant = _EPOCH + timedelta(milliseconds=value)
        else:
            return None
        if instant.tzinfo is not UTC:
            instant = _to_utc(instant)
    except (ValueError, OverflowError):
        return None
    return instant if instant >= _EPOCH else None


def corrected(
    original: datetime | None,
    sent: datetime | None,
    *,
    received_at: datetime,
    max_age: timedelta | None = None,
) -> datetime:
    """The instant at which an event happened, by our clock. Never later than `received_at`, nor older than
    `max_age`: what lies outside is moved to the edge.
    """
    if original is None:
        return received_at
    try:
        at = original if sent is None else received_at - (sent - original)
    except OverflowError:
        return received_at
    if at < _EPOCH or at > received_at:
        return received_at
    return at if max_age is None else max(at, received_at - max_age)


def _from_text(text: str) -> datetime:
    # Digits first: ISO 8601's basic format would read some epochs as a day in the 18th century.
    if len(text) > 8 and text.isdigit() and text.isascii():
        return _EPOCH + timedelta(milliseconds=int(text))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text.strip().upper())  # RFC 3339 allows a small t and z


def _to_utc(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
