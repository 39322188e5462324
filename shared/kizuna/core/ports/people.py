"""Golden records: who owns which identifier, timelines, segments' members, and the ledger of consents."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from kizuna.core.timeline import timeline_key

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.consent import ConsentEvent
    from kizuna.core.events import Event
    from kizuna.core.folding import Folded
    from kizuna.core.identity.reviews import Review, Verdict
    from kizuna.core.journeys.run import JourneyRun
    from kizuna.core.merges.log import MergeRecord
    from kizuna.core.people import Identity, Profile
    from kizuna.core.seen import MarkPage, Marks

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
    """Something whose alarm rang: a profile (`person`), a message, a run of a journey (its place), or the erasure of
    a person."""

    kind: str  # profile, message, journey or erasure
    id: str


class People(Protocol):
    """Golden records, who owns which identifier, and timelines."""

    def owners(self, keys: Iterable[IdentityKey], *, consistent: bool = True) -> dict[IdentityKey, str]:
        """The profile id that holds each identifier (it may have been merged since); unknown ones are absent.

        Not `consistent`, at half the price, each answer may be some writes behind: absent, or whoever held it then.
        """
        ...

    def profiles(self, ids: Iterable[str], *, consistent: bool = True) -> dict[str, Profile]:
        """Profiles by the ids asked for; a merged one answers with the profile it lives on in.

        Not `consistent`, each profile may be some versions behind, or absent though it was stored a moment ago.
        """
        ...

    def commit(self, write: PersonWrite) -> None:
        """Store one change of one person.

        Guarded by the version of every profile involved and by "nobody else owns it" for each identifier;
        raises Conflict if any fails, Unavailable if the store refuses, TooLarge if it does not fit. The events of
        a stored person (`write.ahead`) enter the timeline first, under keys that a repeat meets again, so a crash
        in between leaves nothing counted; pages of marks as well, which mean nothing until the profile lists them.
        """
        ...

    def recorded_consents(self, parts: Sequence[str]) -> tuple[ConsentEvent, ...]:
        """All consent events of a person (`Ledger.events`), read where the record's summary of them is made anew."""
        ...

    def runs_in(self, parts: Sequence[str], journeys: Collection[str]) -> tuple[JourneyRun, ...]:
        """A person's runs of these journeys (`JourneyRuns.of_person`), read where the record is told of them."""
        ...

    def commit_all(self, writes: Sequence[PersonWrite], *, workers: int = 1) -> list[Exception | None]:
        """`commit` for people who have nothing to do with each other, up to `workers` of them at a time.

        What happens to one touches no other: for each write None, or what `commit` would have raised for it. What
        goes ahead of the guarded writes goes first, for all of them together.
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

    def member_count(self, segment: str, shard: int) -> int:
        """How many members a segment has in one shard, without reading who they are."""
        ...

    def members_at(
        self, segment: str, shard: int, *, at: datetime, after: str | None = None, limit: int = 100
    ) -> tuple[tuple[str, ...], str | None]:
        """The same of those who were members at an instant of the last three days, whether or not they are by now.

        As the index has it: of somebody who has come, gone and come again since, only the last absence is known.
        """
        ...

    def index_membership(
        self, person: str, entered: Iterable[str], exited: Iterable[str], *, at: datetime
    ) -> None:
        """Bring the membership index in line with a stored profile: who came or went at `at`.

        Idempotent, and an older instant undoes no newer one. Who went is kept for a while as one who was there
        (`members_at`). A crash leaves some of the segments; the change is brought again.
        """
        ...

    def due(self, shard: int, *, now: datetime, limit: int = 1000) -> tuple[Due, ...]:
        """What is overdue in one shard of the alarm index, the longest overdue first."""
        ...

    def erased(self, wanted: Iterable[IdentityKey]) -> dict[IdentityKey, datetime]:
        """Those of the identifiers that somebody erased was known by, with the instant of the latest erasure."""
        ...


class Ledger(Protocol):
    """Consent events, append-only; they are written by `People.commit`, in the same transaction."""

    def events(self, parts: Sequence[str]) -> tuple[ConsentEvent, ...]:
        """All consent events of a person in order of arrival within each part."""
        ...

    def suppressions(self, channel: str, value: str) -> tuple[ConsentEvent, ...]:
        """What is kept of the No of erased people for one address, whoever brings it (`consent.md` 3.4)."""
        ...
