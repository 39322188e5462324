"""The ports in memory. `tests/ports` holds each of them to the contract of the adapter it stands for.

People, ledger, messages and counters look at one `InMemoryPeople`, as their tables share one AWS account:

    people = InMemoryPeople(a_profile())
    ledger, messages = InMemoryLedger(people), InMemoryMessages(people)
    counters = InMemoryCounters(messages)
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kizuna.core.consent import ConsentEvent
from kizuna.core.durations import epoch_millis
from kizuna.core.entry_pages import RowPage, Rows, pages_of
from kizuna.core.errors import AddressTaken, Conflict, NotFound, Unavailable
from kizuna.core.events import Event
from kizuna.core.folding import Folded, LedgerEntry
from kizuna.core.identity.reviews import Review, Verdict
from kizuna.core.ids import shard_of
from kizuna.core.merges.log import MergeRecord
from kizuna.core.messages import Message, State, with_fact
from kizuna.core.people import GONE, Profile
from kizuna.core.ports import Due, IdentityKey, NewMessage, PersonWrite, Pressed, TimelineEntry
from kizuna.core.restraint.pressure import Pressure
from kizuna.core.seen import MarkPage, Marks
from kizuna.core.timeline import timeline_key
from kizuna.topology import DUE_SHARDS, SEGMENT_SHARDS
from tests.support.fakes_of_services import (
    InMemoryBus,
    InMemoryLake,
    InMemoryQuarantine,
    InMemoryQueues,
    InMemorySchedules,
    InMemorySender,
)
from tests.support.fakes_of_the_catalog import InMemoryBackfills, InMemoryCatalog, InMemoryKeys, InMemoryRuns

__all__ = [
    "InMemoryBackfills",
    "InMemoryBus",
    "InMemoryCatalog",
    "InMemoryCounters",
    "InMemoryKeys",
    "InMemoryLake",
    "InMemoryLedger",
    "InMemoryMessages",
    "InMemoryPeople",
    "InMemoryQuarantine",
    "InMemoryQueues",
    "InMemoryRuns",
    "InMemorySchedules",
    "InMemorySender",
]


class InMemoryPeople:
    """The port `People`. `down` makes it refuse every write; `writes` are the changes that were stored."""

    def __init__(self, *profiles: Profile) -> None:
        self.stored: dict[str, Profile] = {}
        self.identities: dict[IdentityKey, str] = {}
        self.events: dict[str, dict[str, Event]] = defaultdict(dict)
        self.consents: dict[str, list[LedgerEntry]] = defaultdict(list)
        self.counted_at: dict[
            tuple[str, str], tuple[int, str]
        ] = {}  # of each event: by which write, moved by what
        self.merges: dict[str, MergeRecord] = {}
        self.mark_pages: dict[MarkPage, Marks] = {}
        self.row_pages: dict[RowPage, Rows] = {}
        self.memberships: dict[str, set[str]] = defaultdict(set)
        self.erased_at: dict[IdentityKey, datetime] = {}
        self.reached_by: dict[str, set[str]] = defaultdict(set)
        self.messages: dict[str, Message] = {}
        self.looks: dict[str, datetime] = {}  # when a run is to be looked at because of a message
        self.writes: list[Folded] = []
        self.opened: dict[str, Review] = {}
        self.down = False
        for profile in profiles:
            self.stored[profile.id] = profile
            self.identities.update(dict.fromkeys(profile.identities, profile.id))
            for address in profile.addresses.values():
                self.reached_by[address.id].add(profile.id)
            self.index_membership(profile.id, profile.segments, ())

    def get(self, profile_id: str) -> Profile:
        """The profile as it is stored, merged or not."""
        return self.stored[profile_id]

    def recorded_consents(self, parts: Sequence[str]) -> tuple[ConsentEvent, ...]:
        return tuple(entry.event for part in parts for entry in self.consents[part])

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
        there = sorted(
            person
            for person in self.memberships[segment]
            if shard_of(person, SEGMENT_SHARDS) == shard and person > (after or "")
        )
        page = tuple(there[:limit])
        return page, (page[-1] if len(page) == limit else None)

    def member_count(self, segment: str, shard: int) -> int:
        return sum(shard_of(person, SEGMENT_SHARDS) == shard for person in self.memberships[segment])

    def index_membership(self, person: str, entered: Iterable[str], exited: Iterable[str]) -> None:
        for segment in entered:
            self.memberships[segment].add(person)
        for segment in exited:
            self.memberships[segment].discard(person)

    def due(self, shard: int, *, now: datetime, limit: int = 1000) -> tuple[Due, ...]:
        ringing = [
            *(
                (profile.due_at, f"p#{profile.id}", Due("profile", profile.id))
                for profile in self.stored.values()
            ),
            *(
                (self.looks.get(held.id, held.due_at), f"m#{held.id}", Due("message", held.id))
                for held in self.messages.values()
            ),
        ]
        there = [
            (at, key, due)
            for at, key, due in ringing
            if at is not None and at <= now and shard_of(key, DUE_SHARDS) == shard
        ]
        return tuple(due for _, _, due in sorted(there, key=lambda found: found[:2]))[:limit]


class InMemoryLedger:
    """The port `Ledger`, over what the people's commits appended."""

    def __init__(self, people: InMemoryPeople) -> None:
        self._people = people
        self.kept: dict[tuple[str, str], tuple[ConsentEvent, ...]] = {}

    def suppressions(self, channel: str, value: str) -> tuple[ConsentEvent, ...]:
        return self.kept.get((channel, value), ())

    def events(self, parts: Sequence[str]) -> tuple[ConsentEvent, ...]:
        return tuple(entry.event for part in parts for entry in self._people.consents[part])


