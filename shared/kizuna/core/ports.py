"""What the use cases need from the outside: each is implemented by an adapter and by a fake, held to one contract.

All times are aware UTC. Every write says which condition guards it and what a crash right after it leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from kizuna.core.events import Event, Violation
from kizuna.core.folding import Folded, LedgerEntry, timeline_key
from kizuna.core.merge_log import MergeRecord
from kizuna.core.people import Identity, Profile
from kizuna.core.seen import MarkPage, Marks
from kizuna.core.sources import Key

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog, Change, Documents
    from kizuna.core.consent import ConsentEvent
    from kizuna.core.content import RenderedEmail, RenderedPush, RenderedSms
    from kizuna.core.engagement import Pressure
    from kizuna.core.erasure import Erasure
    from kizuna.core.freshness import Arrived, Watched
    from kizuna.core.gate import Approved
    from kizuna.core.identity_reviews import Review, Verdict
    from kizuna.core.messages import Message, Outcome
    from kizuna.core.rights import RightsEntry

IdentityKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PersonWrite:
    """One guarded change of one person: the profile, what it newly owns, and whom it absorbed.

    `unsettled` are keys of events that would be somebody else's if this write is refused: they lead here by what
    only this write makes the person's.
    """

    folded: Folded
    expected_version: int
    new_identities: tuple[Identity, ...] = ()
    absorbed: tuple[Profile, ...] = ()  # already one version on
    new_addresses: tuple[str, ...] = ()  # ids of the addresses that the person was not known by before
    merge: MergeRecord | None = None  # what is kept of the merge, if this is one
    unsettled: frozenset[str] = frozenset()
    released: tuple[
        IdentityKey, ...
    ] = ()  # identifiers that the person gives up: nobody owns them from here on

    @property
    def bound(self) -> tuple[Event, ...]:
        """The events that are stored together with the profile or not at all: all of them, of a new person."""
        return tuple(event for event in self.folded.counted if self._is_bound(event))

    @property
    def ahead(self) -> tuple[Event, ...]:
        """The events that enter the timeline before the profile that counted them is stored."""
        return tuple(event for event in self.folded.counted if not self._is_bound(event))

    def _is_bound(self, event: Event) -> bool:
        return self.expected_version == 0 or timeline_key(event) in self.unsettled


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One stored event with its place: `part` is the profile id whose partition holds it.

    `version` is that of the profile's write that counted it; 0 where nobody noted it. `moved_by` is the merge whose
    undoing brought it here.
    """

    part: str
    key: str
    event: Event
    version: int = 0
    moved_by: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """Something whose alarm rang: a profile (`person`), a message, or the erasure of a person."""

    kind: str  # profile, message or erasure
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
        a stored person (`write.ahead`) enter the timeline first, under keys that a repeat meets again, so a crash
        in between leaves nothing counted; pages of marks as well, which mean nothing until the profile lists them.
        """
        ...

    def keep_reviews(self, reviews: Iterable[Review]) -> None:
        """Open reviews. One that is known, open or settled, stays as it is: each is put only where none is.

        A crash leaves some of them open; whoever brings their events again opens the others.
        """
        ...

    def reviews(self, *, verdict: Verdict = "open") -> tuple[Review, ...]:
        """All reviews of one verdict, the oldest first."""
        ...

    def settle_review(self, review: Review) -> bool:
        """Store a review's verdict, once: False if it is settled already, or was never opened.

        One write on the condition that it is open, so a crash leaves it either as it was or settled.
        """
        ...

    def marks(self, pages: Iterable[MarkPage]) -> dict[MarkPage, Marks]:
        """What pages of marks hold. One that is gone (its time is over, or its part was erased) is absent."""
        ...

    def holders(self, address_id: str) -> dict[str, Profile]:
        """The living people who are reached by an address. Several may share one: a mailbox or number of a family."""
        ...

    def timeline(self, parts: Sequence[str], *, since: datetime | None = None) -> Iterable[TimelineEntry]:
        """All stored events of a person, oldest first within each part."""
        ...

    def recent(self, parts: Sequence[str], *, before: str = "", page: int = 100) -> Iterable[TimelineEntry]:
        """The stored events of a person before the key `before` (empty: all), the newest first over all parts.

        Read as far as somebody asks, `page` at a time; an event that lies in two parts comes twice, one after the
        other.
        """
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

    def erased(self, wanted: Iterable[IdentityKey]) -> dict[IdentityKey, datetime]:
        """Those of the identifiers that somebody erased was known by, with the instant of the latest erasure."""
        ...


@dataclass(frozen=True, slots=True)
class Moved:
    """An event that belongs into another partition, under the version of a write that comes after the merge."""

    entry: TimelineEntry
    to: str
    version: int
    moved_by: str
    stale: tuple[str, ...] = ()  # partitions that it has to leave


@dataclass(frozen=True, slots=True)
class Claimed:
    """An identifier that is learnt since a merge, and is the absorbed profile's own."""

    key: IdentityKey
    of: str  # who holds it now
    to: str


