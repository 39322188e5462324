"""Records of merges as items: compressed, and split where one item would be too large.

item          pk            sk
merge record  p#<person>    u#<millis>#<hash>#<number>     z its slice of the text, compressed as a whole
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.dynamodb import Item, from_item, to_item
from kizuna.adapters.tables.people_codec import compact, profile_from_item, profile_to_item
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.merges.log import Absorbed, Evidence, MergeRecord
from kizuna.core.people import Profile

SLICE = 350 * 1024  # bytes of compressed text in one item


def record_items(record: MergeRecord) -> list[Item]:
    """A record as one item, or as several if the primary held more than fits."""
    text = zlib.compress(compact(_body(record)).encode("utf-8", "surrogatepass"), 6)
    slices = [text[start : start + SLICE] for start in range(0, len(text), SLICE)]
    return [
        to_item(
            {
                "pk": keys.person(record.primary),
                "sk": sort_key(record, number),
                "z": piece,
                "un": epoch_millis(record.undone_at) if record.undone_at and number == 0 else None,
                "ttl": int(record.ends_at.timestamp()),
            }
        )
        for number, piece in enumerate(slices)
    ]


def sort_key(record: MergeRecord, number: int = 0) -> str:
    return keys.merge_record(epoch_millis(record.at), record.id.rpartition(".")[2], number)


def put_actions(table: str, record: MergeRecord) -> list[dict[str, Any]]:
    """The record as actions of the transaction that merges; guarded by the versions of the profiles in it."""
    return [{"Put": {"TableName": table, "Item": item}} for item in record_items(record)]


def records_from_items(items: Iterable[Mapping[str, Any]]) -> tuple[MergeRecord, ...]:
    """The records in these items (in the order of their keys), the newest first."""
    slices: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        row = from_item(item)
        slices.setdefault(row["sk"].rpartition("#")[0], []).append(row)
    return tuple(_record(slices[name]) for name in sorted(slices, reverse=True))


def _record(rows: list[Mapping[str, Any]]) -> MergeRecord:
    body = json.loads(zlib.decompress(b"".join(row["z"] for row in rows)).decode("utf-8", "surrogatepass"))
    undone = rows[0].get("un")
    return MergeRecord(
        id=body["id"],
        at=from_epoch_millis(body["at"]),
        rule=body["r"],
        before=_profile(body["b"]),
        absorbed=tuple(Absorbed(*gone) for gone in body["a"]),
        evidence=tuple(
            Evidence(source, event, from_epoch_millis(at), tuple((kind, value) for kind, value in told))
            for source, event, at, told in body["e"]
        ),
        reason=body.get("w", ""),
        undone_at=None if undone is None else from_epoch_millis(undone),
    )


def _body(record: MergeRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "at": epoch_millis(record.at),
        "r": record.rule,
        "b": {name: _plain(attribute) for name, attribute in profile_to_item(record.before).items()},
        "a": [[gone.id, gone.version, gone.ledger_length] for gone in record.absorbed],
        "e": [
            [told.source, told.event, epoch_millis(told.at), [list(pair) for pair in told.identifiers]]
            for told in record.evidence
        ],
        **({"w": record.reason} if record.reason else {}),
    }


def _plain(attribute: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"B": base64.b64encode(attribute["B"]).decode()} if "B" in attribute else attribute


def _profile(attributes: Mapping[str, Mapping[str, Any]]) -> Profile:
    item = {
        name: {"B": base64.b64decode(attribute["B"])} if "B" in attribute else attribute
        for name, attribute in attributes.items()
    }
    return profile_from_item(item)
