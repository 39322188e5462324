"""A shop in which two people were taken for one, and the means to take them apart again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from kizuna.core.folding import Folded
from kizuna.core.merges.log import MergeRecord
from kizuna.core.ports import Claimed, Moved, Parting
from kizuna.usecases.identity.unmerge import Parted, Registry, last_merge_of, undo_merge
from tests.support.builders import NOON
from tests.support.customers import identify, order
from tests.support.fakes import InMemoryPeople
from tests.support.fakes_of_merges import InMemoryMerges
from tests.support.house import House

LATER = NOON + timedelta(hours=3)


class FragileMerges(InMemoryMerges):
    """Each write passes points before, within and after it; `fails` names points by number and what happens there."""

    def __init__(self, people: InMemoryPeople, fails: dict[int, Callable[[], None]] | None = None) -> None:
        super().__init__(people)
        self.fails = fails or {}
        self.points = 0

    def _point(self) -> None:
        number, self.points = self.points, self.points + 1
        self.fails.get(number, lambda: None)()

    def move(self, moved: Sequence[Moved], addresses: Sequence[tuple[str, str]]) -> None:
        """Row after row, as a batch may stop anywhere: first what arrives, then what leaves."""
        self._point()
        for each in moved:
            self._people.put_events(each.to, [each.entry.event], each.version, each.moved_by)
            self._point()
        for address, person in addresses:
            self._people.reached_by[address].add(person)
            self._point()
        for each in moved:
            super().move([each], ())
            self._point()

    def claim(self, claimed: Sequence[Claimed]) -> None:
        for each in claimed:
            self._point()
            super().claim([each])
        self._point()

    def append(self, folded: Folded) -> None:
        self._point()
        super().append(folded)
        self._point()

    def part(self, parting: Parting) -> None:
        self._point()
        super().part(parting)
        self._point()


def registry(house: House, merges: InMemoryMerges | None = None) -> Registry:
    return Registry(house.people, house.ledger, merges or InMemoryMerges(house.people))


def the_merge(house: House, kind: str = "user_id", value: str = "u1") -> MergeRecord:
    """The newest merge of a person that is not undone."""
    return last_merge_of(house.person(kind, value), registry(house))


def part(house: House, *, now: datetime = LATER, merges: InMemoryMerges | None = None, **who: Any) -> Parted:
    """Undo the newest merge of a person, and let the stream be followed."""
    record = the_merge(house, **who)
    done = undo_merge(record.id, registry(house, merges), house.catalog, now=now)
    house.settle(now=now)
    return done


def unite(house: House, *, number: int = 100, user: str = "u1", anonymous: str = "a1", **more: Any) -> None:
    """An event that carries the identifiers of both."""
    house.ingest(identify(number, user=user, anonymous=anonymous, **more))
    house.settle()


def two_people(house: House) -> None:
    """A visitor with two orders, a customer with one."""
    house.ingest(order(1, user=None, anonymous="a1"), order(2, user=None, anonymous="a1"))
    house.ingest(order(3, user="u1"))
    house.settle()


def rows(house: House) -> dict[str, set[str]]:
    """The ids of the events in each partition."""
    return {
        part: {event.id for event in events.values()}
        for part, events in house.people.events.items()
        if events
    }