@dataclass(frozen=True, slots=True)
class Parting:
    """What undoing a merge stores at last, all or nothing: each side one version on, and the record as undone."""

    record: MergeRecord
    sides: tuple[Folded, ...]


class Merges(Protocol):
    """The log of merges, and what undoing one writes."""

    def get(self, merge_id: str) -> MergeRecord | None:
        """One merge, undone or not; None once its record is gone."""
        ...

    def of(self, parts: Sequence[str]) -> tuple[MergeRecord, ...]:
        """The merges whose primaries these were, the newest first."""
        ...

    def stored(self, ids: Iterable[str]) -> dict[str, Profile]:
        """Profiles as they are stored, those that were merged away too."""
        ...

    def entries_since(self, person: str, number: int) -> tuple[LedgerEntry, ...]:
        """The entries of a profile's own chain after this number whose bodies are still there, in order."""
        ...

    def move(self, moved: Sequence[Moved], addresses: Sequence[tuple[str, str]]) -> None:
        """Put events into the partition where they belong, then take them out of the others; and let addresses (by
        id) lead to who holds them.

        Unconditional and idempotent, and harmless before the parting: until then the partitions of all sides are one
        timeline. A crash leaves some events in two of them, which readers of a timeline know as one.
        """
        ...

    def claim(self, claimed: Sequence[Claimed]) -> None:
        """Let identifiers lead to an absorbed profile: for now, by way of it, still to the person it lives on in.

        Each is guarded by who holds it; raises Conflict if somebody else does by now. Idempotent; a crash leaves some
        of them done, which changes nobody's answer.
        """
        ...

    def append(self, folded: Folded) -> None:
        """Append to the chain of a profile that is merged away, guarded by its version.

        Raises Conflict. A crash after it leaves refusals and permissions that the person has anyway.
        """
        ...

    def part(self, parting: Parting) -> None:
        """One transaction: every side's profile and ledger entries, and the record.

        Guarded by the versions of all sides and by "not undone yet"; raises Conflict if any fails. A crash after it
        leaves nothing to be done.
        """
        ...


class Ledger(Protocol):
    """Consent events, append-only; they are written by `People.commit`, in the same transaction."""

    def events(self, parts: Sequence[str]) -> tuple[ConsentEvent, ...]:
        """All consent events of a person in order of arrival within each part."""
        ...

    def suppressions(self, channel: str, value: str) -> tuple[ConsentEvent, ...]:
        """What is kept of the No of erased people for one address, whoever brings it (`consent.md` 3.4)."""
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

    def recent(
        self, parts: Sequence[str], *, before: str = "", limit: int = 20
    ) -> tuple[tuple[Message, ...], str | None]:
        """A page of what was intended for a person, the newest first, and where the next page starts (None: nowhere).

        `before` is what an earlier page gave. Only the messages of the page are read, however many there are.
        """
        ...


class CatalogStore(Protocol):
    """Definitions with versions."""

    def current(self, *, fresh: bool = False) -> Catalog:
        """The catalog in force: at most a few seconds old, and if `fresh`, the very one of this moment."""
        ...

    def documents(self) -> Documents: ...

    def apply(self, changes: Sequence[Change], wanted: Documents, *, now: datetime, actor: str) -> int:
        """Store changed definitions as new versions and put them in force together. Returns the version."""
        ...


class KeyFinder(Protocol):
    """Write keys and the like, by the hash of their secret."""

    def find(self, hashed: str) -> Key | None: ...


class Keys(KeyFinder, Protocol):
    """All keys, for those who make and revoke them."""

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


