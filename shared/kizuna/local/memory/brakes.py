"""`Cohorts` and `BrakeStore` in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from kizuna.core.messages import Message
from kizuna.core.restraint.brakes import AccountBrake, Brakes, RunBrake
from kizuna.core.restraint.cohorts import Mark, Tallies, cohort_of, gained, summed
from kizuna.core.results.cells import counted_run
from kizuna.local.memory.messages import InMemoryMessages


class InMemoryCohorts:
    """The port `Cohorts`."""

    def __init__(self, messages: InMemoryMessages) -> None:
        self._messages = messages
        self._marks: dict[str, Mark] = {}
        self._minutes: dict[tuple[str, str], dict[int, list[Tallies]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._hours: dict[int, list[Tallies]] = defaultdict(list)

    def mark(self, message_id: str) -> Mark | None:
        return self._marks.get(message_id)

    def count(self, message: Message, before: Mark | None, after: Mark) -> bool:
        if message.id not in self._messages.stored or self._marks.get(message.id) != before:
            return False
        self._marks[message.id] = after
        if after.look_at is not None:
            self._messages.looks[message.id] = after.look_at
        else:
            self._messages.looks.pop(message.id, None)
        gains = gained(before, after)
        if gains:
            cohort = cohort_of(counted_run(message.campaign, message.run), after.minute)
            self._minutes[message.campaign, cohort][after.minute].append(gains)
            self._hours[after.minute // 60].append(gains)
        return True

    def sums(self, campaign: str, cohort: str, *, first: int, last: int) -> Tallies:
        minutes = self._minutes[campaign, cohort]
        return summed([each for minute in minutes if first <= minute <= last for each in minutes[minute]])

    def hours(self, *, first: int, last: int) -> Mapping[int, Tallies]:
        return {hour: summed(each) for hour, each in sorted(self._hours.items()) if first <= hour <= last}


class InMemoryBrakes:
    """The port `BrakeStore`."""

    def __init__(self) -> None:
        self._now = Brakes()
        self.reads = 0

    def current(self) -> Brakes:
        self.reads += 1
        return self._now

    def save_run(self, brake: RunBrake) -> bool:
        before = self._now.of_run(brake.campaign, brake.run)
        if before.version != brake.version - 1:
            return before == brake
        self._now = Brakes({**self._now.runs, (brake.campaign, brake.run): brake}, self._now.account)
        return True

    def save_account(self, brake: AccountBrake) -> bool:
        before = self._now.account
        if before.version != brake.version - 1:
            return before == brake
        self._now = Brakes(self._now.runs, brake)
        return True
