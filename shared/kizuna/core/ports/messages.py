"""Messages, their counts, and the providers that take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.content.rendering import RenderedEmail, RenderedPush, RenderedSms
    from kizuna.core.gate import Approved
    from kizuna.core.messages import Message, Outcome
    from kizuna.core.restraint.pressure import Pressure


@dataclass(frozen=True, slots=True)
class Pressed:
    """Pressure as it comes to be, each of a version one higher than what was read: that is what guards it.

    `on_person` is that of `person`; `on_address` that of the address, where some cap counts addresses.
    """

    person: str
    on_person: Pressure | None = None
    address: str = ""  # its id
    on_address: Pressure | None = None


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A decided message with what guards it against being decided twice, and the pressure with it, if it counts."""

    message: Message
    pressed: Pressed | None
    person_parts: tuple[str, ...]


class Messages(Protocol):
    """Messages and their guards."""

    def pressure(self, person: str) -> Pressure: ...

    def pressure_at(self, address: str) -> Pressure:
        """What was sent to an address (by its id), whoever the person; kept only while a cap counts addresses."""
        ...

    def press(self, pressed: Pressed) -> None:
        """Store pressure alone. Raises Conflict if it changed in between."""
        ...

    def create(self, new: NewMessage) -> bool:
        """Store a decided message, its two guards and the pressure, all or nothing.

        Guards: no message with this id; none of this run on this channel to this person; none of this run to
        this address; the versions of the pressure. Returns False if the message or its person guard exists already
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

    def save(
        self, message: Message, *, expected: int, owner: str = "", pressed: Pressed | None = None
    ) -> bool:
        """Store the next state if the stored state version is `expected` (and the owner, if one is given).

        With `pressed` both or neither; then it raises Conflict if the pressure changed in between.
        """
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
