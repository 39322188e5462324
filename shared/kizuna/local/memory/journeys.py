"""Runs of journeys in memory, and which journeys are paused."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from kizuna.core.ids import shard_of
from kizuna.core.journeys.counting import day_of, moved
from kizuna.core.journeys.halts import Halt
from kizuna.core.journeys.places import place_of
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.ports import Due
from kizuna.core.ports.journeys import Entered, EntryLimit, Walked
from kizuna.local.memory.people import InMemoryPeople
from kizuna.topology import DUE_SHARDS


class InMemoryJourneyRuns:
    """The port `JourneyRuns`; its alarms ring with those of the people. `writes` counts what was stored."""

    def __init__(self, people: InMemoryPeople) -> None:
        self.alarms = people.alarms
        self.stored = people.runs
        self.entries: Counter[tuple[str, str]] = Counter()
        self.counters: defaultdict[str, defaultdict[str, Counter[str]]] = defaultdict(
            lambda: defaultdict(Counter)
        )
        self.limits: Counter[tuple[str, str]] = Counter()
        self.places: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
        self.writes = 0

    def get(self, place: str) -> JourneyRun | None:
        person, _, _ = place.partition("/")
        return next((run for run in self.stored[person].values() if place_of(run) == place), None)

    def of_person(self, parts: Sequence[str]) -> tuple[JourneyRun, ...]:
        found = (run for part in parts if part in self.stored for run in self.stored[part].values())
        return tuple(sorted(found, key=lambda run: (run.entered_at, run.id)))

    def walked(self, parts: Sequence[str], journey: str) -> Walked:
        runs = tuple(run for run in self.of_person(parts) if run.journey == journey)
        return Walked(runs, self.entries[parts[0], journey])

    def enter(
        self, run: JourneyRun, *, walked: Walked, has_keys: bool, limits: Sequence[EntryLimit] = ()
    ) -> Entered:
        read = next((each for each in walked.runs if (each.person, each.key) == (run.person, run.key)), None)
        held = self.stored[run.person].get((run.journey, run.key))
        if (held and _version(held)) != (read and _version(read)):
            return "entered" if held == run else "taken"
        if has_keys and self.entries[run.person, run.journey] != walked.version:
            return "taken"
        if any(self.limits[run.journey, limit.name] >= limit.most for limit in limits):
            return "full"
        self.limits.update((run.journey, limit.name) for limit in limits)
        self.entries[run.person, run.journey] += has_keys
        self._put(None, run)
        return "entered"

    def save(self, run: JourneyRun, *, before: JourneyRun) -> bool:
        held = self.stored[run.person].get((run.journey, run.key))
        if held is None or _version(held) != _version(before) or run.id != before.id:
            return held == run
        self._put(before, run)
        return True

    def _put(self, before: JourneyRun | None, run: JourneyRun) -> None:
        self.stored[run.person][run.journey, run.key] = run
        self.writes += 1
        moves = moved(before, run)
        if moves:
            self.counters[run.journey][day_of(run)].update(moves)
        rings = None if run.is_over or run.frozen else run.due_at
        self.alarms.set(f"j#{place_of(run)}", Due("journey", place_of(run)), rings)

    def counts(self, journey: str) -> Mapping[str, Mapping[str, int]]:
        return {
            day: {name: amount for name, amount in rows.items() if amount}
            for day, rows in sorted(self.counters[journey].items())
        }

    def frozen(self, journey: str, shard: int) -> tuple[str, ...]:
        runs = (run for runs in self.stored.values() for run in runs.values() if run.journey == journey)
        places = (place_of(run) for run in runs if run.frozen and not run.is_over)
        return tuple(place for place in places if shard_of(place, DUE_SHARDS) == shard)

    def waiting(
        self, journey: str, shard: int, *, after: str = "", limit: int
    ) -> tuple[tuple[str, ...], str]:
        runs = (run for runs in self.stored.values() for run in runs.values() if run.journey == journey)
        places = (
            place_of(run) for run in runs if not run.is_over and not run.frozen and run.due_at is not None
        )
        mine = sorted(place for place in places if shard_of(place, DUE_SHARDS) == shard and place > after)
        return tuple(mine[:limit]), mine[limit - 1] if len(mine) > limit else ""

    def take_place(self, journey: str, step: str, *, name: str, most: int, mark: str) -> bool:
        taken = self.places[journey, step, name]
        if len(taken) < most:
            taken.add(mark)
        return mark in taken

    def forget(self, part: str) -> None:
        """As an erasure does: everything of a partition goes, with its alarms."""
        for run in self.stored.pop(part, {}).values():
            self.alarms.set(f"j#{place_of(run)}", Due("journey", place_of(run)), None)


class InMemoryHalts:
    """The port `Halts`."""

    def __init__(self) -> None:
        self.stored: dict[str, Halt] = {}

    def current(self) -> Mapping[str, Halt]:
        return dict(self.stored)

    def save(self, halt: Halt) -> bool:
        held = self.stored.get(halt.journey)
        if (held.version if held else 0) != halt.version - 1:
            return held == halt
        self.stored[halt.journey] = halt
        return True


def _version(run: JourneyRun) -> tuple[str, int]:
    return run.id, run.run_version
