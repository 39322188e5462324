"""The event lake as files: JSON lines by day and kind, in the layout of the bucket in AWS."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any


class FileLake:
    """The port `Lake` over a folder; without one, records are only counted."""

    def __init__(self, folder: Path | None, now: Callable[[], datetime]) -> None:
        self._folder = folder
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