class InMemoryMessages:
    """The port `Messages`."""

    def __init__(self, people: InMemoryPeople) -> None:
        self._people = people
        self.stored = people.messages
        self.looks = people.looks
        self._guards: dict[tuple[str, ...], str] = {}
        self._clicks: dict[str, dict[str, datetime]] = defaultdict(dict)
        self._pressures: dict[tuple[str, str], Pressure] = {}

    def pressure(self, person: str) -> Pressure:
        return self._pressures.get(("person", person), Pressure())

    def pressure_at(self, address: str) -> Pressure:
        return self._pressures.get(("address", address), Pressure())

    def press(self, pressed: Pressed) -> None:
        self._pressures |= self._pressed(pressed)

    def _pressed(self, pressed: Pressed | None) -> dict[tuple[str, str], Pressure]:
        """Pressure as it comes to be; raises Conflict where it is not made of what stands."""
        if pressed is None:
            return {}
        after = {
            ("person", pressed.person): pressed.on_person,
            ("address", pressed.address): pressed.on_address,
        }
        changed = {holder: pressure for holder, pressure in after.items() if pressure is not None}
        for holder, pressure in changed.items():
            if pressure.version != self._pressures.get(holder, Pressure()).version + 1:
                raise Conflict(f"pressure of {holder}")
        return changed

    def create(self, new: NewMessage) -> bool:
        message = new.message
        about = (message.campaign, message.run, message.step, message.channel)
        guards = [about, *([(*about[:3], f"slot {new.slot}")] if new.slot else [])]
        people = [
            ("person", part, *guard) for part in (message.person, *new.person_parts) for guard in guards
        ]
        address = ("address", message.address_id, *about)
        guarded = bool(message.address_id) and message.state not in (State.DENIED, State.EXPIRED)
        if message.id in self.stored or any(guard in self._guards for guard in people):
            return False
        if guarded and self._guards.get(address, message.id) != message.id:
            raise AddressTaken(f"message {message.id}")
        pressures = self._pressed(new.pressed)
        for one in new.gathered:
            if self.stored[one.after.id].state_version != one.expected:
                raise Conflict(f"message {one.after.id}")
        for one in new.gathered:
            self.stored[one.after.id] = replace(one.after, facts=self.stored[one.after.id].facts)
        self.stored[message.id] = message
        self._guards.update(dict.fromkeys([*people, address] if guarded else people, message.id))
        self._pressures |= pressures
        return True

    def get(self, message_id: str) -> Message | None:
        return self.stored.get(message_id)

    def claim(
        self,
        message: Message,
        *,
        person: str,
        reach_version: int,
        expected: int,
        pressed: Pressed | None = None,
    ) -> bool:
        stored = self.stored.get(message.id)
        if self._is_stored(message):
            return True
        profile = self._people.stored.get(person)
        reachable = profile and profile.reach_version == reach_version and not profile.merged_into
        if not stored or not reachable or (stored.state, stored.state_version) != (State.PENDING, expected):
            return False
        if stored.expires_at is not None and stored.expires_at <= message.changed_at:
            return False
        try:
            self._pressures |= self._pressed(pressed)
        except Conflict:
            return False
        self.stored[message.id] = replace(message, facts=stored.facts)
        return True

    def save(
        self, message: Message, *, expected: int, owner: str = "", pressed: Pressed | None = None
    ) -> bool:
        stored = self.stored.get(message.id)
        if stored is None or stored.state_version != expected or (owner and stored.owner != owner):
            return self._is_stored(message)
        self._pressures |= self._pressed(pressed)
        self.stored[message.id] = replace(message, facts=stored.facts)
        return True

    def _is_stored(self, message: Message) -> bool:
        stored = self.stored.get(message.id)
        return stored is not None and replace(stored, facts=message.facts) == message

    def add_fact(self, message_id: str, fact: str, at: datetime) -> None:
        if message_id not in self.stored:
            raise NotFound(f"message {message_id}")
        self.stored[message_id] = with_fact(self.stored[message_id], fact, at)

    def note_click(self, message_id: str, link: str, at: datetime) -> Mapping[str, datetime]:
        if message_id not in self.stored:
            raise NotFound(f"message {message_id}")
        self._clicks[message_id].setdefault(link, at)
        return dict(self._clicks[message_id])

    def renderings(
        self, parts: Sequence[str], *, campaign: str, run: str, step: str, channels: Sequence[str]
    ) -> tuple[Message, ...]:
        about = [("person", part, campaign, run, step, name) for part in parts for name in channels]
        found = {self._guards[guard] for guard in about if guard in self._guards}
        messages = (self.stored[message] for message in found)
        return tuple(sorted(messages, key=lambda each: (channels.index(each.channel), each.id)))

    def recent(
        self, parts: Sequence[str], *, before: str = "", limit: int = 20
    ) -> tuple[tuple[Message, ...], str | None]:
        return _page(self.of_person(parts), lambda each: each.id, before=before, limit=limit)

    def decided(
        self,
        campaign: str,
        *,
        run: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        before: str = "",
        limit: int = 20,
    ) -> tuple[tuple[Message, ...], str | None]:
        found = [
            each
            for each in self.stored.values()
            if each.campaign == campaign
            and run in ("", each.run)
            and (since is None or each.created_at >= since)
            and (until is None or each.created_at < until)
        ]
        return _page(found, lambda each: f"{each.run}#{each.id}", before=before, limit=limit)

    def of_person(self, parts: Sequence[str]) -> tuple[Message, ...]:
        ids = {
            message for guard, message in self._guards.items() if guard[0] == "person" and guard[1] in parts
        }
        found = [self.stored[message] for message in ids]
        return tuple(sorted(found, key=lambda message: (message.created_at, message.id)))


