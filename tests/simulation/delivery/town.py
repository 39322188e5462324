"""Who is written to: people with consents and mailboxes, some with less, some who turn out to be one.

A town of a size is made once, through the real ingest; each run gets a copy of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.events import Event
from kizuna.core.ids import shard_of
from kizuna.core.messages import Message
from kizuna.core.people import Profile
from kizuna.core.ports import Due
from kizuna.local.memory.members import Members
from kizuna.topology import DUE_SHARDS
from kizuna.usecases.react import Change, MessageChanged, ProfileChanged
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents
from tests.support.customers import DAILY, HOUR, identify, subscribe
from tests.support.fakes import InMemoryPeople
from tests.support.house import House

_AGAIN = 100  # of so many people each kind has its share
_SILENT = range(3)  # gave a mailbox and never said Yes
_SHARING = range(10, 14)  # at the mailbox of whoever comes before them
_TWICE = range(20, 24)  # two visitors each, who are one human
_LEAVING = range(30, 32)  # say No while the run is under way


@dataclass(frozen=True, slots=True)
class Human:
    """Somebody real, under one profile or two."""

    number: int
    names: tuple[str, ...]  # the profiles' names: users or visitors
    mailboxes: tuple[str, ...]

    @property
    def is_two(self) -> bool:
        return len(self.names) == 2

    @property
    def leaves(self) -> bool:
        return self.number % _AGAIN in _LEAVING


def a_human(number: int) -> Human:
    kind = number % _AGAIN
    if kind in _TWICE:
        names = (f"v{number}a", f"v{number}b")
        return Human(number, names, tuple(f"{name}@example.com" for name in names))
    mailbox = number - kind + _SHARING.start - 1 if kind in _SHARING else number
    return Human(number, (f"u{number}",), (f"u{mailbox}@example.com",))


def meets_us(human: Human) -> tuple[Event, ...]:
    """How they come to be known."""
    if human.is_two:
        return tuple(
            subscribe(name, mailbox, user_id=None, anonymous_id=name)
            for name, mailbox in zip(human.names, human.mailboxes, strict=True)
        )
    (name,), (mailbox,) = human.names, human.mailboxes
    if human.number % _AGAIN in _SILENT:
        return (identify(1, user=name, email=mailbox, country="JP"),)
    return (subscribe(name, mailbox),)


def does_something(human: Human, now: datetime) -> tuple[Event, ...]:
    """What happens to some while the run is under way: a login shows that two visitors are one; somebody leaves."""
    if human.is_two:
        return tuple(
            identify(900 + 2 * human.number + part, user=f"one{human.number}", anonymous=name)
            for part, name in enumerate(human.names)
        )
    if human.leaves:
        (name,), (mailbox,) = human.names, human.mailboxes
        return (subscribe(name, mailbox, number=2, status="UNSUBSCRIBED", at=now),)
    return ()


TWO_SUBJECTS: dict[str, Any] = {
    "experiment": {"arms": [{"name": "plain"}, {"name": "shelf", "patch": {"en": {"subject": "Your shelf"}}}]}
}


def a_catalog_of(category: str) -> Catalog:
    """One campaign for everybody: as marketing, with two subjects to compare, or as something that was asked for."""
    campaign: dict[str, Any] = CAMPAIGN | DAILY
    documents = some_documents(campaign | TWO_SUBJECTS)
    if category != "marketing":
        campaign = campaign | {"category": category, "transactional_basis": "they have booked a seat"}
        documents = some_documents(campaign)
        documents["template", "spring-email"] = documents["template", "spring-email"] | {
            "purpose": "transactional"
        }
    return a_catalog(documents)


class Recording(dict[str, Any]):
    """Rows whose every change is a record of the stream."""

    def __init__(self, rows: dict[str, Any], stream: list[Change]) -> None:
        super().__init__(rows)
        self._stream = stream

    def __setitem__(self, key: str, after: Any) -> None:
        before = self.get(key)
        super().__setitem__(key, after)
        match after:
            case Message():
                self._stream.append(MessageChanged(before, after))
            case Profile():
                self._stream.append(ProfileChanged(before, after, ()))


class TownPeople(InMemoryPeople):
    """The people of a town, with the stream of what changes. Nobody triggers a campaign, so no facts are told."""

    def __init__(self, model: InMemoryPeople) -> None:
        super().__init__()
        self.stream: list[Change] = []
        self.stored = Recording(model.stored, self.stream)
        self.messages = Recording({}, self.stream)
        self.identities = dict(model.identities)
        self.reached_by = _copied(model.reached_by, set)
        self.consents = _copied(model.consents, list)
        self.memberships = _copied(model.memberships, Members)
        self._due_at: tuple[datetime | None, dict[int, list[tuple[datetime, str, Due]]]] = (None, {})

    def due(self, shard: int, *, now: datetime, limit: int = 1000) -> tuple[Due, ...]:
        """By one look at all rows for all shards of a sweep; later shards may be a little behind, as an index is."""
        if self._due_at[0] != now:
            self._due_at = (now, self._ringing(now))
        there = self._due_at[1].get(shard, [])
        return tuple(due for _, _, due in there)[:limit]

    def _ringing(self, now: datetime) -> dict[int, list[tuple[datetime, str, Due]]]:
        shards: dict[int, list[tuple[datetime, str, Due]]] = defaultdict(list)
        for at, kind, name in self._alarms():
            if at <= now:
                key = f"{kind[0]}#{name}"
                shards[shard_of(key, DUE_SHARDS)].append((at, key, Due(kind, name)))
        for ringing in shards.values():
            ringing.sort(key=lambda one: one[:2])
        return shards

    def next_due(self) -> datetime | None:
        """When the next alarm rings."""
        return min((at for at, _, _ in self._alarms()), default=None)

    def _alarms(self) -> Iterator[tuple[datetime, str, str]]:
        for profile in self.stored.values():
            if profile.due_at is not None:
                yield profile.due_at, "profile", profile.id
        for message in self.messages.values():
            at = self.looks.get(message.id, message.due_at)
            if at is not None:
                yield at, "message", message.id


def _copied(held: Any, kind: Any) -> Any:
    copy = defaultdict(kind)
    copy.update({key: kind(values) for key, values in held.items()})
    return copy


@dataclass(frozen=True, slots=True)
class Town:
    """Who lives there, and under which profile each name is known at first."""

    humans: Sequence[Human]
    model: InMemoryPeople
    profiles: dict[str, int]  # by profile id: the number of the human

    def people(self) -> TownPeople:
        return TownPeople(self.model)


# One of each kind, for where every single call is tried: plain, one who shares the mailbox of the next, two visitors
# who are one, one who leaves, and one who never said Yes.
ONE_OF_EACH = (4, 9, 10, 20, 30, 1)


@lru_cache(maxsize=4)
def a_town(size: int) -> Town:
    """Of so many profiles, and fewer humans."""
    numbers: list[int] = []
    left = size
    while left > 0:
        numbers.append(len(numbers))
        left -= len(a_human(numbers[-1]).names)
    return a_town_of(tuple(numbers))


@lru_cache(maxsize=4)
def a_town_of(numbers: tuple[int, ...]) -> Town:
    """Of these humans."""
    humans = [a_human(number) for number in numbers]
    house = House(a_catalog_of("marketing"))
    for start in range(0, len(humans), 50):
        house.ingest(*(event for human in humans[start : start + 50] for event in meets_us(human)))
    house.settle()
    by_name = {name: human.number for human in humans for name in human.names}
    profiles = {
        owner: by_name[value] for (_, value), owner in house.people.identities.items() if value in by_name
    }
    assert len(profiles) == sum(len(human.names) for human in humans), "somebody was not taken in"
    return Town(tuple(humans), house.people, profiles)


__all__ = ["HOUR", "NOON", "Human", "Town", "TownPeople", "a_catalog_of", "a_town", "does_something"]
