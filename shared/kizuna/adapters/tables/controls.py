"""What people decided about campaigns, in the catalog table: the port `Controls`. All lie in one partition."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import TypeAdapter

from kizuna.adapters.tables import catalog_keys as keys
from kizuna.adapters.tables.dynamodb import Client, encode, query
from kizuna.adapters.tables.versioned_rows import put_version
from kizuna.core.campaigning.controls import Control

_CONTROL = TypeAdapter(Control)


class ControlsTable:
    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def current(self) -> Mapping[str, Control]:
        found = query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": encode(keys.CONTROLS)},
            ConsistentRead=True,
        )
        controls = [_CONTROL.validate_json(item["b"]["S"]) for item in found]
        return {control.campaign: control for control in controls}

    def save(self, control: Control) -> bool:
        """Guarded by the version; a crash right after leaves the campaign as it is to be."""
        return put_version(
            self._client,
            self._table,
            pk=keys.CONTROLS,
            sk=control.campaign,
            version=control.version,
            body=_CONTROL.dump_json(control).decode(),
        )
