"""Golden records, timelines and the ledger in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock

from kizuna.core.consent import ConsentEvent
from kizuna.core.consent.chain import ChainEntry
from kizuna.core.entry_pages import RowPage, Rows, pages_of
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.events import Event
from kizuna.core.folding import Folded, LedgerEntry
from kizuna.core.identity.reviews import Review, Verdict
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.merges.log import MergeRecord
from kizuna.core.messages import Message
from kizuna.core.people import GONE, Profile
from kizuna.core.ports import Due, IdentityKey, PersonWrite, TimelineEntry
from kizuna.core.seen import MarkPage, Marks
from kizuna.core.timeline import timeline_key
from kizuna.local.memory.alarms import Alarms, Told
from kizuna.local.memory.members import Members


class InMemoryPeople:
    """The port `People`. `down` makes it refuse every write; `writes` are the changes that were stored.

    Without `keeps_writes` they are forgotten: a history of everybody would be larger than everybody.
    """

    def __init__(self, *profiles: Profile, keeps_writes: bool = True) -> None:
        self.alarms = Alarms()
        self.stored: dict[str, Profile] = Told(self._alarm_of_profile)
        self.identities: dict[IdentityKey, str] = {}
        self.events: dict[str, dict[str, Event]] = defaultdict(dict)
        self.consents: dict[str, list[LedgerEntry]] = defaultdict(list)
        self.counted_at: dict[
            tuple[str, str], tuple[int, str]
        ] = {}  # of each event: by which write, moved by what
        self.merges: dict[str, MergeRecord] = {}
        self.mark_pages: dict[MarkPage, Marks] = {}
        self.row_pages: dict[RowPage, Rows] = {}
        self.memberships: dict[str, Members] = defaultdict(Members)
        self.erased_at: dict[IdentityKey, datetime] = {}
        self.reached_by: dict[str, set[str]] = defaultdict(set)
        self.messages: dict[str, Message] = Told(self._alarm_of_message)
        # when a run is to be looked at because of a message
        self.looks: dict[str, datetime] = Told(self._alarm_of_look)
        self.writes: list[Folded] = []
        self.opened: dict[str, Review] = {}
        self.runs: dict[str, dict[tuple[str, str], JourneyRun]] = defaultdict(dict)  # of journeys, by person
        self.down = False
        self._keeps_writes = keeps_writes
        # A store's transaction is checked and written as one; threads would come between.
        self._one_at_a_time = Lock()
        for profile in profiles:
            self.stored[profile.id] = profile
            self.identities.update(dict.fromkeys(profile.identities, profile.id))
            for address in profile.addresses.values():
                self.reached_by[address.id].add(profile.id)
            self.index_membership(profile.id, profile.segments, (), at=profile.updated_at)

    def get(self, profile_id: str) -> Profile:
        """The profile as it is stored, merged or not."""
        return self.stored[profile_id]

    def recorded_consents(self, parts: Sequence[str]) -> tuple[ConsentEvent, ...]:
        return tuple(entry.event for part in parts for entry in self.consents[part])

    def runs_in(self, parts: Sequence[str], journeys: Collection[str]) -> tuple[JourneyRun, ...]:
        found = (run for part in parts if part in self.runs for run in self.runs[part].values())
        wanted = (run for run in found if run.journey in journeys)
        return tuple(sorted(wanted, key=lambda run: (run.entered_at, run.id)))

    def owners(self, keys: Iterable[IdentityKey], *, consistent: bool = True) -> dict[IdentityKey, str]:
        held = {key: self._owner(key, consistent) for key in keys}
        return {key: owner for key, owner in held.items() if owner is not None}

    def profiles(self, ids: Iterable[str], *, consistent: bool = True) -> dict[str, Profile]:
        living = {asked: self._living(asked, consistent) for asked in ids}
        return {asked: profile for asked, profile in living.items() if profile and profile.status not in GONE}

    def _living(self, profile_id: str, consistent: bool) -> Profile | None:
        found = self._profile(profile_id, consistent)
        for _ in range(100):
            if found is None or not found.merged_into:
                return found
            found = self._profile(found.merged_into, consistent)
        raise Conflict(f"profile {profile_id} was merged in a circle")

    def _owner(self, key: IdentityKey, consistent: bool) -> str | None:
        return self.identities.get(key)

    def _profile(self, profile_id: str, consistent: bool) -> Profile | None:
        found = self.stored.get(profile_id)
        return found and self.with_rows(found)

    def with_rows(self, profile: Profile) -> Profile:
        """The profile with what the pages hold that it lists."""
        held = {page: self.row_pages[page] for page in pages_of(profile.aggregates) if page in self.row_pages}
        return replace(profile, held_rows=held) if held else profile

    def commit_all(self, writes: Sequence[PersonWrite], *, workers: int = 1) -> list[Exception | None]:
        return [self._outcome(write) for write in writes]

    def _outcome(self, write: PersonWrite) -> Exception | None:
        try:
            self.commit(write)
        except Exception as error:
            return error
        return None

    def commit(self, write: PersonWrite) -> None:
        if self.down:
            raise Unavailable("people")
        self._put_ahead(write)
        with self._one_at_a_time:
            try:
                self._check(write)
            except Conflict:
                self._withdraw(write)
                raise
            self._put_guarded(write)

    def _put_ahead(self, write: PersonWrite) -> None:
        """What is stored before the guarded write and means nothing without it."""
        person = write.folded.profile.id
        self.put_events(person, write.ahead, write.folded.profile.version)
        for address in write.new_addresses:
            self.reached_by[address].add(person)
        self.mark_pages.update(write.folded.mark_pages)
        self.row_pages.update(write.folded.row_pages)

    def _withdraw(self, write: PersonWrite) -> None:
        person = write.folded.profile.id
        if write.expected_version > 0 and person not in self.stored:
            for event in write.ahead:
                self.events[person].pop(timeline_key(event), None)
            for address in write.new_addresses:
                self.reached_by[address].discard(person)
            for page in write.folded.mark_pages:
                self.mark_pages.pop(page, None)
            for rows in write.folded.row_pages:
                self.row_pages.pop(rows, None)

    def _put_guarded(self, write: PersonWrite) -> None:
        profile = write.folded.profile
        for changed in (profile, *write.absorbed):
            self.stored[changed.id] = replace(changed, held_rows={}) if changed.held_rows else changed
        self.identities.update({identity.key: profile.id for identity in write.new_identities})
        for released in write.released:
            self.identities.pop(released, None)
        self.consents[profile.id] += write.folded.consents
        self.put_events(profile.id, write.bound, profile.version)
        if write.merge:
            self.merges[write.merge.id] = write.merge
        if self._keeps_writes:
            self.writes.append(write.folded)

    def put_events(self, part: str, events: Iterable[Event], version: int, moved_by: str = "") -> None:
        for event in events:
            self.events[part][timeline_key(event)] = event
            self.counted_at[part, timeline_key(event)] = (version, moved_by)

    def keep_reviews(self, reviews: Iterable[Review]) -> None:
        for review in reviews:
            self.opened.setdefault(review.id, review)

    def reviews(self, *, verdict: Verdict = "open") -> tuple[Review, ...]:
        found = [review for review in self.opened.values() if review.verdict == verdict]
        return tuple(sorted(found, key=lambda review: (review.at, review.id)))

    def settle_review(self, review: Review) -> bool:
        known = self.opened.get(review.id)
        if known is None or known.verdict != "open":
            return False
        self.opened[review.id] = review
        return True

    def marks(self, pages: Iterable[MarkPage]) -> dict[MarkPage, Marks]:
        return {page: self.mark_pages[page] for page in pages if page in self.mark_pages}

    def _check(self, write: PersonWrite) -> None:
        profile = write.folded.profile
        expected = {
            profile.id: write.expected_version,
            **{gone.id: gone.version - 1 for gone in write.absorbed},
        }
        for person, version in expected.items():
            stored = self.stored.get(person)
            if (stored.version if stored else 0) != version:
                raise Conflict(f"profile {person}")
        if any(
            self.identities.get(identity.key, profile.id) != profile.id for identity in write.new_identities
        ):
            raise Conflict(f"identity of {profile.id}")
        used = {entry.number for entry in self.consents[profile.id]}
        if any(entry.number in used for entry in write.folded.consents):
            raise Conflict(f"ledger of {profile.id}")

    def holders(self, address_id: str) -> dict[str, Profile]:
        living = self.profiles(sorted(self.reached_by[address_id])).values()
        return {profile.id: profile for profile in living if profile.holds(address_id)}

    def timeline(self, parts: Sequence[str], *, since: datetime | None = None) -> Iterable[TimelineEntry]:
        for part in parts:
            for key, event in sorted(self.events[part].items()):
                if since is None or event.at >= since:
                    yield TimelineEntry(part, key, event, *self.counted_at.get((part, key), (0, "")))

    def recent(self, parts: Sequence[str], *, before: str = "", page: int = 100) -> Iterable[TimelineEntry]:
        found = [entry for entry in self.timeline(parts) if not before or entry.key < before]
        return sorted(found, key=lambda entry: entry.key, reverse=True)

    def timeline_event(self, part: str, key: str) -> Event | None:
        return self.events[part].get(key)

    def erased(self, wanted: Iterable[IdentityKey]) -> dict[IdentityKey, datetime]:
        return {key: self.erased_at[key] for key in wanted if key in self.erased_at}

    def members(
        self, segment: str, shard: int, *, after: str | None = None, limit: int = 100
    ) -> tuple[tuple[str, ...], str | None]:
        return self.memberships[segment].page(shard, after=after, limit=limit)

    def members_at(
        self, segment: str, shard: int, *, at: datetime, after: str | None = None, limit: int = 100
    ) -> tuple[tuple[str, ...], str | None]:
        return self.memberships[segment].page(shard, after=after, limit=limit, at=at)

    def member_count(self, segment: str, shard: int) -> int:
        return self.memberships[segment].count(shard)

    def index_membership(
        self, person: str, entered: Iterable[str], exited: Iterable[str], *, at: datetime
    ) -> None:
        for segment in entered:
            self.memberships[segment].add(person, at=at)
        for segment in exited:
            self.memberships[segment].discard(person, at=at)

    def due(self, shard: int, *, now: datetime, limit: int = 1000) -> tuple[Due, ...]:
        return self.alarms.due(shard, now=now, limit=limit)

    def _alarm_of_profile(self, person: str, profile: Profile | None) -> None:
        self.alarms.set(f"p#{person}", Due("profile", person), profile.due_at if profile else None)

    def _alarm_of_message(self, message_id: str, message: Message | None) -> None:
        due_at = message.due_at if message else None
        looks = self.looks.get(message_id) if message else None
        self.alarms.set(f"m#{message_id}", Due("message", message_id), looks or due_at)

    def _alarm_of_look(self, message_id: str, at: datetime | None) -> None:
        self._alarm_of_message(message_id, self.messages.get(message_id))


class InMemoryLedger:
    """The port `Ledger`, over what the people's commits appended."""

    def __init__(self, people: InMemoryPeople) -> None:
        self._people = people
        self.kept: dict[tuple[str, str], tuple[ConsentEvent, ...]] = {}

    def suppressions(self, channel: str, value: str) -> tuple[ConsentEvent, ...]:
        return self.kept.get((channel, value), ())

    def events(self, parts: Sequence[str]) -> tuple[ConsentEvent, ...]:
        return tuple(entry.event for part in parts for entry in self._people.consents[part])

    def chain(self, parts: Sequence[str]) -> tuple[ChainEntry, ...]:
        """What was appended, with its hashes; nobody is erased here."""
        entries = (entry for part in parts for entry in self._people.consents[part])
        return tuple(ChainEntry(entry.hash, entry.previous, entry.event) for entry in entries)
