"""The tables of the topology, made in whatever answers as DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from kizuna.local.tables import table_request
from kizuna.topology import TABLES

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class TableNames:
    people: str
    ledger: str
    catalog: str


def fresh_tables(dynamodb: Any) -> TableNames:
    """Empty tables with names of their own, so that tests may share one cloud."""
    number = next(_numbers)
    names = {spec.name.value: f"{spec.name.value}-{number}" for spec in TABLES}
    for spec in TABLES:
        dynamodb.create_table(**table_request(spec, names[spec.name.value]))
    return TableNames(**names)
