"""One person's small world, in which a run is played: what is written stays here, what is read is what is stored.

The use cases are handed these instead of the stores. Nothing reaches a store or a provider: every method that writes
is either played here or refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from kizuna.core.campaigning.digests import Digests
from kizuna.core.consent import ConsentEvent
from kizuna.core.content.rendering import Rendered, RenderedSms
from kizuna.core.errors import AddressTaken
from kizuna.core.gate import Approved
from kizuna.core.messages import Accepted, Message, Outcome, held_address
from kizuna.core.people import Profile
from kizuna.core.ports import Envelope, Ledger, Messages, NewMessage, People, Pressed
from kizuna.core.restraint.pressure import Pressure, Touch

_READS_OF_PEOPLE = frozenset(
    {"timeline", "timeline_event", "recent", "holders", "recorded_consents", "erased", "marks", "owners"}
)
_READS_OF_MESSAGES = frozenset({"of_person", "recent", "decided"})


class Imagined(RuntimeError):
    """Something was asked of a simulation that it must not do: a mistake in the code."""


class ImaginedPeople:
    """The port `People` around one person, as they are at the moment that is played (`now`)."""

    def __init__(self, base: People) -> None:
        self._base = base
        self.now: Profile | None = None

    def profiles(self, ids: Iterable[str], *, consistent: bool = True) -> dict[str, Profile]:
        asked, mine = list(ids), self.now
        own = {mine.id, *mine.parts} if mine is not None else set()
        others = [person for person in asked if person not in own]
        found = self._base.profiles(others, consistent=False) if others else {}
        return found if mine is None else {**found, **{person: mine for person in asked if person in own}}

    def __getattr__(self, name: str) -> Any:
        return _only_read(self._base, name, _READS_OF_PEOPLE)


class ImaginedLedger:
    """The port `Ledger`, each question asked of the store but once a person."""

    def __init__(self, base: Ledger) -> None:
        self._base = base
        self._events: dict[tuple[str, ...], tuple[ConsentEvent, ...]] = {}
        self._kept: dict[tuple[str, str], tuple[ConsentEvent, ...]] = {}

    def forget(self) -> None:
        """The next person."""
        self._events.clear()
        self._kept.clear()

    def events(self, parts: Sequence[str]) -> tuple[ConsentEvent, ...]:
        key = tuple(parts)
        if key not in self._events:
            self._events[key] = self._base.events(parts)
        return self._events[key]

    def suppressions(self, channel: str, value: str) -> tuple[ConsentEvent, ...]:
        key = (channel, value)
        if key not in self._kept:
            self._kept[key] = self._base.suppressions(channel, value)
        return self._kept[key]


@dataclass(slots=True)
class _Counted:
    """What was counted of one person at an address, and until when it was, if it was taken back."""

    touch: Touch
    until: datetime | None = None

    def counts_at(self, now: datetime) -> bool:
        return self.touch.at <= now and (self.until is None or now < self.until)


class ImaginedMessages:
    """The port `Messages` for the messages of one person in one run, on top of the pressure that is stored.

    Addresses that the run has written to are remembered over all people, with what was counted there and since when.
    Who is played again finds those they hold as they left them. Guards are those of the store: once a channel and
    slot, once an address. `now` is the moment that is played.
    """

    def __init__(self, base: Messages) -> None:
        self._base = base
        self._addresses, self._holders = Digests(), Digests()
        self._counted_at: dict[str, dict[str, list[_Counted]]] = {}  # by address or household, then person
        self._held: set[str] = set()
        self._person = ""
        self.now: datetime | None = None
        self.made: dict[str, Message] = {}
        self._guards: set[tuple[str, ...]] = set()
        self._people: dict[str, Pressure] = {}
        self._stored_at: dict[str, Pressure] = {}
        self._pressures_at: dict[str, Pressure] = {}

    def begin(self, person: str, now: datetime) -> None:
        """This person is played from this moment on."""
        self._person, self.now, self.made = person, now, {}
        self._held.clear()
        self._guards.clear()
        self._people.clear()
        self._stored_at.clear()
        self._pressures_at.clear()

    def pressure(self, person: str) -> Pressure:
        if person not in self._people:
            self._people[person] = self._base.pressure(person)
        return self._people[person]

    def pressure_at(self, place: str) -> Pressure:
        if place in self._pressures_at:
            return self._pressures_at[place]
        if place not in self._stored_at:
            self._stored_at[place] = self._base.pressure_at(place)
        stored, counted = self._stored_at[place], self._counted_at.get(place, {})
        theirs = [each for who, found in counted.items() if who != self._person for each in found]
        heard = tuple(each.touch for each in theirs if self.now is None or each.counts_at(self.now))
        return Pressure(stored.version, (*stored.touches, *heard)) if heard else stored

    def press(self, pressed: Pressed) -> None:
        self._press(pressed)

    def _press(self, pressed: Pressed | None) -> None:
        if pressed is None:
            return
        if pressed.on_person is not None:
            self._people[pressed.person] = pressed.on_person
        for place, heard in ((pressed.address, pressed.on_address), (pressed.home, pressed.on_home)):
            if heard is not None:
                self._pressures_at[place] = heard
                own = [touch for touch in heard.touches if touch.message in self.made]
                self._note(self._counted_at.setdefault(place, {}).setdefault(pressed.person, []), own)

    def _note(self, known: list[_Counted], own: list[Touch]) -> None:
        for each in known:
            if each.until is None and each.touch not in own:
                each.until = self.now
        counting = [each.touch for each in known if each.until is None]
        known += [_Counted(touch) for touch in own if touch not in counting]

    def first_of(self, person: str, experiment: str, message_id: str) -> bool:
        """As if nobody had been in it before: what somebody is told does not depend on that."""
        return True

    def create(self, new: NewMessage) -> bool:
        message = new.message
        guards = {("channel", message.step, message.channel)}
        guards |= {("slot", message.step, new.slot)} if new.slot else set()
        if message.id in self.made or guards & self._guards:
            return False
        held = held_address(message)
        if held:
            self._hold(" ".join(held[2:]), message)
        self.made[message.id] = message
        self._guards |= guards
        self._press(new.pressed)
        return True

    def _hold(self, place: str, message: Message) -> None:
        theirs = f"{place} {message.person}"
        if place in self._held or (not self._addresses.add(place) and theirs not in self._holders):
            raise AddressTaken(f"message {message.id}")
        self._held.add(place)
        self._holders.add(theirs)

    def get(self, message_id: str) -> Message | None:
        found = self.made.get(message_id)
        return found if found is not None else self._base.get(message_id)

    def claim(
        self,
        message: Message,
        *,
        person: str,
        reach_version: int,
        expected: int,
        pressed: Pressed | None = None,
    ) -> bool:
        return self.save(message, expected=expected, pressed=pressed)

    def save(
        self, message: Message, *, expected: int, owner: str = "", pressed: Pressed | None = None
    ) -> bool:
        if self.made[message.id].state_version != expected:
            return False
        self.made[message.id] = message
        self._press(pressed)
        return True

    def renderings(
        self, parts: Sequence[str], *, campaign: str, run: str, step: str, channels: Sequence[str]
    ) -> tuple[Message, ...]:
        found = [each for each in self.made.values() if each.step == step and each.channel in channels]
        return tuple(sorted(found, key=lambda each: (channels.index(each.channel), each.id)))

    def __getattr__(self, name: str) -> Any:
        return _only_read(self._base, name, _READS_OF_MESSAGES)


def _only_read(base: Any, name: str, reads: frozenset[str]) -> Any:
    if name not in reads:
        raise Imagined(name)
    return getattr(base, name)


class Outbox:
    """A provider of every channel that takes each message, and sends none. `texts` are the parts by message."""

    def __init__(self) -> None:
        self.texts: dict[str, tuple[str, int]] = {}

    def send(self, approved: Approved, envelope: Envelope, content: Rendered) -> Outcome:
        if isinstance(content, RenderedSms):
            self.texts[envelope.message.id] = (envelope.message.address, content.parts.parts)
        return Accepted(provider_id="imagined")


class Everywhere(Mapping[str, Outbox]):
    """The same outbox for every channel."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def __getitem__(self, channel: str) -> Outbox:
        return self._outbox

    def __iter__(self) -> NoReturn:
        raise Imagined("channels")

    def __len__(self) -> NoReturn:
        raise Imagined("channels")
