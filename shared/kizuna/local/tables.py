"""A table of the topology as a request to whatever answers as DynamoDB."""

from __future__ import annotations

from typing import Any

from kizuna.topology import TableSpec


def table_request(spec: TableSpec, name: str) -> dict[str, Any]:
    """What `CreateTable` takes for this table under this name."""
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
