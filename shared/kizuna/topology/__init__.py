"""How everything is wired, as data: read by `infra` to build it in AWS and by `kizuna.local` to run it here.

| module | its subject |
|---|---|
| names | what each table, queue, function and sink is called |
| routes, bus, schedules | what comes in: by HTTP, by the bus, by the clock |
| tables, stream | where it is kept, and which changes of it are handed on |
| queues | what waits, and who takes it |
| functions | what reacts, decides, goes out and comes back, each with its leave |
| environment | what a function is told of all this |

A name used here is the only name a thing has; a function may do exactly what is listed under `tables`, `indexes`,
`sends_to` and `sinks`, and nothing else. Everybody imports from this front.
"""

from __future__ import annotations

from kizuna.topology.bus import BUS_NAME, BUS_RULES, BusRule
from kizuna.topology.environment import (
    COMMON_VARIABLES,
    ENVIRONMENT,
    SINK_VARIABLES,
    queue_variable,
    variables,
)
from kizuna.topology.functions import FUNCTIONS, FunctionSpec, function
from kizuna.topology.names import METRICS_NAMESPACE, Function, Queue, Sink, Table
from kizuna.topology.queues import CHANNEL_QUEUES, QUEUES, QueueSpec
from kizuna.topology.routes import ROUTES, Route
from kizuna.topology.schedules import SCHEDULED_FUNCTION, SWEEPS, Sweep
from kizuna.topology.stream import STREAM, StreamSpec
from kizuna.topology.tables import (
    COUNTER_SHARDS,
    DECIDED_INDEX,
    DECIDED_SHARDS,
    DUE_INDEX,
    DUE_SHARDS,
    JOURNEY_SHARDS,
    PACES_OF_KEYS,
    RESULT_SHARDS,
    SEGMENT_SHARDS,
    TABLES,
    Index,
    TableSpec,
)

__all__ = [
    "BUS_NAME",
    "BUS_RULES",
    "CHANNEL_QUEUES",
    "COMMON_VARIABLES",
    "COUNTER_SHARDS",
    "DECIDED_INDEX",
    "DECIDED_SHARDS",
    "DUE_INDEX",
    "DUE_SHARDS",
    "ENVIRONMENT",
    "FUNCTIONS",
    "JOURNEY_SHARDS",
    "METRICS_NAMESPACE",
    "PACES_OF_KEYS",
    "QUEUES",
    "RESULT_SHARDS",
    "ROUTES",
    "SCHEDULED_FUNCTION",
    "SEGMENT_SHARDS",
    "SINK_VARIABLES",
    "STREAM",
    "SWEEPS",
    "TABLES",
    "BusRule",
    "Function",
    "FunctionSpec",
    "Index",
    "Queue",
    "QueueSpec",
    "Route",
    "Sink",
    "StreamSpec",
    "Sweep",
    "Table",
    "TableSpec",
    "function",
    "queue_variable",
    "variables",
]
