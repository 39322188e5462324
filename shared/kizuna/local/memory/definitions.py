"""What the catalog table holds, in memory: definitions, keys and the progress of runs."""

from __future__ import annotations

import builtins
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from kizuna.core.catalog import Catalog, Change, Documents, build, differences
from kizuna.core.errors import Conflict
from kizuna.core.journeys.versions import Paths, paths_after
from kizuna.core.ports import Parts, Run, RunState
from kizuna.core.segments.backfill import Backfill, ShardProgress, next_backfill
from kizuna.core.sources import Key
from kizuna.topology import SEGMENT_SHARDS


class InMemoryCatalog:
    """The port `CatalogStore`. Definitions given at the start are version 1."""

    def __init__(self, documents: Documents | None = None) -> None:
        self._documents: Documents = dict(documents or {})
        self._versions = {f"{kind}/{name}": 1 for kind, name in self._documents}
        self._version = 1 if self._documents else 0
        self._built: Catalog | None = None  # of this version
        self._paths: Paths = {}
        self._changed_by: dict[str, tuple[str, datetime]] = {}

    def current(self, *, fresh: bool = False) -> Catalog:
        if self._built is None or self._built.version != self._version:
            self._built = self._build()
        return self._built

    def _build(self) -> Catalog:
        in_force = {f"{kind}/{name}" for kind, name in self._documents}
        versions = {name: version for name, version in self._versions.items() if name in in_force}
        return build(
            self._documents, version=self._version, versions=versions, paths=self._paths, linted=True
        )

    def documents(self) -> Documents:
        return self._documents

    def changed_by(self, kind: str, name: str, *, since: datetime | None = None) -> str | None:
        actor, at = self._changed_by.get(f"{kind}/{name}", (None, None))
        return None if at is None or (since is not None and at < since) else actor

    def apply(self, changes: Sequence[Change], wanted: Documents, *, now: datetime, actor: str) -> int:
        found = differences(self._documents, wanted)
        if set(found) != set(changes):
            raise Conflict(f"the definitions changed since these were compared; version {self._version}")
        build(wanted)
        if not found:
            return self._version
        self._paths = paths_after(self._paths, self._documents, self._versions, wanted)
        self._changed_by |= {f"{change.kind}/{change.id}": (actor, now) for change in found}
        for change in found:
            if change.act != "remove":
                name = f"{change.kind}/{change.id}"
                self._versions[name] = self._versions.get(name, 0) + 1
        self._documents, self._version = dict(wanted), self._version + 1
        return self._version


class InMemoryKeys:
    """The port `Keys`."""

    def __init__(self, *keys: Key) -> None:
        self._stored = {key.hash: key for key in keys}

    def find(self, hashed: str) -> Key | None:
        return self._stored.get(hashed)

    def put(self, key: Key) -> None:
        self._stored[key.hash] = key

    def list(self) -> tuple[Key, ...]:
        return tuple(sorted(self._stored.values(), key=lambda key: (key.created_at, key.hash)))


class InMemoryRuns:
    """The port `Runs`."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str], Run] = {}
        self._checkpoints: dict[tuple[str, str, str], str] = {}
        self._parts: dict[tuple[str, str], dict[str, bool]] = defaultdict(dict)  # whether each is done

    def start(self, run: Run) -> bool:
        begun_before = (run.campaign, run.id) in self._runs
        self._runs.setdefault((run.campaign, run.id), run)
        return not begun_before

    def get(self, campaign: str, run: str) -> Run | None:
        return self._runs.get((campaign, run))

    def list(self, campaign: str) -> tuple[Run, ...]:
        found: builtins.list[Run] = [run for run in self._runs.values() if run.campaign == campaign]
        return tuple(sorted(found, key=lambda run: run.id))

    def checkpoint(self, campaign: str, run: str, shard: str) -> str | None:
        return self._checkpoints.get((campaign, run, shard))

    def advance(self, campaign: str, run: str, shard: str, after: str) -> None:
        place = (campaign, run, shard)
        self._checkpoints[place] = max(after, self._checkpoints.get(place, ""))

    def set_aside(self, campaign: str, run: str, page: str) -> None:
        self._parts[campaign, run].setdefault(page, False)

    def finish(self, campaign: str, run: str, part: str) -> None:
        self._parts[campaign, run][part] = True

    def parts(self, campaign: str, run: str) -> Parts:
        known = self._parts[campaign, run]
        shards = sum(done for part, done in known.items() if "@" not in part)
        return Parts(shards, tuple(sorted(part for part, done in known.items() if not done)))

    def end(self, campaign: str, run: str, state: RunState, *, reason: str = "", at: datetime) -> bool:
        found = self._runs.get((campaign, run))
        if found is None or found.ended_at is not None:
            return False
        self._runs[campaign, run] = replace(found, state=state, reason=reason, ended_at=at)
        return True


class InMemoryBackfills:
    """The port `Backfills`."""

    def __init__(self) -> None:
        self.begun: dict[int, Backfill] = {}
        self._shards: dict[tuple[int, int], ShardProgress] = {}

    @classmethod
    def done_for(cls, catalog: Catalog, *, now: datetime) -> InMemoryBackfills:
        """A world in which everybody was brought up to date with these definitions."""
        made = cls()
        wanted = next_backfill(catalog, None, now=now)
        if wanted is not None:
            made.begin(wanted)
            for shard in range(SEGMENT_SHARDS):
                made.advance(wanted.number, ShardProgress(shard, now, done=True))
        return made

    def latest(self) -> Backfill | None:
        return self.begun[max(self.begun)] if self.begun else None

    def begin(self, backfill: Backfill) -> bool:
        return self.begun.setdefault(backfill.number, backfill) == backfill

    def shards(self, number: int) -> tuple[ShardProgress, ...]:
        return tuple(told for (of, _), told in sorted(self._shards.items()) if of == number)

    def advance(self, number: int, progress: ShardProgress) -> bool:
        place = (number, progress.shard)
        known = self._shards.get(place)
        if (known.step if known else 0) != progress.step - 1:
            return known == progress
        self._shards[place] = progress
        return True
