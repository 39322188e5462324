"""Identifiers that are derived, never drawn: the same cause always gives the same id.

That is what makes it safe to run everything twice (a retried request, a redelivered queue message, a
replayed stream). The one exception is a new profile id, whose randomness is passed in.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

_BUCKET_SPAN = 2**64
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"  # of RFC 4648, in lower case
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)


def encode_parts(*parts: str) -> bytes:
    """Join texts so that two different lists never give the same bytes (netstrings)."""
    pieces = []
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        pieces.append(str(len(raw)).encode() + b":" + raw + b",")
    return b"".join(pieces)


def digest(*parts: str, length: int = 26) -> str:
    """A lower-case base32 hash of an ordered list of texts; 26 characters carry 130 bits."""
    return base32(hashlib.sha256(encode_parts(*parts)).digest(), length)


def base32(raw: bytes, length: int) -> str:
    """The first characters of `base64.b32encode`, in lower case and without padding. That one is written in Python
    too, and takes three times as long; ids are made a dozen times for each message."""
    bits = 8 * len(raw)
    filled = -bits % 10  # ten to a pair
    number = int.from_bytes(raw, "big") << filled
    first = bits + filled - 10
    pairs = [_PAIRS[number >> shift & 1023] for shift in range(first, max(first - 5 * length, -1), -10)]
    return "".join(pairs)[: min(length, -(-bits // 5))]


def message_id(*, campaign: str, run: str, step: str, person: str, channel: str, address: str) -> str:
    """The id of one intended contact, in the alphabet of SES tags (`a-z 2-7`).

    Holds no timestamp and no attempt number: deciding twice meets the same row (`delivery.md` 3).
    """
    return digest("message", campaign, run, step, person, channel, address)


@lru_cache(maxsize=1024)  # asked for several times of each message
def address_id(channel: str, value: str) -> str:
    """A reference to one mailbox, phone number or push token that does not show it."""
    return "a" + digest("address", channel, value, length=25)


def event_id_from_content(source: str, body: Mapping[str, Any]) -> str:
    """The message id of an event that came without one, so that a retried request still counts once."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "derived-" + digest("event", source, canonical)


@lru_cache(maxsize=4096)  # asked for several times of each event of a batch
def seen_hash(source: str, event_id: str) -> bytes:
    """Eight bytes that stand for an event in a profile's list of recently counted events."""
    return hashlib.sha256(encode_parts(source, event_id)).digest()[:8]


def bucket(salt: str, profile_id: str) -> float:
    """A stable number in [0, 1) for splits and holdouts (`rules-spec.md` 1)."""
    raw = hashlib.sha256(salt.encode() + b"\0" + profile_id.encode()).digest()
    return int.from_bytes(raw[:8], "big") / _BUCKET_SPAN


def profile_id(now: datetime, randomness: bytes) -> str:
    """A new profile id: sortable by creation time, opaque otherwise. `randomness` is 10 bytes or more."""
    millis = int(now.timestamp() * 1000).to_bytes(6, "big")
    return "p" + base64.b32hexencode(millis + randomness[:10]).decode().lower().rstrip("=")


def shard_of(key: str, shards: int) -> int:
    """The partition of a spread-out index that `key` belongs to."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % shards
