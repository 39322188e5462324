"""How much a client may send (`ingest-api.md` 5, `abuse-cases.md` 1.9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

MAX_IDENTIFIER_LENGTH = 512
MAX_NAME_LENGTH = 512  # of an event, a page, a trait, a property
MAX_MESSAGE_ID_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits a deployment may change. Sizes are in bytes."""

    body_bytes: int = 4 * 1024 * 1024  # as sent, and again after inflating
    event_bytes: int = 32 * 1024
    events: int = 2_500
    depth: int = 32  # levels of nesting within one event
    client_backdating: timedelta = timedelta(days=30)
    keep_ip: bool = True  # truncated; False drops it


DEFAULT_LIMITS = Limits()
