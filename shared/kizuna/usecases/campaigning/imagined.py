"""One person's small world, in which a run is played: what is written stays here, what is read is what is stored.

The use cases are handed these instead of the stores. Nothing reaches a store or a provider: every method that writes
is either played here or refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from kizuna.core.campaigning.digests import Digests
from kizuna.core.consent import ConsentEvent
from kizuna.core.content.rendering import Rendered, RenderedSms
from kizuna.core.errors import AddressTaken
from kizuna.core.gate import Approved
from kizuna.core.messages import Accepted, Message, Outcome, State
from kizuna.core.people import Profile
from kizuna.core.ports import Envelope, Ledger, Messages, NewMessage, People, Pressed
from kizuna.core.restraint.pressure import Pressure

_READS_OF_PEOPLE = frozenset(
    {"timeline", "timeline_event", "recent", "holders", "recorded_consents", "erased", "marks", "owners"}
)
_READS_OF_MESSAGES = frozenset({"of_person", "recent", "decided"})
_HOLD_NO_ADDRESS = (State.DENIED, State.EXPIRED)


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


class ImaginedMessages:
    """The port `Messages` for the messages of one person in one run, on top of the pressure that is stored.

    Addresses that the run has written to are remembered over all people. Guards are those of the store: once a
    channel and slot, once an address.
    """

    def __init__(self, base: Messages) -> None:
        self._base = base
        self._addresses = Digests()
        self.made: dict[str, Message] = {}
        self._guards: set[tuple[str, ...]] = set()
        self._people: dict[str, Pressure] = {}
        self._pressures_at: dict[str, Pressure] = {}

    def forget(self) -> None:
        """The next person."""
        self.made = {}
        self._guards.clear()
        self._people.clear()
        self._pressures_at.clear()

    def pressure(self, person: str) -> Pressure:
        if person not in self._people:
            self._people[person] = self._base.pressure(person)
        return self._people[person]

    def pressure_at(self, address: str) -> Pressure:
        if address not in self._pressures_at:
            self._pressures_at[address] = self._base.pressure_at(address)
        return self._pressures_at[address]

    def press(self, pressed: Pressed) -> None:
        self._press(pressed)

    def _press(self, pressed: Pressed | None) -> None:
        if pressed is None:
            return
        if pressed.on_person is not None:
            self._people[pressed.person] = pressed.on_person
        if pressed.on_address is not None:
            self._pressures_at[pressed.address] = pressed.on_address

    def first_of(self, person: str, experiment: str, message_id: str) -> bool:
        """As if nobody had been in it before: what somebody is told does not depend on that."""
        return True

    def create(self, new: NewMessage) -> bool:
        message = new.message
        guards = {("channel", message.step, message.channel)}
        guards |= {("slot", message.step, new.slot)} if new.slot else set()
        if message.id in self.made or guards & self._guards:
            return False
        place = f"{message.step} {message.channel} {message.address_id}"
        holds = bool(message.address_id) and message.state not in _HOLD_NO_ADDRESS
        if holds and not self._addresses.add(place):
            raise AddressTaken(f"message {message.id}")
        self.made[message.id] = message
        self._guards |= guards
        self._press(new.pressed)
        return True

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
