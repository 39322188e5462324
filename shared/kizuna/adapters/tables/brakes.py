"""Brakes of runs and of the account in the catalog table: the port `BrakeStore`.

All lie in one partition, so that one strongly consistent read gives whatever stands: there are as many rows as runs
were ever paused.

cv    its version: what writes are guarded by
b     everything else, as one JSON text
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter

from kizuna.adapters.tables import catalog_keys as keys
from kizuna.adapters.tables.dynamodb import Client, encode, in_words_of_the_core, key, query
from kizuna.core.errors import Conflict
from kizuna.core.restraint.brakes import AccountBrake, Brakes, RunBrake

T = TypeVar("T", RunBrake, AccountBrake)

_RUN = TypeAdapter(RunBrake)
_ACCOUNT = TypeAdapter(AccountBrake)


class BrakesTable:
    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def current(self) -> Brakes:
        with in_words_of_the_core("brakes"):
            found = query(
                self._client,
                self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": encode(keys.BRAKES)},
                ConsistentRead=True,
            )
            bodies = {item["sk"]["S"]: item["b"]["S"] for item in found}
        account = bodies.pop(keys.ACCOUNT, None)
        runs = [_RUN.validate_json(body) for body in bodies.values()]
        return Brakes(
            {(brake.campaign, brake.run): brake for brake in runs},
            AccountBrake() if account is None else _ACCOUNT.validate_json(account),
        )

    def save_run(self, brake: RunBrake) -> bool:
        return self._save(keys.run_brake(brake.campaign, brake.run), brake, _RUN)

    def save_account(self, brake: AccountBrake) -> bool:
        return self._save(keys.ACCOUNT, brake, _ACCOUNT)

    def _save(self, sort: str, brake: T, codec: TypeAdapter[T]) -> bool:
        """Guarded by the version; a crash right after leaves the brake as it is to be."""
        body = codec.dump_json(brake).decode()
        values: dict[str, Any] = {":after": encode(brake.version), ":b": encode(body)}
        condition = "attribute_not_exists(pk)"
        if brake.version > 1:
            condition, values[":before"] = "cv = :before", encode(brake.version - 1)
        try:
            with in_words_of_the_core(f"brake {sort}"):
                self._client.update_item(
                    TableName=self._table,
                    Key=key(keys.BRAKES, sort),
                    UpdateExpression="SET cv = :after, b = :b",
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                )
        except Conflict:
            return self._is_stored(sort, body)
        return True

    def _is_stored(self, sort: str, body: str) -> bool:
        """The reply to a write that was stored may have been lost, and its repeat refused."""
        with in_words_of_the_core(f"brake {sort}"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.BRAKES, sort), ConsistentRead=True
            )
        return bool(reply.get("Item", {}).get("b", {}).get("S") == body)
