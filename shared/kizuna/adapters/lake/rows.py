"""Lines of JSON in S3 objects: the port `Rows`. Read and written anew, compressed or not by their name."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import Any

from botocore.exceptions import ClientError

from kizuna.adapters.batches import refusals_as_unavailable

_IN_MEMORY = 16 * 1_048_576  # bytes of a new object; a larger one goes by way of the disk


class S3Rows:
    """Objects of one bucket, which is not versioned: what is written anew is gone as it was."""

    def __init__(self, client: Any, *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def keys(self, prefix: str, *, after: str, limit: int) -> tuple[str, ...]:
        with refusals_as_unavailable("bucket"):
            reply = self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=prefix, StartAfter=after, MaxKeys=limit
            )
        return tuple(found["Key"] for found in reply.get("Contents", ()))

    def lines(self, key: str) -> Iterator[str]:
        with refusals_as_unavailable("bucket"), self._opened(key) as body:
            if body is not None:
                for line in body:
                    yield line.decode("utf-8", "replace")

    @contextmanager
    def _opened(self, key: str) -> Iterator[Iterable[bytes] | None]:
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                yield None  # it was as old as the bucket keeps things, or all of it has gone
                return
            raise
        with body:
            yield gzip.GzipFile(fileobj=body) if key.endswith(".gz") else body.iter_lines(keepends=True)

    def without(self, key: str, is_dropped: Callable[[str], bool]) -> int:
        dropped = kept = 0
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
            with _writer(spool, key) as target:
                for line in self.lines(key):
                    if line.strip() and is_dropped(line):
                        dropped += 1
                    else:
                        kept += bool(line.strip())
                        target.write(line.encode())
            if not dropped:
                return 0
            with refusals_as_unavailable("bucket"):
                if kept:
                    self._store(key, spool)
                else:
                    self._client.delete_object(Bucket=self._bucket, Key=key)
        return dropped

    def put(self, key: str, lines: Iterable[str]) -> None:
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
            with _writer(spool, key) as target:
                for line in lines:
                    target.write(line.encode())
            with refusals_as_unavailable("bucket"):
                self._store(key, spool)

    def _store(self, key: str, spool: Any) -> None:
        spool.seek(0)
        kind = "application/gzip" if key.endswith(".gz") else "application/json"
        self._client.put_object(Bucket=self._bucket, Key=key, Body=spool, ContentType=kind)


@contextmanager
def _writer(spool: Any, key: str) -> Iterator[Any]:
    if not key.endswith(".gz"):
        yield spool
        return
    with gzip.GzipFile(fileobj=spool, mode="wb", mtime=0) as compressed:
        yield compressed
