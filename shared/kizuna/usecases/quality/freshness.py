"""Every minute: which sources are quieter or louder than they should be. Each episode is told of once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kizuna.core.bus_events import SourceFlooding, SourceQuiet
from kizuna.core.catalog import Catalog
from kizuna.core.ports import Arrivals, Bus
from kizuna.core.quality.freshness import Arrived, State, Watched, judged


@dataclass(frozen=True, slots=True)
class Standing:
    """How one source stands, and what it says so by."""

    source: str
    watched: Watched
    arrived: Arrived


@dataclass(frozen=True, slots=True)
class Freshness:
    """All watched sources. `told` names those of whom the bus was told just now."""

    standings: tuple[Standing, ...]
    told: tuple[str, ...] = ()

    def count(self, state: State) -> int:
        return sum(standing.watched.state == state for standing in self.standings)


def look(catalog: Catalog, arrivals: Arrivals, *, now: datetime) -> Freshness:
    """How the sources that declare a cadence stand now. Stores nothing."""
    return Freshness(tuple(standing for standing, _ in _standings(catalog, arrivals, now)))


def watch(catalog: Catalog, arrivals: Arrivals, bus: Bus, *, now: datetime) -> Freshness:
    """The same, and a new episode is published before it is stored.

    A crash in between tells of it again the next minute, with the same instant; two sweeps at one moment likewise.
    Raises Unavailable.
    """
    standings = _standings(catalog, arrivals, now)
    told = []
    for standing, before in standings:
        after = standing.watched
        if after == before:
            continue
        if after.is_episode:
            _publish(standing, catalog, bus)
            told.append(standing.source)
        arrivals.mark(standing.source, after, before=before)
    return Freshness(tuple(standing for standing, _ in standings), tuple(told))


def _standings(catalog: Catalog, arrivals: Arrivals, now: datetime) -> list[tuple[Standing, Watched | None]]:
    found = []
    for source, definition in catalog.sources.items():
        if definition.cadence is None:
            continue
        before = arrivals.watched(source)
        arrived = arrivals.arrived(source, now=now)
        found.append(
            (Standing(source, judged(definition.cadence, arrived, before, now=now), arrived), before)
        )
    return found


def _publish(standing: Standing, catalog: Catalog, bus: Bus) -> None:
    watched, arrived = standing.watched, standing.arrived
    event = (
        SourceQuiet(source=standing.source, at=watched.since, last_at=arrived.last_at)
        if watched.state == "quiet"
        else SourceFlooding(
            source=standing.source, at=watched.since, events=max(arrived.by_hour.values(), default=0)
        )
    )
    if event.name in catalog.policy.publish:
        bus.publish([(event.name, event.detail())])
