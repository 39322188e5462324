"""Definitions in DynamoDB: the port `CatalogStore`.

    head      the version in force: which snapshot it is
    version   for each version ever in force the same, with who, when, and which definitions it changed
    snapshot  all definitions of one version, compressed, under the fingerprint of its content

Snapshots never change and are stored before the head moves, which it does in one conditional write together with
the version's record. So a reader sees all of a version or nothing of it, however many definitions changed; what a
crash or a lost race leaves behind is a snapshot that nothing points to. Every older definition stays readable.
"""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kizuna.adapters.tables import catalog_keys as keys
from kizuna.adapters.tables.dynamodb import (
    Client,
    encode,
    from_item,
    in_words_of_the_core,
    key,
    query,
    to_item,
)
from kizuna.core.durations import epoch_millis
from kizuna.core.errors import Conflict, NotFound

if TYPE_CHECKING:  # the first call of a function is to read the head, and needs none of the models
    from kizuna.core.catalog import Catalog, Change, Document, Documents
    from kizuna.core.journeys.versions import Paths

_PART_BYTES = 350_000  # an item holds 400 KB at most
_VERSIONS_READ = 100  # at a time, looking for who changed a definition


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """All definitions of a version. `versions` remembers removed ones too: added again they count on. `paths` are
    those of older versions of journeys by which people still walk."""

    documents: Documents = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)
    paths: Paths = field(default_factory=dict)

    def packed(self) -> bytes:
        """The order inside a document is kept: it may mean something. Dates become the text they compare as."""
        documents = [[kind, name, document] for (kind, name), document in sorted(self.documents.items())]
        plain: dict[str, Any] = {"documents": documents, "versions": dict(sorted(self.versions.items()))}
        if self.paths:
            plain["paths"] = self.paths
        text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), default=str)
        return zlib.compress(text.encode("utf-8", "surrogatepass"))

    @classmethod
    def unpacked(cls, packed: bytes) -> _Snapshot:
        plain = json.loads(zlib.decompress(packed).decode("utf-8", "surrogatepass"))
        documents = {(kind, name): document for kind, name, document in plain["documents"]}
        return cls(documents, plain["versions"], plain.get("paths", {}))


@dataclass(frozen=True, slots=True)
class _Head:
    """The version in force. Version 0: nothing was ever applied."""

    version: int = 0
    snapshot: str = ""
    at: int = 0
    actor: str = ""


