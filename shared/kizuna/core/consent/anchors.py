"""Anchors: where every chain of the ledger ended on a day, sealed outside of the tables.

A chain shows what was altered in it, and nothing of an end that was cut off, nor of a whole that was written anew.
For that its end is noted elsewhere, every night, in a place that nobody can write to a second time:

    heads of a few people ──▶ one object ──┐ sealed into the next
    heads of the next few ──▶ one object ──┴─▶ seal of the shard ─┐
                                               seals of the others ┴─▶ anchor ── names the anchor before it

    seal(n) = SHA-256(seal(n-1) and the SHA-256 of object n)      root = SHA-256(all seals, counts, the root before)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from kizuna.core.consent.chain import GENESIS, ChainEntry
from kizuna.core.durations import instant_from_text, instant_to_text
from kizuna.core.errors import KizunaError


class InvalidAnchor(KizunaError, ValueError):
    """What is stored as part of an anchor cannot be read as one; names what, and nothing of what it holds."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain of one part ended: the number of its entries and the hash of the last."""

    part: str
    length: int
    hash: str


@dataclass(frozen=True, slots=True)
class HeadPage:
    """The heads of one object, and the place at which the next begins."""

    heads: tuple[Head, ...]
    until: str

    def lines(self) -> tuple[str, ...]:
        """As it is stored: a line for each head, and one that tells where the next object begins."""
        rows: list[object] = [[head.part, head.length, head.hash] for head in self.heads]
        return tuple(_compact(row) + "\n" for row in (*rows, {"until": self.until}))

    @classmethod
    def read(cls, lines: Iterable[str]) -> HeadPage:
        """Raises InvalidAnchor."""
        try:
            *rows, last = [json.loads(line) for line in lines if line.strip()]
            return cls(
                tuple(Head(str(part), int(length), str(end)) for part, length, end in rows), last["until"]
            )
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidAnchor("an object of an anchor is not what was written") from error


@dataclass(frozen=True, slots=True)
class Seal:
    """How far a shard is sealed: the digest over its objects, and what they hold. Its text is its checkpoint."""

    after: str = ""  # the place that was reached; the texts of later seals sort behind
    digest: str = GENESIS
    chains: int = 0
    entries: int = 0

    def with_page(self, page: HeadPage) -> Seal:
        content = hashlib.sha256("".join(page.lines()).encode()).hexdigest()
        return Seal(
            after=page.until,
            digest=_digest({"object": content, "before": self.digest}),
            chains=self.chains + len(page.heads),
            entries=self.entries + sum(head.length for head in page.heads),
        )

    def __str__(self) -> str:
        return "|".join((self.after, self.digest, str(self.chains), str(self.entries)))

    @classmethod
    def read(cls, text: str) -> Seal:
        """Raises InvalidAnchor."""
        try:
            after, digest, chains, entries = text.rsplit("|", 3)
            return cls(after, digest, int(chains), int(entries))
        except ValueError as error:
            raise InvalidAnchor("the checkpoint of an anchor cannot be read") from error


@dataclass(frozen=True, slots=True)
class Anchor:
    """All heads of one night under one hash. `before` is the root of the anchor before it, GENESIS for the first."""

    id: str
    at: datetime
    seals: tuple[str, ...]  # the digests of all shards, in order
    chains: int
    entries: int
    before: str

    @property
    def root(self) -> str:
        return _digest(self._body())

    def _body(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "at": instant_to_text(self.at),
            "seals": list(self.seals),
            "chains": self.chains,
            "entries": self.entries,
            "before": self.before,
        }

    def to_json(self) -> str:
        return _compact({**self._body(), "root": self.root})

    @classmethod
    def read(cls, text: str) -> Anchor:
        """Raises InvalidAnchor, also where the root is not that of what it seals."""
        try:
            told: Mapping[str, Any] = json.loads(text)
            anchor = cls(
                id=str(told["id"]),
                at=instant_from_text(told["at"]),
                seals=tuple(map(str, told["seals"])),
                chains=int(told["chains"]),
                entries=int(told["entries"]),
                before=str(told["before"]),
            )
            root = told["root"]
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidAnchor("an anchor cannot be read") from error
        if root != anchor.root:
            raise InvalidAnchor(f"anchor {anchor.id} was altered")
        return anchor


def anchor_of(name: str, seals: Sequence[Seal], *, at: datetime, before: Anchor | None) -> Anchor:
    """The anchor over all shards of a night."""
    return Anchor(
        id=name,
        at=at,
        seals=tuple(seal.digest for seal in seals),
        chains=sum(seal.chains for seal in seals),
        entries=sum(seal.entries for seal in seals),
        before=before.root if before else GENESIS,
    )


def holds_to(head: Head, chain: Sequence[ChainEntry]) -> bool:
    """Whether a chain still begins with what was anchored: it may have grown since, and nothing else."""
    return len(chain) >= head.length > 0 and chain[head.length - 1].hash == head.hash


def unlinked(anchors: Sequence[Anchor]) -> tuple[str, ...]:
    """The ids of anchors that do not name the one before them: one was taken out, put in or exchanged.

    In order; the oldest may name one that is no longer kept.
    """
    return tuple(later.id for earlier, later in pairwise(anchors) if later.before != earlier.root)


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(_compact(body).encode()).hexdigest()


def _compact(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
