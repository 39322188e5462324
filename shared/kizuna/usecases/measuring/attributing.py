"""Which messages the successes of a campaign's goal are owed to, worked out over the lake when somebody asks.

Credit is nothing that could be counted as it happens: a click is often heard of after the order that it led to, and
the chain of all paths has to be looked at as a whole. So nothing is stored for it; one query reads reactions and goal
events of the time that is asked about, and the models are worked out in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from kizuna.core.attribution.reading import REACTIONS, histories_of
from kizuna.core.attribution.report import Attribution, attributed
from kizuna.core.campaigns import Goal
from kizuna.core.catalog import Catalog
from kizuna.core.durations import FIRST
from kizuna.core.errors import KizunaError, NotFound
from kizuna.core.ports import People
from kizuna.core.ports.lake_queries import LakeRecords, QueryFailed, Reading
from kizuna.core.refusing.repeating import asked_for

PATIENCE = timedelta(minutes=2)
LONGEST = timedelta(days=366)
_PAUSES = (1, 1, 2, 3, 5, 8, 10)  # seconds between two looks, the last again and again
_PEOPLE = 100  # read at once


class TooMuch(KizunaError):
    """More rows than are worked out at once."""


@dataclass(frozen=True, slots=True)
class Attributed:
    """The credit for one goal's successes after `since`, and up to `until`."""

    name: str
    goal: Goal
    since: datetime
    until: datetime
    found: Attribution


def attribute(
    name: str,
    *,
    since: datetime,
    now: datetime,
    catalog: Catalog,
    lake: LakeRecords,
    people: People,
    pause: Callable[[float], None],
    patience: timedelta = PATIENCE,
) -> Attributed:
    """Share the successes of a campaign's first goal since an instant among all messages that led there.

    Whatever campaign they are of. Reads only. Raises NotFound, TooMuch, QueryFailed, Unavailable.
    """
    campaign = catalog.campaigns.get(name)
    if campaign is None:
        raise NotFound(f"there is no campaign {asked_for(name)} in force")
    if not since < now or now - since > LONGEST:
        raise TooMuch(f"a time of at most {LONGEST.days} days that lies behind us")
    rules, live_within = catalog.policy.attribution, catalog.policy.live_within
    names = tuple(sorted({*REACTIONS, campaign.goal.event}))
    first = since - rules.longest - timedelta(days=1)  # rows lie by the day on which they were stored
    reading = Reading(names, f"{first:%Y-%m-%d}", sent="sent" in rules.kinds)
    rows = []
    for row in _read(reading, lake, pause, patience):
        rows.append(row)
        if len(rows) > reading.most:
            raise TooMuch(f"more than {reading.most:,} reactions and successes: ask for a shorter time")
    histories = histories_of(
        rows,
        campaign.goal,
        since=since,
        until=now,
        live_within=live_within.after(FIRST) - FIRST,
        living=lambda parts: _living(parts, people),
    )
    return Attributed(name, campaign.goal, since, now, attributed(histories, rules))


def _read(
    reading: Reading, lake: LakeRecords, pause: Callable[[float], None], patience: timedelta
) -> Iterable[Mapping[str, object]]:
    query, waited, looks = lake.start_reading(reading), 0.0, 0
    while (rows := lake.records(query)) is None:
        wait = _PAUSES[min(looks, len(_PAUSES) - 1)]
        if waited + wait > patience.total_seconds():
            lake.stop(query)
            raise QueryFailed(f"query {query}: not answered within {patience}; it was stopped")
        pause(wait)
        waited, looks = waited + wait, looks + 1
    return rows


def _living(parts: Iterable[str], people: People) -> Mapping[str, str]:
    """Who is known by a merged profile's id is the one they were merged into."""
    wanted = sorted(parts)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _PEOPLE):
        page = wanted[start : start + _PEOPLE]
        found |= {part: profile.id for part, profile in people.profiles(page).items()}
    return found
