"""The tables of the topology, made in whatever answers as DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from kizuna.topology import TABLES, TableSpec

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
        dynamodb.create_table(**_request(spec, names[spec.name.value]))
    return TableNames(**names)


def _request(spec: TableSpec, name: str) -> dict[str, Any]:
    attributes = {"pk": "S", "sk": "S"}
    for index in spec.indexes:
        attributes |= {index.partition: "S", index.sort: index.sort_type}
    request: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _schema("pk", "sk"),
        "AttributeDefinitions": [
            {"AttributeName": attribute, "AttributeType": kind} for attribute, kind in attributes.items()
        ],
    }
    if spec.indexes:
        request["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index.name,
                "KeySchema": _schema(index.partition, index.sort),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            for index in spec.indexes
        ]
    if spec.stream:
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    return request


def _schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]
