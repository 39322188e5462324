"""Files to import, as they are put into a cloud's bucket; and importing without one, over the fakes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3

from kizuna.core.errors import Conflict
from kizuna.core.files.csv_safety import csv_line
from kizuna.core.files.faults import Reject
from kizuna.core.files.jobs import ImportOptions, ImportOrder, Progress, import_id
from kizuna.core.files.mapping import read_mapping
from kizuna.local.resources import IMPORTS, REGION
from tests.support.clouds import Shop


def options_of(source: str = "shop", mapping: dict[str, Any] | None = None, **more: Any) -> ImportOptions:
    return ImportOptions(source=source, mapping=read_mapping(mapping or {}), **more)


def upload(
    shop: Shop,
    content: bytes,
    *,
    source: str = "shop",
    by_hand: bool = False,
    name: str = "file",
    **more: Any,
) -> str:
    """Put a file into the bucket, as the command does or as somebody does by hand. Returns the id of its import."""
    options = options_of(source, **more)
    fingerprint = hashlib.sha256(content).hexdigest()
    found = import_id(fingerprint, options)
    if by_hand:
        client = boto3.client("s3", region_name=REGION)
        client.put_object(Bucket=IMPORTS, Key=f"imports/{source}/{name}", Body=content)
        return found
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        order = ImportOrder(options=options, name=name, fingerprint=fingerprint)
        shop.wired.import_bucket.put(found, order, path)
    return found


@dataclass(slots=True)
class MemoryFile:
    """The port `ImportFile`. `pieces` is how many bytes come at once."""

    content: bytes
    name: str = "file"
    pieces: int = 65_536
    reads: list[int] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.content)

    def fingerprint(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def read(self, start: int) -> Iterator[bytes]:
        self.reads.append(start)
        return (self.content[at : at + self.pieces] for at in range(start, len(self.content), self.pieces))


class InMemoryImports:
    """The port `Imports`. `before_advance` is called before each store: what it raises is a crash at that point."""

    def __init__(self, before_advance: Callable[[Progress], None] = lambda progress: None) -> None:
        self.stored: dict[str, Progress] = {}
        self.before_advance = before_advance

    def begin(self, progress: Progress) -> Progress:
        found = self.stored.get(progress.id)
        if found is not None and not found.may_begin_anew:
            return found
        self.stored[progress.id] = progress
        return progress

    def get(self, import_id: str) -> Progress | None:
        return self.stored.get(import_id)

    def advance(self, progress: Progress, *, behind: int) -> None:
        self.before_advance(progress)
        found = self.stored.get(progress.id)
        if found is None or found.state != "running" or found.rows != behind:
            raise Conflict(f"import {progress.id} at row {behind}")
        self.stored[progress.id] = replace(progress)

    def list(self) -> tuple[Progress, ...]:
        return tuple(sorted(self.stored.values(), key=lambda each: each.began, reverse=True))


class InMemoryRejects:
    """The port `Rejects`."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, int], tuple[Reject, ...]] = {}

    def keep(self, import_id: str, first_row: int, rejects: Sequence[Reject]) -> None:
        self.kept[import_id, first_row] = tuple(rejects)

    def parts(self, import_id: str) -> Iterator[str]:
        for (found, _), rejects in sorted(self.kept.items()):
            if found == import_id:
                yield "".join(
                    csv_line((each.row, each.code, each.field, each.reason, each.original))
                    for each in rejects
                )

    def all(self) -> list[Reject]:
        return [reject for _, rejects in sorted(self.kept.items()) for reject in rejects]
