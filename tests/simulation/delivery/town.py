"""Who is written to: people with consents and mailboxes, some with less, some who turn out to be one.

A town of a size is made once, through the real ingest; each run gets a copy of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.errors import Conflict
from kizuna.core.events import Event
from kizuna.core.ids import shard_of
from kizuna.core.messages import Message
from kizuna.core.people import Profile
from kizuna.core.ports import Due
from kizuna.core.rights.erasure import Erasure
from kizuna.core.rights.rights import RightsEntry
from kizuna.local.memory.members import Members
from kizuna.topology import DUE_SHARDS
from kizuna.usecases.reacting.react import Change, MessageChanged, ProfileChanged
from tests.simulation.delivery.ways import WAYS, Way, says
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents
from tests.support.customers import DAILY, identify
from tests.support.fakes import InMemoryPeople
from tests.support.folds import HOUR
from tests.support.house import House

_AGAIN = 100  # of so many people each kind has its share
_SILENT = range(3)  # gave an address and never said Yes
_SHARING = range(10, 14)  # reached where whoever comes before them is; of a device there is but one owner
_DEEDS = {20: "login", 21: "login", 22: "login", 23: "login", 30: "leaves", 31: "leaves"} | {
    40: "moves",
    50: "is erased",
}


@dataclass(frozen=True, slots=True)
class Human:
    """Somebody real, under one profile or two."""

    number: int
    names: tuple[str, ...]  # the profiles' names: users or visitors
    boxes: tuple[str, ...]  # where they are reached at first (`Way.address`)

    @property
    def is_two(self) -> bool:
        """Two visitors, until a login shows that they are one."""
        return len(self.names) == 2

    @property
    def deed(self) -> str:
        """What they do while the run is under way; empty of most."""
        return _DEEDS.get(self.number % _AGAIN, "")


def a_human(number: int, way: Way = WAYS["email"]) -> Human:
    kind = number % _AGAIN
    if _DEEDS.get(kind) == "login":
        names = (f"v{number}a", f"v{number}b")
        return Human(number, names, names)
    shares = kind in _SHARING and way.channel != "push"
    return Human(number, (f"u{number}",), (f"u{number - kind + _SHARING.start - 1 if shares else number}",))


def meets_us(human: Human, way: Way) -> tuple[Event, ...]:
    """How they come to be known."""
    if human.is_two:
        return tuple(says(way, box, anonymous=box) for box in human.boxes)
    (name,), (box,) = human.names, human.boxes
    return (says(way, box, user=name, status="" if human.number % _AGAIN in _SILENT else "SUBSCRIBED"),)


def does_something(human: Human, way: Way, now: datetime) -> tuple[Event, ...]:
    """What is told of some while the run is under way. Nothing is told of who is erased: they ask for it."""
    match human.deed:
        case "login":
            return tuple(
                identify(900 + 2 * human.number + part, user=f"one{human.number}", anonymous=name)
                for part, name in enumerate(human.names)
            )
        case "leaves":
            (name,), (box,) = human.names, human.boxes
            return (says(way, box, user=name, number=2, status="UNSUBSCRIBED", at=now),)
        case "moves":
            (name,) = human.names
            return (says(way, f"u{human.number}n", user=name, number=2, at=now),)
        case _:
            return ()


TWO_SUBJECTS: dict[str, Any] = {
    "experiment": {"arms": [{"name": "plain"}, {"name": "shelf", "patch": {"en": {"subject": "Your shelf"}}}]}
}
BASIS = {"category": "transactional", "transactional_basis": "they have booked a seat"}


def a_catalog_of(category: str, way: Way = WAYS["email"]) -> Catalog:
    """One campaign for everybody, by one channel: as marketing (by mail with two subjects to compare), or as
    something that was asked for."""
    template = {
        "id": "spring-told",
        "channel": way.channel,
        "default_language": "en",
        "languages": {"en": way.content},
        "purpose": "promotional" if category == "marketing" else "transactional",
    }
    tested = TWO_SUBJECTS if category == "marketing" and way.channel == "email" else {}
    basis = {} if category == "marketing" else BASIS
    told = {"channel": way.channel, "template": "spring-told"}
    documents = some_documents({**CAMPAIGN, **DAILY, **told, **tested, **basis})
    documents = {**documents, ("template", "spring-told"): template}
    if way.channel == "webhook":
        documents |= {("webhook", "crm"): {"id": "crm", "url": "https://crm.example.com/kizuna"}}
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
    copy: defaultdict[Any, Any] = defaultdict(kind)
    copy.update({key: kind(values) for key, values in held.items()})
    return copy


@dataclass(frozen=True, slots=True)
class Town:
    """Who lives there, and under which profile each name is known at first."""

    way: Way
    humans: Sequence[Human]
    model: InMemoryPeople
    profiles: dict[str, int]  # by profile id: the number of the human

    def people(self) -> TownPeople:
        return TownPeople(self.model)


# One of each kind, for where every single call is tried: plain, one who shares the mailbox of the next, two visitors
# who are one, one who leaves, one who moves, one who is erased, and one who never said Yes.
ONE_OF_EACH = (4, 9, 10, 20, 30, 40, 50, 1)


@lru_cache(maxsize=8)
def a_town(size: int, channel: str = "email") -> Town:
    """Of so many profiles, and fewer humans."""
    numbers: list[int] = []
    left = size
    while left > 0:
        numbers.append(len(numbers))
        left -= len(a_human(numbers[-1]).names)
    return a_town_of(tuple(numbers), channel)


@lru_cache(maxsize=8)
def a_town_of(numbers: tuple[int, ...], channel: str = "email") -> Town:
    """Of these humans, who are reached by one channel."""
    way = WAYS[channel]
    humans = [a_human(number, way) for number in numbers]
    house = House(a_catalog_of("marketing" if way.is_marketing else "transactional", way))
    for start in range(0, len(humans), 50):
        house.ingest(*(event for human in humans[start : start + 50] for event in meets_us(human, way)))
    house.settle()
    by_name = {name: human.number for human in humans for name in human.names}
    profiles = {
        owner: by_name[value]
        for (kind, value), owner in house.people.identities.items()
        if kind in ("user_id", "anonymous_id") and value in by_name
    }
    assert len(profiles) == sum(len(human.names) for human in humans), "somebody was not taken in"
    return Town(way, tuple(humans), house.people, profiles)


class Erasures:
    """How an erasure begins, over the stores of a town. What follows is no matter of messages."""

    def __init__(self, people: TownPeople) -> None:
        self._people = people
        self._under_way: dict[str, Erasure] = {}

    def stored(self, ids: Iterable[str]) -> dict[str, Profile]:
        return {each: self._people.stored[each] for each in ids if each in self._people.stored}

    def under_way(self, person: str) -> Erasure | None:
        return self._under_way.get(person)

    def begin(
        self,
        erasure: Erasure,
        profiles: Sequence[Profile],
        *,
        log: RightsEntry | None,
        instead_of: Erasure | None = None,
    ) -> None:
        for profile in profiles:
            if self._people.stored[profile.id].version != profile.version - 1:
                raise Conflict(f"profile {profile.id}")
        if self._under_way.get(erasure.person) != instead_of:
            raise Conflict(f"erasure of {erasure.person}")
        self._under_way[erasure.person] = erasure
        for profile in profiles:
            self._people.stored[profile.id] = profile


__all__ = [
    "HOUR",
    "NOON",
    "Erasures",
    "Human",
    "Town",
    "TownPeople",
    "a_catalog_of",
    "a_town",
    "does_something",
]
