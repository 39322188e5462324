"""Plays one person's part of a run to its end: decided, judged again whenever it waited, rendered, sent to nobody.

    decide ─▶ waits until … ─▶ judged anew ─▶ … ─▶ rendered, judged, claimed ─▶ would be sent, or falls away
                                                                            └ refused ─▶ the next channel

The very use cases of a run are called, in the order in which its stream and its alarms would call them. What nobody
can know is how the person reacts: so a fallback is played by itself (`unanswered`), as if nobody showed a sign, and
is the most that can follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any, cast

from kizuna.core.campaigning.forecast import Followed
from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AlarmRang
from kizuna.core.decide import Occasion
from kizuna.core.decisions.record import held_for
from kizuna.core.experiments.standing import Standings
from kizuna.core.identity.identifiers import country_of_number
from kizuna.core.links import LinkKeys
from kizuna.core.messages import Message, State
from kizuna.core.people import Profile
from kizuna.core.ports import Ledger, Messages, People
from kizuna.core.restraint.pressure import promotional
from kizuna.core.segments.backfill import is_behind
from kizuna.usecases.campaigning.imagined import (
    Everywhere,
    ImaginedLedger,
    ImaginedMessages,
    ImaginedPeople,
    Outbox,
)
from kizuna.usecases.decisions.deciding import decide_and_store
from kizuna.usecases.delivery.deliver import Deliverer, deliver
from kizuna.usecases.delivery.giving_back import give_back
from kizuna.usecases.delivery.renderings import follow
from kizuna.usecases.reacting.react import Reactor, ring
from kizuna.usecases.reacting.upkeep import with_current_memory

_KEYS = LinkKeys("simulation", {"simulation": bytes(32)})  # links of the right length that lead nowhere
_STEPS = 50  # of one message; more is a circle
_REFUSED = (State.DENIED, State.EXPIRED, State.FAILED)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Played:
    """What would become of one person: their messages at their ends, and the promotions they would have heard in the
    week up to the last of them; None where nothing counts these."""

    followed: tuple[Followed, ...]
    heard: int | None


class Stage:
    """Where runs are played; one for all people, so that an address is written to but once."""

    def __init__(
        self, people: People, ledger: Ledger, messages: Messages, catalog: Catalog, *, base_url: str
    ) -> None:
        self._stored = people
        self._catalog = catalog
        self._ledger = ImaginedLedger(ledger)
        self._messages = ImaginedMessages(messages)
        self._people = ImaginedPeople(people)
        self._outbox = Outbox()
        nobody: Any = None  # whom an alarm of a message never calls
        as_people, as_messages = cast("People", self._people), cast("Messages", self._messages)
        self._reactor = Reactor(as_people, self._ledger, as_messages, nobody, nobody, nobody, nobody, nobody)
        self._deliverer = Deliverer(
            people=as_people,
            ledger=self._ledger,
            messages=as_messages,
            senders=Everywhere(self._outbox),
            link_keys=lambda: _KEYS,
            base_url=base_url,
            randomness=bytes,
        )

    def standing_at(self, profile: Profile, at: datetime) -> Profile:
        """The person as the definitions in force will see them at a moment, if nothing happens until then."""
        current = profile
        if is_behind(profile, self._catalog):
            current = with_current_memory(profile, self._stored, self._catalog, now=at)
            current = replace(
                current, evaluated=f"{self._catalog.segment_index.fingerprint}.{profile.version}"
            )
        elif profile.due_at is None or profile.due_at > at:
            return profile
        standing = self._catalog.segment_index.standing(self._catalog.decidable(current), now=at)
        return replace(current, segments=standing.segments)

    def play(self, profile: Profile, occasion: Occasion, *, at: datetime, standings: Standings) -> Played:
        """Everything that would be decided and sent for one person, as if they reacted at once to what reaches them.
        `profile` is how they stand at `at`."""
        ends = self._play(profile, occasion, _REFUSED, at=at, standings=standings)
        return Played(tuple(self._followed(ends)), self._heard(profile, max(ends.values(), default=at)))

    def unanswered(
        self, profile: Profile, occasion: Occasion, *, at: datetime, standings: Standings
    ) -> Played:
        """What follows on other channels if the person shows no sign. Everybody is to be played before: what is
        meant for an address goes before what follows on it."""
        ends = self._play(profile, occasion, (*_REFUSED, State.SENT), at=at, standings=standings)
        made = self._messages.made
        later = [each for each in self._followed(ends) if _follows_what_went(each.message, made)]
        return Played(tuple(later), self._heard(profile, max(ends.values(), default=at)))

    def _play(
        self,
        profile: Profile,
        occasion: Occasion,
        followed: tuple[State, ...],
        *,
        at: datetime,
        standings: Standings,
    ) -> dict[str, datetime]:
        """Play one person; when each of their messages came to its end. States that are `followed` may have something
        follow on another channel."""
        self._begin(profile, at)
        stored = decide_and_store(
            profile,
            occasion,
            ledger=self._ledger,
            messages=cast("Messages", self._messages),
            catalog=self._catalog,
            now=at,
            standings=standings,
        )
        ends = dict.fromkeys((each.message.id for each in stored), at)
        waiting: list[tuple[datetime, str]] = []
        for message in ends:
            heappush(waiting, (self._next(message, at), message))
        steps = 0
        while waiting and (steps := steps + 1) <= _STEPS * (1 + len(ends)):
            now, message_id = heappop(waiting)
            before = self._messages.made[message_id]
            if _is_over(before):
                ends[message_id] = max(ends[message_id], before.changed_at)
                continue
            self._people.now, self._messages.now = self.standing_at(profile, now), now
            self._step(message_id, now)
            for each in self._changed(before, followed, now):
                ends.setdefault(each, now)
                heappush(waiting, (self._next(each, now), each))
        return ends

    def _begin(self, profile: Profile, at: datetime) -> None:
        self._ledger.forget()
        self._messages.begin(profile.id, at)
        self._outbox.texts.clear()
        self._people.now = profile

    def _next(self, message_id: str, now: datetime) -> datetime:
        until = self._messages.made[message_id].not_before
        return now if until is None else max(now, until)

    def _step(self, message_id: str, now: datetime) -> None:
        """What the queue of its channel does with a message that is ready, and its alarm with one that waits."""
        message = self._messages.made[message_id]
        if message.state is State.PENDING and message.not_before is None:
            deliver(message_id, self._deliverer, self._catalog, now=now)
        else:
            ring(AlarmRang(kind="message", id=message_id), self._reactor, self._catalog, now=now)

    def _changed(self, before: Message, followed: tuple[State, ...], now: datetime) -> Sequence[str]:
        """What the stream makes of the step: the messages that are to be looked at again."""
        after = self._messages.made[before.id]
        known = set(self._messages.made)
        people, messages = cast("People", self._people), cast("Messages", self._messages)
        changed = before.state is not after.state
        if changed and after.state in _REFUSED:
            give_back(after, self._catalog, people=people, messages=messages)
        if changed and after.state in followed:
            follow(
                after,
                people=people,
                ledger=self._ledger,
                messages=messages,
                catalog=self._catalog,
                now=now,
            )
        moved = [before.id] if after.state_version != before.state_version else []
        return [*moved, *(each for each in self._messages.made if each not in known)]

    def _followed(self, ends: dict[str, datetime]) -> Iterator[Followed]:
        for message in self._messages.made.values():
            address, parts = self._outbox.texts.get(message.id, ("", 0))
            country = (country_of_number(address) or "") if address else ""
            yield Followed(
                message, max(message.changed_at, ends.get(message.id, message.changed_at)), country, parts
            )

    def _heard(self, profile: Profile, until: datetime) -> int | None:
        if not self._catalog.counted_caps:
            return None
        touches = promotional(self._messages.pressure(profile.id))
        return sum(until - WEEK < touch.at <= until for touch in touches)


def _follows_what_went(message: Message, made: Mapping[str, Message]) -> bool:
    """Whether a message is there only because one before it went out and showed no sign."""
    before = made.get(message.falls_back_from)
    return before is not None and (before.state is State.SENT or _follows_what_went(before, made))


def _is_over(message: Message) -> bool:
    """Nothing more happens to it that is known: it went out or fell away, or waits for a digest with others."""
    if message.state is State.DEFERRED:
        return message.not_before is None or bool(held_for(message.decision))
    return message.state is not State.PENDING
