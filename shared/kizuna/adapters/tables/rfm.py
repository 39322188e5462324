"""Runs of RFM in the catalog table: the port `RfmRuns`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from kizuna.adapters.tables import catalog_keys as keys
from kizuna.adapters.tables.dynamodb import (
    Client,
    Item,
    encode,
    from_item,
    in_words_of_the_core,
    key,
    query,
    to_item,
)
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.errors import Conflict
from kizuna.core.rfm.results import result_body, result_from
from kizuna.core.rfm.runs import Page, Phase, Result, RfmRun
from kizuna.core.rfm.scores import RfmDefinition

PAGES_KEPT = timedelta(days=7)  # long enough to look into a run that went wrong


class RfmTable:
    """A row for each run, one for each of its pages, and one for what came of it."""

    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def start(self, run: RfmRun) -> RfmRun:
        row = {
            "pk": keys.rfm_runs(run.definition.id),
            "sk": run.id,
            "at": epoch_millis(run.at),
            "sa": epoch_millis(run.started_at),
            "d": run.definition.model_dump_json(exclude_unset=True),
        }
        if self._put(row, f"run {run.id} of rfm {run.definition.id}"):
            return run
        return self.get(run.definition.id, run.id) or run

    def get(self, definition: str, run: str) -> RfmRun | None:
        with in_words_of_the_core(f"run {run} of rfm {definition}"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.rfm_runs(definition), run), ConsistentRead=True
            )
        return _run(reply["Item"]) if "Item" in reply else None

    def latest(self, definition: str, *, limit: int = 10) -> tuple[RfmRun, ...]:
        with in_words_of_the_core(f"runs of rfm {definition}"):
            reply = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": encode(keys.rfm_runs(definition))},
                ScanIndexForward=False,
                Limit=limit,
                ConsistentRead=True,
            )
        return tuple(_run(item) for item in reply["Items"])

    def add(self, run: RfmRun, page: Page) -> bool:
        row = {
            "pk": keys.rfm_pages(run.definition.id, run.id),
            "sk": keys.rfm_page(page.phase, page.shard, page.step),
            "a": page.after,
            "n": page.people,
            "dn": int(page.done),
            "w": page.written,
            "l": page.left,
            "z": page.packed or None,
            "ttl": int((run.started_at + PAGES_KEPT).timestamp()),
        }
        return self._put(row, f"page {page.step} of run {run.id} of rfm {run.definition.id}")

    def last(self, run: RfmRun, phase: Phase, shard: int) -> Page | None:
        with in_words_of_the_core(f"pages of run {run.id} of rfm {run.definition.id}"):
            reply = self._client.query(
                **self._pages_request(run, keys.rfm_shard(phase, shard)), ScanIndexForward=False, Limit=1
            )
        return _page(reply["Items"][0]) if reply["Items"] else None

    def pages(self, run: RfmRun, phase: Phase) -> Iterable[Page]:
        request = self._pages_request(run, keys.rfm_phase(phase))
        return map(_page, query(self._client, request.pop("TableName"), **request))

    def _pages_request(self, run: RfmRun, prefix: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": {
                ":pk": encode(keys.rfm_pages(run.definition.id, run.id)),
                ":prefix": encode(prefix),
            },
            "ConsistentRead": True,
        }

    def settle(self, run: RfmRun, result: Result) -> None:
        body = json.dumps(result_body(result), separators=(",", ":"))
        row = {"pk": keys.rfm_pages(run.definition.id, run.id), "sk": keys.RFM_RESULT, "b": body}
        self._put(row, f"result of run {run.id} of rfm {run.definition.id}")

    def result(self, run: RfmRun) -> Result | None:
        with in_words_of_the_core(f"result of run {run.id} of rfm {run.definition.id}"):
            reply = self._client.get_item(
                TableName=self._table,
                Key=key(keys.rfm_pages(run.definition.id, run.id), keys.RFM_RESULT),
                ConsistentRead=True,
            )
        return result_from(json.loads(reply["Item"]["b"]["S"])) if "Item" in reply else None

    def _put(self, row: dict[str, Any], what: str) -> bool:
        """False where there is such a row already."""
        try:
            with in_words_of_the_core(what):
                self._client.put_item(
                    TableName=self._table, Item=to_item(row), ConditionExpression="attribute_not_exists(pk)"
                )
        except Conflict:
            return False
        return True


def _run(item: Item) -> RfmRun:
    row = from_item(item)
    return RfmRun(
        RfmDefinition.model_validate_json(row["d"]),
        from_epoch_millis(row["at"]),
        from_epoch_millis(row["sa"]),
    )


def _page(item: Item) -> Page:
    row = from_item(item)
    phase, shard, step = keys.rfm_page_of(row["sk"])
    return Page(
        phase="collect" if phase == "collect" else "write",
        shard=shard,
        step=step,
        after=row["a"],
        people=row["n"],
        done=bool(row["dn"]),
        written=row["w"],
        left=row["l"],
        packed=row.get("z", b""),
    )
