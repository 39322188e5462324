"""The event lake as files: JSON lines by day and kind, in the layout of the bucket in AWS."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from kizuna.core.ports import Rows


class FileLake:
    """The port `Lake` over a folder; without one, records are only counted."""

    def __init__(self, folder: Path | None, now: Callable[[], datetime]) -> None:
        self._folder = self.folder = folder
        self._now = now
        self.count = 0

    def put(self, records: Sequence[Mapping[str, Any]]) -> None:
        self.count += len(records)
        if self._folder is None:
            return
        by_kind: dict[str, list[str]] = defaultdict(list)
        for record in records:
            by_kind[str(record.get("kind", "other"))].append(json.dumps(record, ensure_ascii=False))
        for kind, lines in by_kind.items():
            path = self._folder / "events" / f"dt={self._now():%Y-%m-%d}" / f"{kind}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")


class LocalRows:
    """The port `Rows`: the folder of the lake where there is one, and the bucket of the emulator.

    What lies under `events/` and `people/` is the lake's, and goes to the folder; all else to the bucket.
    """

    def __init__(self, folder: Path | None, bucket: Callable[[], Rows]) -> None:
        self._folder = folder
        self._bucket = bucket

    def _file(self, key: str) -> Path | None:
        path = self._folder / key if self._folder else None
        return path if path is not None and path.is_file() else None

    def keys(self, prefix: str, *, after: str, limit: int) -> tuple[str, ...]:
        found = set(self._bucket().keys(prefix, after=after, limit=limit))
        for path in self._folder.rglob("*.jsonl*") if self._folder else ():
            key = path.relative_to(self._folder or path).as_posix()
            if key.startswith(prefix) and key > after:
                found.add(key)
        return tuple(sorted(found)[:limit])

    def lines(self, key: str) -> Iterable[str]:
        path = self._file(key)
        return self._bucket().lines(key) if path is None else _read(path)

    def without(self, key: str, is_dropped: Callable[[str], bool]) -> int:
        path = self._file(key)
        if path is None:
            return self._bucket().without(key, is_dropped)
        lines = _read(path)
        kept = [line for line in lines if not is_dropped(line)]
        if len(kept) < len(lines):
            _write(path, kept)
        return len(lines) - len(kept)

    def put(self, key: str, lines: Iterable[str]) -> None:
        if self._folder is None or not key.startswith(_OF_THE_LAKE):
            self._bucket().put(key, lines)
            return
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, lines)


_OF_THE_LAKE = ("events/", "people/")


def _read(path: Path) -> list[str]:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
            return list(file)
    with path.open(encoding="utf-8", newline="\n") as plain:
        return list(plain)


def _write(path: Path, lines: Iterable[str]) -> None:
    """Beside the file, then in its place: whoever reads meanwhile sees it as it was or as it is then."""
    rewritten = path.with_name(f".{path.name}.part")
    if path.suffix == ".gz":
        with gzip.open(rewritten, "wt", encoding="utf-8") as file:
            file.writelines(lines)
    else:
        with rewritten.open("w", encoding="utf-8") as plain:
            plain.writelines(lines)
    rewritten.replace(path)
