"""Bringing everybody up to date when definitions come to ask something else of people.

    definitions in force ──▶ `asked`, a fingerprint ── another than last time? ──▶ a backfill, numbered
                                                                                      │ shard by shard, page by page
    a shard's progress ◀── after, people, changed, under the condition of the step before ◀─┘

A backfill never ends by a write of its own: it is done when all its shards are. A later one supersedes it, and takes
over what it had not finished.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kizuna.core.aggregates import needs_of, stale_keys
from kizuna.core.condition_asks import asks_of
from kizuna.core.conditions import Condition, InSegment, leaves_of
from kizuna.core.conditions.plain import DEVICES
from kizuna.core.conditions.trait_questions import PLACE
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.ids import digest
from kizuna.core.people import Profile
from kizuna.core.segments import EVERYONE, references_of
from kizuna.core.segments.stands import unknown_journeys

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog

STALLED = timedelta(minutes=10)  # without a step: then a shard is handed out again


@dataclass(frozen=True, slots=True)
class Backfill:
    """One walk over everybody. `moving` are the segments whose memberships are not complete before it is done."""

    number: int  # from 1; the highest is the one that counts
    version: int  # of the catalog that it goes by
    asked: str  # see `asked_by`
    started_at: datetime
    moving: frozenset[str]
    dropped: frozenset[str]  # segments that were defined before, and are forgotten by it
    meanings: Mapping[str, str]  # of each segment then defined; see `meanings_of`
    remembers: frozenset[str] = frozenset()  # see `remembered_by`
    recalls: frozenset[str] = (
        frozenset()
    )  # of these, what nobody remembered before: read back from what is stored
    moves_since: Mapping[str, datetime] = field(
        default_factory=dict
    )  # of segments whose entries and exits are kept


@dataclass(frozen=True, slots=True)
class ShardProgress:
    """How far one shard has come. `step` counts its writes; each is guarded by the one before."""

    shard: int
    at: datetime
    step: int = 1
    after: str = ""  # the last person who was dealt with
    people: int = 0  # looked at
    changed: int = 0  # of them, written
    apart: int = 0  # of them, handed to the alarm queue, for they could not be written just then
    total: int = 0  # people in the shard when it began
    done: bool = False

    def further(
        self, *, after: str, people: int, changed: int, apart: int, done: bool, at: datetime
    ) -> ShardProgress:
        """One page on."""
        return replace(
            self,
            step=self.step + 1,
            after=after,
            people=self.people + people,
            changed=self.changed + changed,
            apart=self.apart + apart,
            done=done,
            at=as_stored(at),
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """A backfill with what its shards have told so far."""

    backfill: Backfill
    shards: tuple[ShardProgress, ...]
    of: int  # how many shards there are

    @property
    def is_done(self) -> bool:
        return sum(shard.done for shard in self.shards) >= self.of

    @property
    def finished_at(self) -> datetime | None:
        return max((shard.at for shard in self.shards), default=None) if self.is_done else None

    @property
    def people(self) -> int:
        return sum(shard.people for shard in self.shards)

    @property
    def changed(self) -> int:
        return sum(shard.changed for shard in self.shards)

    @property
    def apart(self) -> int:
        return sum(shard.apart for shard in self.shards)

    @property
    def total(self) -> int | None:
        """How many people there are, None before every shard has counted its own."""
        return sum(shard.total for shard in self.shards) if len(self.shards) >= self.of else None

    @property
    def share(self) -> float:
        """From 0 to 1. People who came meanwhile are looked at too, so it is never told to be more than all."""
        if self.is_done:
            return 1.0
        return min(self.people / self.total, 0.99) if self.total else 0.0

    @property
    def waiting_for(self) -> frozenset[str]:
        """Segments whose memberships are not complete yet."""
        return frozenset() if self.is_done else self.backfill.moving

    def stalled(self, *, now: datetime) -> tuple[int, ...]:
        """Shards that are not done and have not been heard of for long: their piece of work was lost."""
        known = {shard.shard: shard for shard in self.shards}
        return tuple(
            number
            for number in range(self.of)
            if (told := known.get(number)) is None or not told.done
            if (told.at if told else self.backfill.started_at) <= now - STALLED
        )

    def unfinished(self) -> tuple[int, ...]:
        done = {shard.shard for shard in self.shards if shard.done}
        return tuple(number for number in range(self.of) if number not in done)


def as_stored(instant: datetime) -> datetime:
    """At a whole millisecond, as instants are stored: what is read back must equal what was written."""
    return from_epoch_millis(epoch_millis(instant))


def asked_by(catalog: Catalog) -> str:
    """A fingerprint of all that decides what profiles remember and which segments they are in."""
    forms = (f"{key}={need.form}" for key, need in sorted(catalog.needs.items()))
    asks = (str(catalog.asks.consents), *sorted(catalog.asks.moves), *sorted(remembered_by(catalog)))
    journeys = ("journeys", *sorted(catalog.asks.journeys)) if catalog.asks.journeys else ()
    return digest("asked", catalog.segment_index.fingerprint, *asks, *journeys, "|", *forms, length=16)


def remembered_by(catalog: Catalog) -> frozenset[str]:
    """What is noted of people only because some condition asks, and can be read back from what is stored."""
    asks = catalog.asks
    kept = {DEVICES: asks.devices, PLACE: asks.place}
    return asks.told | {name for name, is_asked in kept.items() if is_asked}


def meanings_of(catalog: Catalog) -> dict[str, str]:
    """A fingerprint of what each segment means: its definition, and those of the segments that it asks about."""
    found: dict[str, str] = {}
    rules = catalog.policy.consent.version_id if catalog.asks.consents else ""
    for segment in catalog.segments:  # each after those it asks about
        below = (f"{name}={found[name]}" for name in sorted(references_of(segment)) if name in found)
        meant = segment.model_dump_json(include={"when", "exclude"})
        found[segment.id] = digest("meaning", meant, rules, *sorted(catalog.kept_out), "|", *below, length=8)
    return found


def next_backfill(catalog: Catalog, last: Progress | None, *, now: datetime) -> Backfill | None:
    """The backfill that these definitions call for; None where the last one went by the same, or by newer ones.

    A new release of the code may ask something else by the same definitions.

    What the last one had not finished is taken over: its segments are still not complete.
    """
    asked = asked_by(catalog)
    if last is not None and (last.backfill.asked == asked or last.backfill.version > catalog.version):
        return None
    meanings = meanings_of(catalog)
    known: Mapping[str, str] = last.backfill.meanings if last else {}
    changed = {name for name, meaning in meanings.items() if known.get(name) != meaning}
    unfinished = last.waiting_for if last else frozenset()
    dropped = set(known) | (last.backfill.dropped if last and not last.is_done else frozenset())
    remembers = remembered_by(catalog)
    forgotten = remembers - last.backfill.remembers if last else remembers
    unrecalled = last.backfill.recalls if last and not last.is_done else frozenset()
    moves: Mapping[str, datetime] = last.backfill.moves_since if last else {}
    return Backfill(
        number=last.backfill.number + 1 if last else 1,
        version=catalog.version,
        asked=asked,
        started_at=as_stored(now),
        moving=frozenset(changed | (unfinished & meanings.keys())),
        dropped=frozenset(dropped - meanings.keys()),
        meanings=meanings,
        remembers=remembers,
        recalls=forgotten | (unrecalled & remembers),
        moves_since={name: moves.get(name, as_stored(now)) for name in sorted(catalog.asks.moves)},
    )


# ── one person ──────────────────────────────────────────────────────────────────────────────────


def is_behind(profile: Profile, catalog: Catalog) -> bool:
    """Whether a profile was last written by other definitions than these: it may know less, or stand elsewhere."""
    by = profile.evaluated.rpartition(".")[0]
    if by != catalog.segment_index.fingerprint or (catalog.asks.consents and profile.consents is None):
        return True
    if unknown_journeys(profile.stands, catalog.asks.journeys):
        return True
    return bool(stale_keys(profile.aggregates, catalog.needs))


def is_answerable(condition: Condition, profile: Profile, catalog: Catalog) -> bool:
    """Whether the profile remembers all that a condition looks at, through the segments that it asks about too."""
    stale = stale_keys(profile.aggregates, catalog.needs)
    unsummed = catalog.asks.consents and profile.consents is None
    untold = unknown_journeys(profile.stands, catalog.asks.journeys)
    if not stale and not unsummed and not untold:
        return True
    asked = _with_references([condition], catalog)
    asks = asks_of(asked)
    return not (stale & _memories(asked) or (unsummed and asks.consents) or untold & asks.journeys)


def _with_references(conditions: Sequence[Condition], catalog: Catalog) -> list[Condition]:
    defined = {segment.id: segment for segment in catalog.segments}
    found, waiting, met = list(conditions), list(conditions), {EVERYONE}
    while waiting:
        for leaf in leaves_of(waiting.pop()):
            if not isinstance(leaf, InSegment) or leaf.in_segment in met:
                continue
            met.add(leaf.in_segment)
            segment = defined.get(leaf.in_segment)
            parts = [segment.when, segment.exclude] if segment else []
            more = [part for part in parts if part is not None]
            found += more
            waiting += more
    return found


def _memories(conditions: Sequence[Condition]) -> frozenset[str]:
    return frozenset(needs_of(conditions))
