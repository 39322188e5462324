"""What is kept of a merge so that it can be undone: who the primary was, whom it absorbed, and what tied them.

One record lies beside the primary for `UNMERGE_WINDOW`, written in the transaction of the merge itself. The absorbed
profiles need no copy: they stay stored with everything they held and point at the primary.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from kizuna.core.events import Event
from kizuna.core.identity.identifiers import identifiers_of
from kizuna.core.identity.rules import DEFAULT_RULES, IdentityRules
from kizuna.core.people import Profile

UNMERGE_WINDOW = timedelta(days=90)
BY_IDENTIFIERS: Literal["identifiers"] = "identifiers"
BY_HAND: Literal["by_hand"] = "by_hand"


@dataclass(frozen=True, slots=True)
class Evidence:
    """An event that tied people together. Its identifiers are personal: they are shown, never logged."""

    source: str
    event: str  # its message id
    at: datetime
    identifiers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Absorbed:
    """A profile as it was when it was merged away; its own item holds the rest."""

    id: str
    version: int
    ledger_length: int


@dataclass(frozen=True, slots=True)
class MergeRecord:
    """One merge. `before` is the primary as it was (version 0 if the merge created it)."""

    id: str
    at: datetime
    rule: Literal["identifiers", "by_hand"]
    before: Profile
    absorbed: tuple[Absorbed, ...]
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    undone_at: datetime | None = None

    @property
    def primary(self) -> str:
        return self.before.id

    @property
    def sides(self) -> tuple[str, ...]:
        """The ids of all who were united, the primary first."""
        return (self.primary, *(gone.id for gone in self.absorbed))

    @property
    def ends_at(self) -> datetime:
        """From then on it cannot be undone."""
        return self.at + UNMERGE_WINDOW


def was_theirs(part: str, version: int, person: str, merges: Collection[MergeRecord]) -> bool:
    """Whether the profile `part`, as its write `version` left it, was (also) this person, going by its merges."""
    if part == person:
        return True
    return any(
        each.primary == part
        and version > each.before.version
        and any(was_theirs(gone.id, gone.version, person, merges) for gone in each.absorbed)
        for each in merges
    )


def primary_of(merge_id: str) -> str:
    """The profile in whose partition the record of a merge lies."""
    return merge_id.partition(".")[0]


def evidence_of(
    events: Iterable[Event], sides: Sequence[Profile], rules: IdentityRules = DEFAULT_RULES
) -> tuple[Evidence, ...]:
    """The events by which these people came together: each joined some who had not been one before it.

    At most one fewer than there are sides, however large the batch.
    """
    group: dict[tuple[str, str], int] = {
        key: side for side, held in enumerate(sides) for key in held.identities
    }
    joined: Mapping[int, int] = {side: side for side in range(len(sides))}
    found: list[Evidence] = []
    for event in events:
        keys = [identity.key for identity in identifiers_of(event, rules)]
        met = {joined[group[key]] for key in keys if key in group}
        if not met:
            continue
        first = min(met)
        if len(met) > 1:
            found.append(Evidence(event.source.id, event.id, event.at, tuple(keys)))
            joined = {side: first if root in met else root for side, root in joined.items()}
        group.update({key: first for key in keys if key not in group})
    return tuple(found)
