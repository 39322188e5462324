"""Messages and their guards in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from kizuna.core.durations import epoch_millis
from kizuna.core.errors import AddressTaken, Conflict, NotFound
from kizuna.core.machine_reactions import Early
from kizuna.core.messages import Message, State, held_address, with_fact
from kizuna.core.ports import NewMessage, Pressed
from kizuna.core.restraint.pressure import Pressure
from kizuna.local.memory.people import InMemoryPeople


class InMemoryMessages:
    """The port `Messages`."""

    def __init__(self, people: InMemoryPeople) -> None:
        self._people = people
        self.stored = people.messages
        self.looks = people.looks
        self._guards: dict[tuple[str, ...], str] = {}
        self._of_parts: dict[str, set[str]] = defaultdict(set)
        self._clicks: dict[str, dict[str, datetime]] = defaultdict(dict)
        self._early: dict[str, dict[str, Early]] = defaultdict(dict)
        self._pressures: dict[tuple[str, str], Pressure] = {}
        self._firsts: dict[tuple[str, str], str] = {}  # of each person in each experiment

    def pressure(self, person: str) -> Pressure:
        return self._pressures.get(("person", person), Pressure())

    def pressure_at(self, place: str) -> Pressure:
        return self._pressures.get(("place", place), Pressure())

    def press(self, pressed: Pressed) -> None:
        self._pressures |= self._pressed(pressed)

    def _pressed(self, pressed: Pressed | None) -> dict[tuple[str, str], Pressure]:
        """Pressure as it comes to be; raises Conflict where it is not made of what stands."""
        if pressed is None:
            return {}
        after = {
            ("person", pressed.person): pressed.on_person,
            ("place", pressed.address): pressed.on_address,
            ("place", pressed.home): pressed.on_home,
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
        address = held_address(message)
        if message.id in self.stored or any(guard in self._guards for guard in people):
            return False
        if address and self._guards.get(("address", *address), message.id) != message.id:
            raise AddressTaken(f"message {message.id}")
        pressures = self._pressed(new.pressed)
        for one in new.gathered:
            if self.stored[one.after.id].state_version != one.expected:
                raise Conflict(f"message {one.after.id}")
        for one in new.gathered:
            self.stored[one.after.id] = replace(one.after, facts=self.stored[one.after.id].facts)
        self.stored[message.id] = message
        taken = [*people, ("address", *address)] if address else people
        self._guards.update(dict.fromkeys(taken, message.id))
        for part in (message.person, *new.person_parts):
            self._of_parts[part].add(message.id)
        self._pressures |= pressures
        return True

    def first_of(self, person: str, experiment: str, message_id: str) -> bool:
        return self._firsts.setdefault((person, experiment), message_id) == message_id

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
        clicks = self._clicks[message_id]
        clicks[link] = min(at, clicks.get(link, at))
        return dict(clicks)

    def note_delivery(self, message_id: str, at: datetime) -> tuple[Early, ...]:
        if message_id not in self.stored:
            raise NotFound(f"message {message_id}")
        known = self.stored[message_id].facts.get("delivered")
        self.add_fact(message_id, "delivered", at)
        return () if known is not None and known < at else tuple(self._early[message_id].values())

    def note_early(self, message_id: str, early: Early) -> datetime | None:
        if message_id not in self.stored:
            raise NotFound(f"message {message_id}")
        self._early[message_id][early.report] = early
        return self.stored[message_id].facts.get("delivered")

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
        ids = {message for part in parts for message in self._of_parts[part]}
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
