"""A dry run: what an import would do at most, with nothing written.

At most, because rules and limits of identity may refuse to unite. Of each new identifier eight bytes are remembered,
so that the same person is not counted twice.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from kizuna.core.events import Event
from kizuna.core.files.faults import Unreadable
from kizuna.core.files.jobs import ImportOptions, import_id
from kizuna.core.files.limits import DEFAULT_FILE_LIMITS, FileLimits
from kizuna.core.files.opening import opened
from kizuna.core.files.ports import ImportFile
from kizuna.core.files.reading import Row
from kizuna.core.files.sniffing import Form
from kizuna.core.identity.identifiers import identifiers_of
from kizuna.core.ids import encode_parts
from kizuna.core.ports import IdentityKey, People

_PART = 2_000


@dataclass(slots=True)
class Rehearsal:
    """What would become of a file. `rejected` and `consents` are counted by what they are."""

    form: Form
    unmapped: tuple[str, ...] = ()
    rows: int = 0
    events: int = 0
    created: int = 0
    attached: int = 0
    merged: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    consents: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)  # where the first rejected rows stand, and why
    failure: str = ""

    def body(self) -> dict[str, Any]:
        """As plain values, for `--json`."""
        return {
            "layout": self.form.layout,
            "encoding": self.form.encoding,
            "gzip": self.form.is_gzip,
            "delimiter": self.form.delimiter if self.form.layout == "csv" else None,
            "unmapped": list(self.unmapped),
            "rows": self.rows,
            "events": self.events,
            "createdAtMost": self.created,
            "attachedAtMost": self.attached,
            "mergedAtMost": self.merged,
            "rejected": dict(self.rejected),
            "consents": dict(self.consents),
            "examples": self.examples,
            "failure": self.failure,
        }


def rehearse(
    options: ImportOptions,
    file: ImportFile,
    people: People,
    *,
    fingerprint: str,
    now: datetime,
    limits: FileLimits = DEFAULT_FILE_LIMITS,
    told: Callable[[Rehearsal], None] = lambda rehearsal: None,
) -> Rehearsal:
    """Read the whole file and ask who is known; writes nothing."""
    scope = import_id(fingerprint, options)
    reader, form = opened(options, file, scope=scope, began=now, limits=limits)
    found = Rehearsal(form, reader.unmapped)
    crowd = _Crowd(people)
    rows = reader.rows(file.read(0), after=0, number=0, now=lambda: now)
    while True:
        part: list[Row] = []
        try:
            for row in islice(rows, _PART):
                part.append(row)  # one by one: those before a fault stay
        except Unreadable as error:
            found.failure = str(error)
        _count(part, found, crowd)
        told(found)
        if len(part) < _PART:
            found.created, found.attached, found.merged = crowd.created, len(crowd.attached), crowd.merged
            return found


def _count(part: Sequence[Row], found: Rehearsal, crowd: _Crowd) -> None:
    for row in part:
        found.rows += 1
        if row.reject is not None:
            found.rejected[row.reject.code] += 1
            if len(found.examples) < 5:
                where = f" ({row.reject.field})" if row.reject.field else ""
                found.examples.append(f"row {row.number}{where}: {row.reject.reason}")
            continue
        found.events += len(row.events)
        for event in row.events:
            found.consents.update(_words(event))
    crowd.add([event for row in part for event in row.events])


def _words(event: Event) -> Iterator[str]:
    subscriptions = event.context.get("messaging_subscriptions")
    for item in subscriptions if isinstance(subscriptions, list) else ():
        if not isinstance(item, Mapping):
            continue
        channel = str(item.get("type", "")).lower()
        match str(item.get("status", "")).upper():
            case "UNSUBSCRIBED":
                yield f"withdraw {channel}"
            case "SUBSCRIBED" if event.source.consent_proof:
                yield f"grant {channel}"
            case "SUBSCRIBED":
                yield f"grant {channel} without proof: permits nothing"
            case _:
                pass  # DID_NOT_SUBSCRIBE and the like: absence is No already, so nothing would be written


class _Crowd:
    """Who would be who: people that are known, and those that the file would make."""

    def __init__(self, people: People) -> None:
        self.created = 0
        self.merged = 0
        self.attached: set[int] = set()
        self._people = people
        self._holders: dict[int, int] = {}  # of an identifier new to the store: its person
        self._became: dict[int, int] = {}  # of a person: whom they were united with

    def add(self, events: Iterable[Event]) -> None:
        keys = [{identity.key for identity in identifiers_of(event)} for event in events]
        owners = self._people.owners({key for each in keys for key in each})
        living = self._people.profiles(set(owners.values()))
        owned = {key: living[owner].id for key, owner in owners.items() if owner in living}
        for each in keys:
            self._meet(each, owned)

    def _meet(self, keys: set[IdentityKey], owned: Mapping[IdentityKey, str]) -> None:
        if not keys:
            return
        marks = {key: _mark(*key) for key in keys}
        stored = {_mark("profile", owned[key]) for key in keys if key in owned}
        met = {self._now(person) for person in stored}
        met |= {self._now(self._holders[mark]) for mark in marks.values() if mark in self._holders}
        self.attached |= stored
        if not met:
            self.created += 1
            met = {min(marks.values())}
        first, *others = sorted(met)
        self.merged += len(others)
        for other in others:
            self._became[other] = first
        for key, mark in marks.items():
            if key not in owned:
                self._holders[mark] = first

    def _now(self, person: int) -> int:
        while person in self._became:
            person = self._became[person]
        return person


def _mark(*parts: str) -> int:
    return int.from_bytes(hashlib.sha256(encode_parts(*parts)).digest()[:8], "big")
