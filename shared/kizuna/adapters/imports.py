"""Files to import: on a disk, in the bucket for imports, how far each has come, and the rows that were not taken.

    imports/<source>/<anything>          a file; whoever puts one there starts its import
    orders/<import>.json                 how to read it, where it was uploaded by the command
    rejects/<import>/<first row>.csv     rows of one part that were not taken

The ports `ImportFile`, `Imports` and `Rejects`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from pydantic import ValidationError

from kizuna.adapters.batches import refusals_as_unavailable
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
from kizuna.core.errors import Conflict, NotFound
from kizuna.core.files.csv_safety import csv_line
from kizuna.core.files.faults import Reject
from kizuna.core.files.jobs import ImportOrder, Progress

FILES = "imports/"
ORDERS = "orders/"
REJECTS = "rejects/"
ORDER = "kizuna-order"  # user-defined metadata of a file: the key of its order
_PIECE = 32 * 1024  # small, so that the progress of a compressed file is worth watching
_GONE = {"NoSuchKey", "404", "PreconditionFailed", "412", "NoSuchBucket", "AccessDenied", "403"}


class LocalFile:
    """A file on this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        return self._path.name

    @property
    def size(self) -> int:
        return self._path.stat().st_size

    def fingerprint(self) -> str:
        return _hash_of(self.read(0))

    def read(self, start: int) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            file.seek(start)
            while piece := file.read(_PIECE):
                yield piece