class CatalogTable:
    """The definitions in force, and all that ever were.

    One small read tells whether they moved, at most once in `fresh_for` seconds; only then all are read.
    """

    def __init__(
        self,
        client: Client,
        *,
        table: str,
        fresh_for: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._table = table
        self._fresh_for = fresh_for
        self._clock = clock
        self._current: tuple[_Head, Catalog] | None = None
        self._fresh_until = float("-inf")

    def current(self, *, fresh: bool = False) -> Catalog:
        if not fresh and self._current is not None and self._clock() < self._fresh_until:
            return self._current[1]
        asked_at = self._clock()
        head = self._head()
        if self._current is None or self._current[0] != head:
            self._current = (head, _in_force(self._snapshot(head.snapshot), head))
        self._fresh_until = asked_at + self._fresh_for
        return self._current[1]

    def documents(self) -> Documents:
        return self._snapshot(self._head().snapshot).documents

    def apply(self, changes: Sequence[Change], wanted: Documents, *, now: datetime, actor: str) -> int:
        """Raises InvalidDefinition, and Conflict if the definitions are not those the changes were found against.

        No change, no new version.
        """
        head = self._head()
        stored = self._snapshot(head.snapshot)
        from kizuna.core.catalog import differences
        from kizuna.core.journeys.versions import paths_after

        found = differences(stored.documents, wanted)
        if set(found) != set(changes):
            raise Conflict(f"the definitions changed since these were compared; version {head.version}")
        if not found:
            return head.version
        paths = paths_after(stored.paths, stored.documents, stored.versions, wanted)
        after = _Snapshot(wanted, _counted_on(stored.versions, found), paths)
        packed = after.packed()
        new = _Head(head.version + 1, _fingerprint(packed), epoch_millis(now), actor)
        _judge(packed, new)  # nothing that could not be read again is ever put in force
        self._store_snapshot(new.snapshot, packed)
        self._move(head, new, {f"{change.kind}/{change.id}": change.act for change in found})
        return new.version

    def changed_by(self, kind: str, name: str, *, since: datetime | None = None) -> str | None:
        """The newest version that changed it. Reads versions from the newest back, a page at a time."""
        earliest = epoch_millis(since) if since is not None else 0
        place: dict[str, Any] = {}
        while True:
            with in_words_of_the_core("catalog versions"):
                reply = self._client.query(
                    TableName=self._table,
                    KeyConditionExpression="pk = :pk AND begins_with(sk, :version)",
                    ExpressionAttributeValues={
                        ":pk": encode(keys.CATALOG),
                        ":version": encode(keys.VERSION_PREFIX),
                    },
                    ScanIndexForward=False,
                    ConsistentRead=True,
                    Limit=_VERSIONS_READ,
                    **place,
                )
            for item in reply["Items"]:
                row = from_item(item)
                if f"{kind}/{name}" in json.loads(row["ch"]):
                    return str(row["by"]) if row["at"] >= earliest else None
            if "LastEvaluatedKey" not in reply:
                return None
            place = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}

    def document_at(self, kind: str, name: str, *, version: int) -> Document:
        """One definition as it stood in a version of the catalog. Raises NotFound."""
        with in_words_of_the_core(f"catalog version {version}"):
            reply = self._client.get_item(TableName=self._table, Key=key(keys.CATALOG, keys.version(version)))
        if "Item" not in reply:
            raise NotFound(f"catalog version {version}")
        documents = self._snapshot(reply["Item"]["s"]["S"]).documents
        if (kind, name) not in documents:
            raise NotFound(f"{kind}/{name} in catalog version {version}")
        return documents[kind, name]

    def _head(self) -> _Head:
        with in_words_of_the_core("catalog"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.CATALOG, keys.HEAD), ConsistentRead=True
            )
        if "Item" not in reply:
            return _Head()
        row = from_item(reply["Item"])
        return _Head(row["v"], row["s"], row["at"], row["by"])

    def _snapshot(self, fingerprint: str) -> _Snapshot:
        if not fingerprint:
            return _Snapshot()
        parts = query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": encode(keys.snapshot(fingerprint))},
            ConsistentRead=True,
        )
        packed = b"".join(from_item(part)["z"] for part in parts)
        if _fingerprint(packed) != fingerprint:
            raise NotFound(f"definitions {fingerprint}: not all of them are stored")
        return _Snapshot.unpacked(packed)

    def _store_snapshot(self, fingerprint: str, packed: bytes) -> None:
        for number, start in enumerate(range(0, len(packed), _PART_BYTES)):
            row = {
                "pk": keys.snapshot(fingerprint),
                "sk": keys.snapshot_part(number),
                "z": packed[start : start + _PART_BYTES],
            }
            with in_words_of_the_core(f"definitions {fingerprint}"):
                self._client.put_item(TableName=self._table, Item=to_item(row))

    def _move(self, old: _Head, new: _Head, changed: Mapping[str, str]) -> None:
        told = json.dumps(changed, ensure_ascii=False, separators=(",", ":"))
        row = {"v": new.version, "s": new.snapshot, "at": new.at, "by": new.actor, "ch": told}
        head: dict[str, Any] = {
            "TableName": self._table,
            "Item": to_item({"pk": keys.CATALOG, "sk": keys.HEAD, **row}),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if old.version:
            head["ConditionExpression"] = "v = :v"
            head["ExpressionAttributeValues"] = {":v": encode(old.version)}
        record = to_item({"pk": keys.CATALOG, "sk": keys.version(new.version), **row})
        puts = [{"Put": head}, {"Put": {"TableName": self._table, "Item": record}}]
        try:
            with in_words_of_the_core(f"catalog version {new.version}"):
                self._client.transact_write_items(TransactItems=puts)
        except Conflict:
            if self._head() != new:  # the reply to our own write may have been lost, and a repeat refused
                raise


_JUDGED_KEPT = 4
_judged: dict[tuple[str, int], Catalog] = {}


def _judge(packed: bytes, head: _Head) -> None:
    """Raises InvalidDefinition. What holds is kept: whoever puts definitions in force asks for them right after."""
    if (head.snapshot, head.version) in _judged:
        return
    _judged[head.snapshot, head.version] = _built(_Snapshot.unpacked(packed), head.version)
    if len(_judged) > _JUDGED_KEPT:
        _judged.pop(next(iter(_judged)), None)


def _in_force(stored: _Snapshot, head: _Head) -> Catalog:
    """What was judged in this process need not be built again: by its fingerprint it is the same to the last byte."""
    judged = _judged.get((head.snapshot, head.version))
    return judged if judged is not None else _built(stored, head.version, linted=True)


def _built(snapshot: _Snapshot, version: int, *, linted: bool = False) -> Catalog:
    versions = {f"{kind}/{name}": snapshot.versions[f"{kind}/{name}"] for kind, name in snapshot.documents}
    from kizuna.core.catalog import build

    return build(snapshot.documents, version=version, versions=versions, paths=snapshot.paths, linted=linted)


def _counted_on(versions: Mapping[str, int], changes: Sequence[Change]) -> dict[str, int]:
    moved = [f"{change.kind}/{change.id}" for change in changes if change.act != "remove"]
    return {**versions, **{name: versions.get(name, 0) + 1 for name in moved}}


def _fingerprint(packed: bytes) -> str:
    return hashlib.sha256(packed).hexdigest()
