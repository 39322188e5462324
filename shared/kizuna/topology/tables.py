"""The tables with their indexes, and over how many partitions what is read or written at once is spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kizuna.topology.names import Table


@dataclass(frozen=True, slots=True)
class Index:
    name: str
    partition: str
    sort: str
    sort_type: Literal["S", "N"]


@dataclass(frozen=True, slots=True)
class TableSpec:
    """All tables have the string keys `pk` and `sk`, are billed on demand and encrypted."""

    name: Table
    why: str
    stream: bool = False
    ttl: str | None = None
    indexes: tuple[Index, ...] = ()


DUE_INDEX = Index(name="due", partition="ds", sort="du", sort_type="N")
DUE_SHARDS = 8  # partitions of the alarm index; one sweep reads each once
DECIDED_INDEX = Index(name="decided", partition="cs", sort="ck", sort_type="S")
DECIDED_SHARDS = 4  # partitions of one campaign in the index of decisions: 1,000 a second each
SEGMENT_SHARDS = 8  # partitions of one segment's membership; the unit of a campaign's fan-out
COUNTER_SHARDS = 4  # rows that share one hot counter
RESULT_SHARDS = 8  # rows that share the counts of a run: a row takes part in one transaction at a time
JOURNEY_SHARDS = 8  # partitions of one journey's counts, which are written with every step of every run
# The catalog table's partitions of how often a write key asks begin so: what `Sink.PACE` gives leave for.
PACES_OF_KEYS = "q#key%20"

TABLES: tuple[TableSpec, ...] = (
    TableSpec(
        name=Table.PEOPLE,
        why="profiles, identities, timelines, memberships, messages: hot, personal, erased on request",
        stream=True,
        ttl="ttl",
        indexes=(DUE_INDEX, DECIDED_INDEX),
    ),
    TableSpec(
        name=Table.LEDGER, why="consent events, append-only and chained: outlives the profile as proof"
    ),
    TableSpec(
        name=Table.CATALOG,
        why="definitions, keys, run progress, counters: not personal, written by admins",
        ttl="ttl",
    ),
)
