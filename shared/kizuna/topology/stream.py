"""Which changes of a table are handed to a function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kizuna.topology.names import Function, Queue, Table


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """Only what a change can mean something for is handed over (a Lambda filter, `OR` of the patterns)."""

    table: Table
    consumer: Function
    batch_size: int
    window_seconds: int
    filters: tuple[Mapping[str, Any], ...]
    lost: Queue


# A profile's `sk` is "profile", a message's is "message"; an event of the timeline begins with "e#", a run of a
# journey with "j#".
STREAM = StreamSpec(
    table=Table.PEOPLE,
    consumer=Function.REACT,
    batch_size=100,
    window_seconds=0,
    filters=(
        {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"Keys": {"sk": {"S": ["profile", "message"]}}}},
        {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "e#"}]}}}},
        {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "j#"}]}}}},
    ),
    lost=Queue.LOST_CHANGES,
)
