"""What could not be used, in S3: the port `Quarantine`.

    quarantine/dt=<day of receipt>/<source>/<hash of the content>.json.gz      one violation a line

The same violations again are the same object again. A key names a day and a source and nothing of a person.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC
from typing import Any

from kizuna.adapters.batches import json_text, refusals_as_unavailable
from kizuna.core.durations import instant_from_text
from kizuna.core.events import Violation
from kizuna.core.ids import digest

_PREFIX = "quarantine/"
_SOURCE = re.compile(r"[a-z][a-z0-9-]{0,63}")


class S3Quarantine:
    """Keeps violations in a bucket and reads them back."""

    def __init__(self, client: Any, *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def keep(self, violations: Sequence[Violation]) -> None:
        """One object for each day and source among them. A failure in between leaves some stored; do it again."""
        for name, lines in _pages(violations).items():
            with refusals_as_unavailable("quarantine"):
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=name,
                    Body=gzip.compress(lines, mtime=0),
                    ContentType="application/gzip",
                )

    def report(self, *, day: str | None = None) -> tuple[Violation, ...]:
        """What was kept, of one day of receipt (`2026-11-22`) or of all, the oldest first."""
        found = [violation for _, page in self.pages(day=day) for violation in page]
        return tuple(sorted(found, key=lambda violation: violation.received_at))

    def pages(self, *, day: str | None = None) -> Iterator[tuple[str, tuple[Violation, ...]]]:
        """One object at a time; one that somebody else has settled meanwhile is passed over."""
        for key in self._keys(f"{_PREFIX}dt={day}/" if day else _PREFIX):
            found = self._read(key)
            if found is not None:
                yield key, found

    def settle(self, page: str, left: Sequence[Violation]) -> None:
        self.keep(left)
        if page in _pages(left):
            return  # nothing of it has gone
        with refusals_as_unavailable("quarantine"):
            self._client.delete_object(Bucket=self._bucket, Key=page)

    def _keys(self, prefix: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        with refusals_as_unavailable("quarantine"):
            for page in pages:
                yield from (found["Key"] for found in page.get("Contents", ()))

    def _read(self, key: str) -> tuple[Violation, ...] | None:
        with refusals_as_unavailable("quarantine"):
            try:
                body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except self._client.exceptions.NoSuchKey:
                return None
        lines = gzip.decompress(body).decode().split("\n")[:-1]
        return tuple(_violation(json.loads(line)) for line in lines)


def _pages(violations: Sequence[Violation]) -> dict[str, bytes]:
    """The objects that hold these: each by its key, with its lines."""
    folders: dict[str, list[Violation]] = defaultdict(list)
    for violation in violations:
        day = violation.received_at.astimezone(UTC).date().isoformat()
        folders[f"{_PREFIX}dt={day}/{_safe(violation.source)}/"].append(violation)
    pages = {}
    for folder, kept in folders.items():
        lines = "".join(json_text(_plain(violation)) + "\n" for violation in kept).encode()
        pages[f"{folder}{hashlib.sha256(lines).hexdigest()[:32]}.json.gz"] = lines
    return pages


def _violation(plain: dict[str, Any]) -> Violation:
    return Violation(**{**plain, "received_at": instant_from_text(plain["received_at"])})


def _plain(violation: Violation) -> dict[str, Any]:
    return {**asdict(violation), "received_at": violation.received_at.isoformat()}


def _safe(source: str) -> str:
    """The source's id where it is one; anything else could be anything, a person's address for instance."""
    return source if _SOURCE.fullmatch(source) else f"unnamed-{digest('source', source, length=12)}"
