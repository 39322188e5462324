"""Small rows of the catalog table that each write replaces as a whole: `cv` is the version that guards it, `b` the
rest as one JSON text."""

from __future__ import annotations

from typing import Any

from kizuna.adapters.tables.dynamodb import Client, encode, in_words_of_the_core, key, to_item
from kizuna.core.errors import Conflict


def put_version(client: Client, table: str, *, pk: str, sk: str, version: int, body: str) -> bool:
    """Store a version on the condition that the one before it stands (of version 1: none). False if it does not.

    True as well where the reply to this very write was lost and its repeat refused.
    """
    guard: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    if version > 1:
        guard = {
            "ConditionExpression": "cv = :before",
            "ExpressionAttributeValues": {":before": encode(version - 1)},
        }
    item = to_item({"pk": pk, "sk": sk, "cv": version, "b": body})
    try:
        with in_words_of_the_core(f"{pk} {sk}"):
            client.put_item(TableName=table, Item=item, **guard)
    except Conflict:
        with in_words_of_the_core(f"{pk} {sk}"):
            reply = client.get_item(TableName=table, Key=key(pk, sk), ConsistentRead=True)
        return bool(reply.get("Item", {}).get("b", {}).get("S") == body)
    return True
