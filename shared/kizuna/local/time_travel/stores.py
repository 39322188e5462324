"""The stores of a world that time travels in: those in memory, with the stream of what changes in them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime

from kizuna.core.events import Event
from kizuna.core.folding import Fact
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.messages import Message
from kizuna.core.people import Profile
from kizuna.core.ports import PersonWrite
from kizuna.local.memory.journeys import InMemoryJourneyRuns
from kizuna.local.memory.people import InMemoryPeople
from kizuna.usecases.reacting.react import Change, EventStored, MessageChanged, ProfileChanged, RunChanged


class StreamedPeople(InMemoryPeople):
    """People and messages, each change of which is a record of `stream`."""

    def __init__(self) -> None:
        self.stream: deque[Change] = deque()
        self._facts: dict[tuple[str, int], tuple[Fact, ...]] = {}
        self._profiles: dict[str, Profile] = {}
        self._messages: dict[str, Message] = {}
        super().__init__(keeps_writes=False)

    def _put_guarded(self, write: PersonWrite) -> None:
        profile = write.folded.profile
        self._facts[profile.id, profile.version] = write.folded.facts
        super()._put_guarded(write)

    def put_events(self, part: str, events: Iterable[Event], version: int, moved_by: str = "") -> None:
        found = tuple(events)
        super().put_events(part, found, version, moved_by)
        for event in found:
            self.stream.append(EventStored(part, "", event))

    def _alarm_of_profile(self, person: str, profile: Profile | None) -> None:
        super()._alarm_of_profile(person, profile)
        before = self._profiles.get(person)
        if profile is not None and profile != before:
            self._profiles[person] = profile
            facts = self._facts.pop((person, profile.version), ())
            self.stream.append(ProfileChanged(before, profile, facts))

    def _alarm_of_message(self, message_id: str, message: Message | None) -> None:
        super()._alarm_of_message(message_id, message)
        before = self._messages.get(message_id)
        if message is not None and message != before:
            self._messages[message_id] = message
            self.stream.append(MessageChanged(before, message))


class StreamedRuns(InMemoryJourneyRuns):
    """Runs of journeys, likewise. `told` has each change with when it was stored, for whoever tells of the path."""

    def __init__(self, people: StreamedPeople) -> None:
        super().__init__(people)
        self._stream = people.stream
        self.told: list[tuple[datetime, JourneyRun | None, JourneyRun]] = []

    def _put(self, before: JourneyRun | None, run: JourneyRun) -> None:
        super()._put(before, run)
        self.told.append((run.changed_at, before, run))
        self._stream.append(RunChanged(before, run))
