"""Messages and their counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.machine_reactions import Early
    from kizuna.core.messages import Message
    from kizuna.core.restraint.pressure import Pressure


@dataclass(frozen=True, slots=True)
class Pressed:
    """Pressure as it comes to be, each of a version one higher than what was read: that is what guards it.

    `on_person` is that of `person`; `on_address` that of the address, where some cap counts addresses; `on_home` that
    of the household, where one counts households.
    """

    person: str
    on_person: Pressure | None = None
    address: str = ""  # its id
    on_address: Pressure | None = None
    home: str = ""  # its id
    on_home: Pressure | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """A message that was held back and is told of in a digest: as it is from then on, and as which version."""

    after: Message
    expected: int


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A decided message with what guards it against being decided twice, and the pressure with it, if it counts."""

    message: Message
    pressed: Pressed | None
    person_parts: tuple[str, ...]
    slot: str = (
        ""  # what is decided but once, whatever the channel: a first choice, or what follows a message
    )
    gathered: tuple[Gathered, ...] = ()  # of a digest


class Messages(Protocol):
    """Messages and their guards."""

    def pressure(self, person: str) -> Pressure: ...

    def pressure_at(self, place: str) -> Pressure:
        """What was sent to an address or a household (by its id), whoever the person; kept only while a cap counts
        them."""
        ...

    def press(self, pressed: Pressed) -> None:
        """Store pressure alone. Raises Conflict if it changed in between."""
        ...

    def create(self, new: NewMessage) -> bool:
        """Store a decided message, its two guards and the pressure, all or nothing.

        Guards: no message with this id; none of this run on this channel to this person, and none in this slot of
        the run; none of this run to this address; the versions of the pressure, and of what a digest gathers.
        Returns False if the message or its person guard exists already (decided before). Raises AddressTaken if
        another message of the run goes to the address, Conflict if the pressure, or a message that a digest
        gathers, changed in between.
        """
        ...

    def first_of(self, person: str, experiment: str, message_id: str) -> bool:
        """Whether this is the message by which a person came into an experiment; noted, if none is yet.

        Guarded by there being none, or this one: asked again the answer is the same, and a crash right after leaves
        a note for the message that the next attempt decides. `person` is the id they had first.
        """
        ...

    def get(self, message_id: str) -> Message | None: ...

    def claim(
        self,
        message: Message,
        *,
        person: str,
        reach_version: int,
        expected: int,
        pressed: Pressed | None = None,
    ) -> bool:
        """PENDING → SENDING in one transaction with a check of the reach version of `person`.

        `message` is the claimed form (state, owner, lease); `person` is the living profile's id, which after a
        merge is another than the message was decided for.

        With `pressed` the message is counted in the same transaction, if the pressure is still what it was made of.

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

    def note_click(self, message_id: str, link: str, at: datetime) -> Mapping[str, datetime]:
        """Note that a link (by its digest) was followed; the earliest instant is kept. Idempotent.

        Returns every link of the message that was followed, with when.
        """
        ...

    def note_delivery(self, message_id: str, at: datetime) -> tuple[Early, ...]:
        """`add_fact` of a delivery. Returns the reactions that were noted as too early before it moved, as they stand
        with this very write; none where an earlier delivery is known."""
        ...

    def note_early(self, message_id: str, early: Early) -> datetime | None:
        """Note a reaction that came too soon after the delivery. Idempotent by its report.

        Returns when the message was delivered, as it stands with this very write: of a reaction and a delivery that
        are told at once, one sees the other.
        """
        ...

    def renderings(
        self, parts: Sequence[str], *, campaign: str, run: str, step: str, channels: Sequence[str]
    ) -> tuple[Message, ...]:
        """The messages by which one thing was told to a person on these channels, in this order; each once."""
        ...

    def of_person(self, parts: Sequence[str]) -> tuple[Message, ...]: ...

    def recent(
        self, parts: Sequence[str], *, before: str = "", limit: int = 20
    ) -> tuple[tuple[Message, ...], str | None]:
        """A page of what was intended for a person, the newest first, and where the next page starts (None: nowhere).

        `before` is what an earlier page gave. Only the messages of the page are read, however many there are.
        """
        ...

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
        """A page of what a campaign decided for anybody, the newest first, and where the next page starts.

        Half-open: since ≤ decided < until. What was decided a moment ago may be missing yet. With `run` a page may
        hold fewer than `limit`, or none, though there is a next one: only so much is looked at for each.
        """
        ...


class Counters(Protocol):
    """Exact counts of messages by state."""

    def count(self, message: Message, *, of_day: bool = False) -> bool:
        """Count a message in its present state, once, in one transaction with a mark on the message.

        Moves it from the state it was last counted in. False if this or a newer state is counted already. `of_day`:
        also among what went out on its day, for which somebody pays.
        """
        ...

    def sent_on(self, day: str) -> Mapping[str, int]:
        """How many went out on a day (UTC, 2026-11-22) by channel, of those that were counted with `of_day`."""
        ...

    def read(self, campaign: str, run: str) -> Mapping[tuple[str, str, str], int]:
        """Counts by (channel, state, reason)."""
        ...
