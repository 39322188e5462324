"""Messages of walks that were cut, and of journeys that stand still: they do not go out.

    run cut ─▶ stream ─▶ what waits of it is withdrawn (DENIED, left_journey)
    a message is about to go ─▶ is its journey paused? was its run cut? ─ asked once more, before it is claimed

The stream may be late, and a fallback may put down one more message after it: so a sender asks as well. What a sender
has claimed by then goes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.journeys.halts import Halt
from kizuna.core.journeys.messages import campaign_id, journey_and_step
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.journeys.withdrawing import heeds_walk, why_left, withdrawn
from kizuna.core.messages import Message, State
from kizuna.core.ports import Halts, JourneyRuns, Messages, People

TRIES = 3


@dataclass(frozen=True, slots=True)
class Walks:
    """What journeys say of the messages of one batch. Which are paused is read when the first of their steps asks,
    and then no more: a pause stops the next batch. Whether a run was cut is read for each message."""

    runs: JourneyRuns
    halts: Halts
    _read: list[Mapping[str, Halt]] = field(default_factory=list)

    def stands_still(self, message: Message, catalog: Catalog) -> bool:
        """Whether the journey of a message is paused, by hand or in its file. Raises Unavailable."""
        place = journey_and_step(message.campaign)
        if place is None or not heeds_walk(message):
            return False
        if not self._read:
            self._read.append(self.halts.current())
        journey, halt = catalog.journeys.get(place[0]), self._read[0].get(place[0])
        return (journey is not None and journey.paused) or (halt is not None and halt.stands)

    def why_left(self, message: Message, parts: Sequence[str]) -> str | None:
        """How the run of a message was cut, if it was; `parts`: the person's, the living one's first."""
        place = journey_and_step(message.campaign)
        if place is None or not heeds_walk(message):
            return None
        return why_left(message, self.runs.walked(parts, place[0]).runs)


def withdraw(run: JourneyRun, *, people: People, messages: Messages, catalog: Catalog, now: datetime) -> None:
    """Withdraw what a run that was cut still has waiting. Each message is moved only from the state that was read, so
    one that its sender has claimed goes out; twice is as good as once, and a crash leaves the rest to the senders."""
    profile = people.profiles([run.person]).get(run.person)
    if profile is None:
        return
    for node, visits in run.visits.items():
        campaign = catalog.campaigns.get(campaign_id(run.journey, node))
        if campaign is None:
            continue  # no step that speaks, or one that is gone: its messages are stopped
        for visit in range(1, visits + 1):
            told = messages.renderings(
                profile.parts, campaign=campaign.id, run=run.id, step=str(visit), channels=campaign.reaches_by
            )
            for message in told:
                _withdraw(message, run, messages, now=now)


def _withdraw(message: Message, run: JourneyRun, messages: Messages, *, now: datetime) -> None:
    current: Message | None = message
    for _ in range(TRIES):
        if current is None or current.state not in (State.PENDING, State.DEFERRED):
            return
        left = why_left(current, (run,))
        if left is None or messages.save(withdrawn(current, left, now=now), expected=current.state_version):
            return
        current = messages.get(current.id)