class Arrivals(Protocol):
    """When sources spoke, how much, and how each of them stands."""

    def note(self, source: str, count: int, *, at: datetime) -> None:
        """A source spoke. Counts are added up; the time only moves forward.

        Not guarded against a repeat: the count is for an alarm, and an alarm may be a little early.
        """
        ...

    def arrived(self, source: str, *, now: datetime) -> Arrived:
        """The last arrival of the last weeks, and the counts of this hour and the one before."""
        ...

    def watched(self, source: str) -> Watched | None:
        """How a source stood when it was last looked at."""
        ...

    def mark(self, source: str, watched: Watched, *, before: Watched | None) -> bool:
        """Store how it stands, if it still stood as `before`. False if somebody else was first."""
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

    def pages(self, *, day: str | None = None) -> Iterable[tuple[str, tuple[Violation, ...]]]:
        """What was kept, one page at a time with its name, the oldest day first."""
        ...

    def settle(self, page: str, left: Sequence[Violation]) -> None:
        """Keep of a page only what is left of it.

        The rest is stored first, then the page goes: a crash in between leaves both, and doing it again ends the
        same. Raises Unavailable.
        """
        ...


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
class Cleared:
    """What one page of a partition held. `more`: there was something, so look again."""

    more: bool
    events: int = 0
    messages: int = 0
    other: int = 0


class Erasures(Protocol):
    """What the erasure of a person reads, deletes and leaves. Each method may be called twice."""

    def stored(self, ids: Iterable[str]) -> dict[str, Profile]:
        """Profiles by id as they are stored, whatever became of them."""
        ...

    def under_way(self, person: str) -> Erasure | None: ...

    def begin(
        self,
        erasure: Erasure,
        profiles: Sequence[Profile],
        *,
        log: RightsEntry | None,
        instead_of: Erasure | None = None,
    ) -> None:
        """Store the profiles (one version on, `erasing`), the erasure and its line in the log, all or nothing.

        Guarded by each profile's version and by "none is under way" (or this one, as it was read). Raises Conflict.
        """
        ...

    def advance(self, erasure: Erasure) -> None:
        """Store how far it has come. Guarded by the version; raises Conflict if somebody else went on with it."""
        ...

    def close(self, erasure: Erasure, log: RightsEntry) -> None: ...

    def mark(self, hashes: Iterable[str], *, at: datetime) -> None: ...

    def suppress(self, erasure: Erasure, kept: Mapping[str, Sequence[ConsentEvent]]) -> None: ...

    def lift(self, hashes: Iterable[str], log: RightsEntry) -> None: ...

    def log(self, entry: RightsEntry) -> None: ...

    def entries(self, *, kind: str | None = None) -> Iterable[RightsEntry]:
        """The log of rights, oldest first."""
        ...

    def raise_reach(self, persons: Iterable[str]) -> None: ...

    def disown(self, identities: Iterable[IdentityKey], parts: Sequence[str]) -> int:
        """Take these identifiers from whichever part holds them; returns how many were there."""
        ...

    def forget_holders(self, address_ids: Iterable[str], parts: Sequence[str]) -> None: ...

    def leave_segments(self, segments: Iterable[str], parts: Sequence[str]) -> None: ...

    def forget_merges(self, others: Iterable[str], parts: Sequence[str]) -> None:
        """Delete what lies beside others about merges with these parts that were undone."""
        ...

    def clear(self, part: str, parts: Sequence[str]) -> Cleared:
        """Delete one page of a part's partition, and what only it leads to."""
        ...

    def redact(self, part: str, proof: Callable[[ConsentEvent], Mapping[str, Any]]) -> int:
        """Put a proof in the place of each body of a part's consent events; the chain stays as it is."""
        ...

    def bury(self, tombstone: Profile) -> None:
        """Store it in the place of the profile one version before. Raises Conflict."""
        ...

    def remains(self, part: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """All else that lies in a partition beside profile and timeline: sort key and attributes."""
        ...


class Rows(Protocol):
    """Lines of JSON in objects that were written once: the lake, and the quarantine."""

    def keys(self, prefix: str, *, after: str, limit: int) -> tuple[str, ...]:
        """Up to `limit` objects under a prefix behind `after`, in order."""
        ...

    def lines(self, key: str) -> Iterable[str]:
        """The lines of an object, none if it is gone; one at a time."""
        ...

    def without(self, key: str, is_dropped: Callable[[str], bool]) -> int:
        """Write an object anew without some lines, or delete it if none stays; returns how many went.

        All or nothing: whoever reads meanwhile sees the object as it was, or as it is then.
        """
        ...

    def put(self, key: str, lines: Iterable[str]) -> None:
        """Store an object of these lines."""
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
