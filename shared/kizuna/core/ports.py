"""What the use cases need from the outside: each is implemented by an adapter and by a fake, held to one contract.

All times are aware UTC. Every write says which condition guards it and what a crash right after it leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from kizuna.core.catalog import Catalog, Change, Documents
from kizuna.core.consent import ConsentEvent
from kizuna.core.content import RenderedEmail, RenderedPush, RenderedSms
from kizuna.core.engagement import Pressure
from kizuna.core.events import Event, Violation
from kizuna.core.folding import Folded
from kizuna.core.gate import Approved
from kizuna.core.messages import Message, Outcome
from kizuna.core.people import Identity, Profile
from kizuna.core.sources import Key

IdentityKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PersonWrite:
    """One guarded change of one person: the profile, what it newly owns, and whom it absorbed."""

    folded: Folded
    expected_version: int
    new_identities: tuple[Identity, ...] = ()
    absorbed: tuple[Profile, ...] = ()  # already one version on
    new_addresses: tuple[str, ...] = ()  # ids of the addresses that the person was not known by before


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One stored event with its place: `part` is the profile id whose partition holds it."""

    part: str
    key: str
    event: Event


@dataclass(frozen=True, slots=True)
class Due:
    """Something whose alarm rang: a profile (`person`) or a message."""

    kind: str  # profile or message
    id: str


class People(Protocol):
    """Golden records, who owns which identifier, and timelines."""

    def owners(self, keys: Iterable[IdentityKey]) -> dict[IdentityKey, str]:
        """The profile id that holds each identifier (it may have been merged since); unknown ones are absent."""
        ...

    def profiles(self, ids: Iterable[str]) -> dict[str, Profile]:
        """Profiles by the ids asked for; a merged one answers with the profile it lives on in."""
        ...

    def commit(self, write: PersonWrite) -> None:
        """Store one change of one person.

        Guarded by the version of every profile involved and by "nobody else owns it" for each identifier;
        raises Conflict if any fails, Unavailable if the store refuses, TooLarge if it does not fit. The events of
        a stored person enter the timeline first, under keys that a repeat meets again, so a crash in between
        leaves nothing counted.
        """
        ...

    def holders(self, address_id: str) -> dict[str, Profile]:
        """The living people who are reached by an address. Several may share one: a mailbox or number of a family."""
        ...

    def timeline(self, parts: Sequence[str], *, since: datetime | None = None) -> Iterable[TimelineEntry]:
        """All stored events of a person, oldest first within each part."""
        ...

    def timeline_event(self, part: str, key: str) -> Event | None:
        """One stored event."""
        ...

    def members(
        self, segment: str, shard: int, *, after: str | None = None, limit: int = 100
    ) -> tuple[tuple[str, ...], str | None]:
        """A page of a segment's members in one shard, and where the next page starts."""
        ...

    def index_membership(self, person: str, entered: Iterable[str], exited: Iterable[str]) -> None:
        """Bring the membership index in line with a stored profile. Idempotent."""
        ...

    def due(self, shard: int, *, now: datetime, limit: int = 1000) -> tuple[Due, ...]:
        """What is overdue in one shard of the alarm index, the longest overdue first."""
        ...