def _page(
    found: Iterable[Message], name: Callable[[Message], str], *, before: str, limit: int
) -> tuple[tuple[Message, ...], str | None]:
    """The newest of these, and where the next page starts."""
    places = {f"{epoch_millis(each.created_at):013d}#{name(each)}": each for each in found}
    there = sorted((place for place in places if not before or place < before), reverse=True)
    page = there[:limit]
    return tuple(places[place] for place in page), page[-1] if len(there) > limit else None


@dataclass(frozen=True, slots=True)
class _Counted:
    version: int
    name: tuple[str, str, str]


_WENT_OUT = ("SENT", "UNKNOWN")


class InMemoryCounters:
    """The port `Counters`."""

    def __init__(self, messages: InMemoryMessages) -> None:
        self._messages = messages
        self._marks: dict[str, _Counted] = {}
        self._counts: dict[tuple[str, str], Counter[tuple[str, str, str]]] = defaultdict(Counter)
        self._days: dict[str, Counter[str]] = defaultdict(Counter)

    def count(self, message: Message, *, of_day: bool = False) -> bool:
        before = self._marks.get(message.id)
        if message.id not in self._messages.stored or (before and before.version >= message.state_version):
            return False
        name = (message.channel, str(message.state), message.reason)
        self._marks[message.id] = _Counted(message.state_version, name)
        counts = self._counts[message.campaign, message.run]
        counts[name] += 1
        if before:
            counts[before.name] -= 1
        moved = (name[1] in _WENT_OUT) - (before is not None and before.name[1] in _WENT_OUT)
        if of_day and moved:
            at = message.changed_at if moved > 0 else message.unknown_since or message.changed_at
            self._days[f"{at:%Y-%m-%d}"][message.channel] += moved
        return True

    def sent_on(self, day: str) -> Mapping[str, int]:
        return {channel: count for channel, count in self._days[day].items() if count}

    def read(self, campaign: str, run: str) -> Mapping[tuple[str, str, str], int]:
        return {name: count for name, count in self._counts[campaign, run].items() if count}
