"""The port `Merges` in memory, over what the people's commits stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from kizuna.core.entry_pages import pages_of
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.folding import Folded, LedgerEntry
from kizuna.core.merges.log import MergeRecord
from kizuna.core.people import Profile
from kizuna.core.ports import Claimed, Moved, Parting
from kizuna.local.memory.people import InMemoryPeople


class InMemoryMerges:
    """What undoing a merge reads and writes."""

    def __init__(self, people: InMemoryPeople) -> None:
        self._people = people

    def get(self, merge_id: str) -> MergeRecord | None:
        record = self._people.merges.get(merge_id)
        if record is None or not any(pages_of(record.before.aggregates)):
            return record
        return replace(record, before=self._people.with_rows(record.before))

    def of(self, parts: Sequence[str]) -> tuple[MergeRecord, ...]:
        found = [record for record in self._people.merges.values() if record.primary in parts]
        return tuple(sorted(found, key=lambda record: (record.at, record.id), reverse=True))

    def stored(self, ids: Iterable[str]) -> dict[str, Profile]:
        there = [asked for asked in ids if asked in self._people.stored]
        return {asked: self._people.with_rows(self._people.stored[asked]) for asked in there}

    def entries_since(self, person: str, number: int) -> tuple[LedgerEntry, ...]:
        return tuple(entry for entry in self._people.consents[person] if entry.number > number)

    def move(self, moved: Sequence[Moved], addresses: Sequence[tuple[str, str]]) -> None:
        self._check_up()
        for each in moved:
            self._people.put_events(each.to, [each.entry.event], each.version, each.moved_by)
        for address, person in addresses:
            self._people.reached_by[address].add(person)
        for each in moved:
            for part in each.stale:
                self._people.events[part].pop(each.entry.key, None)
                self._people.counted_at.pop((part, each.entry.key), None)

    def claim(self, claimed: Sequence[Claimed]) -> None:
        self._check_up()
        for each in claimed:
            if self._people.identities.get(each.key) not in (each.of, each.to):
                raise Conflict(f"identity of {each.to}")
            self._people.identities[each.key] = each.to

    def append(self, folded: Folded) -> None:
        self._check_up()
        self._check([folded])
        self._store(folded)

    def part(self, parting: Parting) -> None:
        self._check_up()
        record = self._people.merges.get(parting.record.id)
        if record is None or record.undone_at is not None:
            raise Conflict(f"merge {parting.record.id}")
        self._check(parting.sides)
        for side in parting.sides:
            self._store(side)
        self._people.merges[record.id] = parting.record

    def _check_up(self) -> None:
        if self._people.down:
            raise Unavailable("people")

    def _check(self, sides: Sequence[Folded]) -> None:
        for side in sides:
            stored = self._people.stored.get(side.profile.id)
            if stored is None or stored.version != side.profile.version - 1:
                raise Conflict(f"profile {side.profile.id}")
            used = {entry.number for entry in self._people.consents[side.profile.id]}
            if any(entry.number in used for entry in side.consents):
                raise Conflict(f"ledger of {side.profile.id}")

    def _store(self, side: Folded) -> None:
        self._people.mark_pages.update(side.mark_pages)
        self._people.row_pages.update(side.row_pages)
        self._people.stored[side.profile.id] = replace(side.profile, held_rows={})
        self._people.consents[side.profile.id] += side.consents
        self._people.writes.append(side)