class BucketFile:
    """One version of one object; reading it after somebody replaced it raises NotFound."""

    def __init__(self, client: Any, *, bucket: str, key: str, etag: str, size: int, name: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._etag = _quoted(etag)
        self._size = size
        self.name = name or key.rpartition("/")[2]

    @property
    def size(self) -> int:
        return self._size

    def fingerprint(self) -> str:
        return _hash_of(self.read(0))

    def read(self, start: int) -> Iterator[bytes]:
        if start >= self._size:
            return
        span = {"Range": f"bytes={start}-"} if start else {}
        with refusals_as_unavailable("imports"):
            reply = _found(
                self._client.get_object, Bucket=self._bucket, Key=self._key, IfMatch=self._etag, **span
            )
            yield from reply["Body"].iter_chunks(_PIECE)


class ImportBucket:
    """The bucket in which files are put, with the orders beside them; and the port `Rejects`."""

    def __init__(self, client: Any, *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, import_id: str, order: ImportOrder, path: Path) -> None:
        """Upload a file behind its order. The same again starts the same import again, which goes on or is done."""
        order_key = f"{ORDERS}{import_id}.json"
        with refusals_as_unavailable("imports"):
            body = order.model_dump_json(by_alias=True, exclude_defaults=True).encode()
            self._client.put_object(Bucket=self._bucket, Key=order_key, Body=body)
            self._client.upload_file(
                str(path),
                self._bucket,
                f"{FILES}{order.options.source}/{import_id}",
                ExtraArgs={"Metadata": {ORDER: order_key}},
            )

    def file(self, file_key: str, *, etag: str, size: int) -> tuple[BucketFile, ImportOrder | None]:
        """A file that was put here and its order, if it has one. Raises NotFound for what is not there (any more)."""
        with refusals_as_unavailable("imports"):
            head = _found(self._client.head_object, Bucket=self._bucket, Key=file_key, IfMatch=_quoted(etag))
            order = self._order(head.get("Metadata", {}).get(ORDER))
        name = order.name if order else ""
        file = BucketFile(self._client, bucket=self._bucket, key=file_key, etag=etag, size=size, name=name)
        return file, order

    def _order(self, order_key: str | None) -> ImportOrder | None:
        if order_key is None:
            return None
        if not order_key.startswith(ORDERS):
            raise NotFound("the order of a file must lie among the orders")
        reply = _found(self._client.get_object, Bucket=self._bucket, Key=order_key)
        try:
            return ImportOrder.model_validate_json(reply["Body"].read())
        except ValidationError as error:
            raise NotFound(f"an order that can be read: {error.error_count()} faults") from None

    def keep(self, import_id: str, first_row: int, rejects: Sequence[Reject]) -> None:
        body = "".join(
            csv_line((each.row, each.code, each.field, each.reason, each.original)) for each in rejects
        )
        with refusals_as_unavailable("imports"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=f"{REJECTS}{import_id}/{first_row:012d}.csv",
                Body=body.encode("utf-8", "surrogatepass"),
                ContentType="text/csv; charset=utf-8",
            )

    def parts(self, import_id: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=f"{REJECTS}{import_id}/"
        )
        with refusals_as_unavailable("imports"):
            for page in pages:
                for found in page.get("Contents", ()):
                    reply = self._client.get_object(Bucket=self._bucket, Key=found["Key"])
                    yield reply["Body"].read().decode()


class ImportsTable:
    """Imports in the catalog table: the port `Imports`."""

    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def begin(self, progress: Progress) -> Progress:
        """Guarded by "no import of this id, or one that failed before its first row"."""
        try:
            with in_words_of_the_core(f"import {progress.id}"):
                self._client.put_item(
                    TableName=self._table,
                    Item=_to_item(progress),
                    ConditionExpression="attribute_not_exists(pk) OR (st = :failed AND n = :none)",
                    ExpressionAttributeValues={":failed": encode("failed"), ":none": encode(0)},
                )
        except Conflict:
            stored = self.get(progress.id)
            if stored is None:
                raise
            return stored
        return progress

    def get(self, import_id: str) -> Progress | None:
        with in_words_of_the_core(f"import {import_id}"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.IMPORTS, import_id), ConsistentRead=True
            )
        return _from_item(reply["Item"]) if "Item" in reply else None

    def advance(self, progress: Progress, *, behind: int) -> None:
        """Guarded by the row it stood at; whoever is slower on the same file finds it moved on."""
        with in_words_of_the_core(f"import {progress.id} at row {behind}"):
            self._client.put_item(
                TableName=self._table,
                Item=_to_item(progress),
                ConditionExpression="st = :running AND n = :behind",
                ExpressionAttributeValues={":running": encode("running"), ":behind": encode(behind)},
            )

    def list(self) -> tuple[Progress, ...]:
        found = query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": encode(keys.IMPORTS)},
            ConsistentRead=True,
        )
        return tuple(sorted((_from_item(item) for item in found), key=lambda each: each.began, reverse=True))


_IN_COLUMNS = ("id", "state", "rows", "began", "updated")


def _to_item(progress: Progress) -> Item:
    rest = {name: value for name, value in asdict(progress).items() if name not in _IN_COLUMNS}
    return to_item(
        {
            "pk": keys.IMPORTS,
            "sk": progress.id,
            "st": progress.state,
            "n": progress.rows,
            "at": epoch_millis(progress.began),
            "u": epoch_millis(progress.updated),
            "b": json.dumps(rest, ensure_ascii=False, separators=(",", ":")),
        }
    )


def _from_item(item: Item) -> Progress:
    row = from_item(item)
    rest = json.loads(row["b"])
    return Progress(
        id=row["sk"],
        state=row["st"],
        rows=row["n"],
        began=from_epoch_millis(row["at"]),
        updated=from_epoch_millis(row["u"]),
        **{**rest, "unmapped": tuple(rest["unmapped"])},
    )


def _quoted(etag: str) -> str:
    """As HTTP wants it (RFC 9110 8.8.3); events of S3 leave the quotes out."""
    return '"' + etag.strip('"') + '"'


def _found(call: Any, **request: Any) -> Any:
    """The reply of S3. Raises NotFound where there is no such object, or another one by now."""
    try:
        return call(**request)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code", "") in _GONE:
            raise NotFound("the file is gone, or was replaced by another") from error
        raise


def _hash_of(chunks: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()
