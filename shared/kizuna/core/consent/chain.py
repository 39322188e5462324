"""The chain that makes a ledger tamper-evident.

    hash(n) = SHA-256 of {"body": event n, "prev": hash(n-1)} as canonical JSON

Each entry stores its own hash and the one before it beside the body. A body may be deleted (erasure): its
hash stays, so the links still hold, while a body that was altered, inserted, dropped or moved shows. What a
chain alone cannot show is that its *end* was cut off: compare with the end that the profile tells, and with the one
that was anchored elsewhere (`anchors.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from kizuna.core.consent.events import ConsentEvent, consent_event_to_json

GENESIS = "0" * 64  # what the first entry of a person points to


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """One link as it is stored. `event` is None once its body was erased, or where what is stored cannot be read."""

    hash: str
    prev_hash: str
    event: ConsentEvent | None
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class ChainFault:
    """Where a chain does not hold. `position` counts from 0; the head is one past the last entry."""

    position: int
    kind: Literal["broken_link", "altered_body", "missing_body", "of_another", "wrong_head", "truncated"]


def body_hash(event: ConsentEvent, prev_hash: str) -> str:
    """The hash of an event that follows `prev_hash`; 64 hexadecimal digits.

    The event's own `prev_hash` field plays no part, so a body hashes the same whether or not it is set.
    """
    body = consent_event_to_json(event)
    body.pop("prev_hash", None)
    canonical = json.dumps({"body": body, "prev": prev_hash}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def verify_chain(
    entries: Iterable[ChainEntry],
    *,
    genesis: str = GENESIS,
    head: str | None = None,
    length: int = 0,
    bodies: bool = False,
    person: str = "",
) -> tuple[ChainFault, ...]:
    """Every place where the chain, in the order it was written, does not hold; empty when it is sound.

    `head` is the hash that is known for the last entry, `genesis` what the first one must point to. Fewer entries
    than `length` are `truncated`. With `bodies` none of them may be absent: nobody erased this person. An entry that
    was recorded for somebody other than `person` is `of_another`; the copies of a merge name whose No they carry.
    """
    faults: list[ChainFault] = []
    expected = genesis
    position = 0
    for position, entry in enumerate(entries, start=1):
        if entry.prev_hash != expected:
            faults.append(ChainFault(position - 1, "broken_link"))
        if entry.event is not None and body_hash(entry.event, entry.prev_hash) != entry.hash:
            faults.append(ChainFault(position - 1, "altered_body"))
        if entry.event is not None and person and _is_of_another(entry.event, person):
            faults.append(ChainFault(position - 1, "of_another"))
        if not entry.is_readable:
            faults.append(ChainFault(position - 1, "altered_body"))
        elif entry.event is None and bodies:
            faults.append(ChainFault(position - 1, "missing_body"))
        expected = entry.hash
    if position < length:
        faults.append(ChainFault(position, "truncated"))
    elif head is not None and head != expected:
        faults.append(ChainFault(position, "wrong_head"))
    return tuple(faults)


def _is_of_another(event: ConsentEvent, person: str) -> bool:
    return event.supersedes is None and event.subject_ref not in (None, person)