class Ledger(Protocol):
    """Consent events, append-only; they are written by `People.commit`, in the same transaction."""

    def events(self, parts: Sequence[str]) -> tuple[ConsentEvent, ...]:
        """All consent events of a person in order of arrival within each part."""
        ...


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A decided message with what guards it against being decided twice."""

    message: Message
    pressure: Pressure | None  # the person's pressure with this message in it, if it counts
    person_parts: tuple[str, ...]


class Messages(Protocol):
    """Messages and their guards."""

    def pressure(self, person: str) -> Pressure: ...

    def create(self, new: NewMessage) -> bool:
        """Store a decided message, its two guards and the person's pressure, all or nothing.

        Guards: no message with this id; none of this run on this channel to this person; none of this run to
        this address; the pressure's version. Returns False if the message or its person guard exists already
        (decided before). Raises AddressTaken if another message of the run goes to the address, Conflict if
        the pressure changed in between.
        """
        ...

    def get(self, message_id: str) -> Message | None: ...

    def claim(self, message: Message, *, person: str, reach_version: int, expected: int) -> bool:
        """PENDING → SENDING in one transaction with a check of the reach version of `person`.

        `message` is the claimed form (state, owner, lease); `person` is the living profile's id, which after a
        merge is another than the message was decided for.

        True if it is ours now (also when an ambiguous reply hid that it was). False if either moved on.
        """
        ...

    def save(self, message: Message, *, expected: int, owner: str = "") -> bool:
        """Store the next state if the stored state version is `expected` (and the owner, if one is given)."""
        ...

    def add_fact(self, message_id: str, fact: str, at: datetime) -> None:
        """Note what feedback told about a message. Idempotent; an earlier instant of the same fact is kept."""
        ...

    def of_person(self, parts: Sequence[str]) -> tuple[Message, ...]: ...


class CatalogStore(Protocol):
    """Definitions with versions."""

    def current(self, *, fresh: bool = False) -> Catalog:
        """The catalog in force: at most a few seconds old, and if `fresh`, the very one of this moment."""
        ...

    def documents(self) -> Documents: ...

    def apply(self, changes: Sequence[Change], wanted: Documents, *, now: datetime, actor: str) -> int:
        """Store changed definitions as new versions and put them in force together. Returns the version."""
        ...


class Keys(Protocol):
    """Write keys and the like, by the hash of their secret."""

    def find(self, hashed: str) -> Key | None: ...

    def put(self, key: Key) -> None: ...

    def list(self) -> tuple[Key, ...]: ...


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a scheduled campaign."""

    campaign: str
    id: str
    campaign_version: int
    scheduled_at: datetime
    started_at: datetime
    shards: int


class Runs(Protocol):
    """Progress of campaign runs."""

    def start(self, run: Run) -> bool:
        """Record that a run began. False if it had begun before: then a second tick changes nothing."""
        ...

    def get(self, campaign: str, run: str) -> Run | None: ...

    def list(self, campaign: str) -> tuple[Run, ...]: ...

    def checkpoint(self, campaign: str, run: str, shard: str) -> str | None:
        """Where a shard stopped, or None at its beginning."""
        ...

    def advance(self, campaign: str, run: str, shard: str, after: str) -> None:
        """Remember how far a shard has come; behind this nothing needs to be decided again."""
        ...


class Counters(Protocol):
    """Exact counts of messages by state."""

    def count(self, message: Message) -> bool:
        """Count a message in its present state, once, in one transaction with a mark on the message.

        Moves it from the state it was last counted in. False if this or a newer state is counted already.
        """
        ...

    def read(self, campaign: str, run: str) -> Mapping[tuple[str, str, str], int]:
        """Counts by (channel, state, reason)."""
        ...


class Queues(Protocol):
    def send(self, queue: str, bodies: Sequence[Mapping[str, Any]]) -> None:
        """Put messages on a queue. Raises Unavailable naming how many were not taken; those that were stay."""
        ...


class Quarantine(Protocol):
    def keep(self, violations: Sequence[Violation]) -> None:
        """Store what could not be used, with its cause. The same again changes nothing. Raises Unavailable."""
        ...

    def report(self, *, day: str | None = None) -> tuple[Violation, ...]: ...


class Lake(Protocol):
    def put(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Append records of what happened. At least once: readers drop repeats by `id`. Raises Unavailable."""
        ...


class Bus(Protocol):
    def publish(self, events: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """Publish (name, detail) to other systems. Raises Unavailable if any was not taken."""
        ...


class Schedules(Protocol):
    """Starts to come, each of one name at one instant. What has come is no longer armed."""

    def arm(self, name: str, *, at: datetime, payload: Mapping[str, Any]) -> None:
        """Start the campaign function once at an instant; other instants of the name stay armed.

        Arming the same instant again changes nothing, so `payload` has to follow from name and instant.
        """
        ...

    def disarm(self, name: str, *, at: datetime) -> None:
        """Take back the start at this instant, and no other. Disarming what is not armed changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Envelope:
    """Everything a provider gets beside the content."""

    message: Message
    sender: str  # From, sender id, or push application, by channel
    reply_to: str | None = None
    headers: Mapping[str, str] | None = None
    platform: str = ""


class EmailSender(Protocol):
    def send_email(self, approved: Approved, envelope: Envelope, content: RenderedEmail) -> Outcome: ...


class SmsSender(Protocol):
    def send_sms(self, approved: Approved, envelope: Envelope, content: RenderedSms) -> Outcome: ...


class PushSender(Protocol):
    def send_push(self, approved: Approved, envelope: Envelope, content: RenderedPush) -> Outcome: ...
