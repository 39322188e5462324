"""One run of RFM over everybody, by shard and page, and what comes of it.

    collect: pages of everybody ─▶ columns of days, counts, money ─▶ weigh: cuts, grid, moves ─▶ write: who changed

A page is stored under the number of its step, once: so the pages of a shard are a chain in which everybody is once,
whoever worked on it and however often. What it holds of a thousand people is numbers without names.
"""

from __future__ import annotations

import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from kizuna.core.people import AddressStatus, Profile
from kizuna.core.rfm.columns import Column, Lanes, bytes_of, column_from, column_of, narrowed
from kizuna.core.rfm.scores import BUCKETS, TRAIT, Bucket, Cuts, Inputs, RfmDefinition

Phase = Literal["collect", "write"]
CHANNELS = ("email", "sms", "push", "whatsapp", "line")  # a place is a bit of what is stored: only append


@dataclass(frozen=True, slots=True)
class RfmRun:
    """Everybody scored as of `at`, by the definition as it was when the run began."""

    definition: RfmDefinition
    at: datetime
    started_at: datetime

    @property
    def id(self) -> str:
        """Sorts by time; a second tick of the clock meets the same run."""
        return self.at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


@dataclass(slots=True)
class Columns:
    """What was found of the scored people of a page (or of all pages): a place in each column is one person."""

    days: Column = field(default_factory=lambda: array("H"))
    times: Column = field(default_factory=lambda: array("I"))
    money: Column = field(default_factory=lambda: array("q"))
    before: Column = field(default_factory=lambda: array("B"))  # number of the bucket until now, 0: none
    reach: Column = field(default_factory=lambda: array("B"))  # a bit for each channel with a usable address
    gone: Counter[int] = field(
        default_factory=Counter
    )  # by number of the bucket until now: not scored any more

    def add(self, inputs: Inputs | None, *, before: int, reach: int) -> None:
        """One person more; `inputs` is None for somebody who is not scored."""
        if inputs is None:
            if before:
                self.gone[before] += 1
            return
        self.days.append(inputs.days)
        self.times.append(inputs.times)
        self.money.append(inputs.money)
        self.before.append(before)
        self.reach.append(reach)

    def extend(self, other: Columns) -> None:
        for name in _STORED:
            getattr(self, name).extend(getattr(other, name))
        self.gone += other.gone

    def packed(self) -> bytes:
        """Small, to be stored: see `columns_from`."""
        gone = array("I", [self.gone[number] for number in range(len(BUCKETS) + 1)])
        columns = (bytes_of(getattr(self, name)) for name in _STORED)
        return zlib.compress(bytes_of(gone) + b"".join(columns), 1)


_STORED = {"money": "q", "times": "I", "days": "H", "before": "B", "reach": "B"}


def columns_from(packed: bytes) -> Columns:
    """The inverse of `Columns.packed`."""
    raw = zlib.decompress(packed)
    found = Columns()
    start = (len(BUCKETS) + 1) * array("I").itemsize
    found.gone.update({number: count for number, count in enumerate(column_from("I", raw[:start])) if count})
    people = (len(raw) - start) // sum(array(code).itemsize for code in _STORED.values())
    for name, code in _STORED.items():
        end = start + people * array(code).itemsize
        setattr(found, name, column_from(code, raw[start:end]))
        start = end
    return found


@dataclass(frozen=True, slots=True)
class Page:
    """A step of one shard: up to whom it went, and what it found or wrote."""

    phase: Phase
    shard: int
    step: int  # from 1
    after: str  # the last person of it
    people: int  # looked at
    done: bool  # nobody comes after it
    written: int = 0  # whose scores changed
    left: int = 0  # who could not be written: tried again by themselves
    packed: bytes = b""  # of `collect`: see `Columns.packed`


# ── what comes of it ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class BucketFigures:
    """Of the people of one bucket: how many, their money in hundredths, how many have a usable address by channel."""

    people: int = 0
    money: int = 0
    reach: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a run. `cells` counts by (recency, frequency), `moved` by (bucket until now, bucket then)."""

    cuts: Cuts
    looked_at: int
    scored: int
    cells: Mapping[tuple[int, int], int]
    buckets: Mapping[Bucket, BucketFigures]
    moved: Mapping[tuple[Bucket | None, Bucket | None], int]


def weigh(definition: RfmDefinition, pages: Iterable[Page]) -> Result:
    """The cuts, and who stands where by them. Takes 18 bytes a person: 18 MB for a million."""
    everybody, looked_at = Columns(), 0
    for page in pages:
        looked_at += page.people
        everybody.extend(columns_from(page.packed))
    cuts, cells, _, codes = placed(definition, everybody.days, everybody.times, everybody.money)
    size = definition.quantiles
    by_cell = Counter(cells)
    money: Counter[int] = Counter()
    for code, amount in zip(codes, everybody.money, strict=True):
        money[code] += amount
    reach = Counter(zip(codes, everybody.reach, strict=True))
    people = sizes_of(codes)
    moved = Counter(zip(everybody.before, codes, strict=True))
    moved.update({(number, 0): count for number, count in everybody.gone.items()})
    return Result(
        cuts,
        looked_at,
        len(codes),
        {(cell // size + 1, cell % size + 1): count for cell, count in sorted(by_cell.items())},
        {
            bucket: BucketFigures(people[bucket], money[code], _by_channel(reach, code))
            for code, bucket in enumerate(BUCKETS, start=1)
        },
        {(_bucket(before), _bucket(after)): count for (before, after), count in sorted(moved.items())},
    )


class Placed(NamedTuple):
    """Where everybody stands, a byte a person: the cell `(recency - 1) · quantiles + frequency - 1`, the score of
    money less one, and the number of the bucket, from 1 in the order of `BUCKETS`."""

    cuts: Cuts
    cells: bytes
    monetary: bytes
    codes: bytes


def placed(definition: RfmDefinition, days: Column, times: Column, money: Column) -> Placed:
    """Weigh everybody against each other. The same as `Cuts.scores` and `RfmDefinition.bucket` say of each."""
    if not days:
        return Placed(Cuts((), (), ()), b"", b"", b"")
    parts, people = definition.quantiles, len(days)
    by_days, by_times = Lanes(narrowed(days)), Lanes(narrowed(times))
    by_money, lowest = _counted_from_the_lowest(money)
    of_days, of_times, of_money = (each.quantiles(parts) for each in (by_days, by_times, by_money))
    late = int.from_bytes(by_days.scores(of_days), "little")  # fewer days are better
    often = int.from_bytes(by_times.scores(of_times), "little")
    best = int.from_bytes(bytes([parts - 1]) * people, "little")
    cells = ((best - late) * parts + often).to_bytes(people, "little")  # each stays within its byte
    numbers = {bucket: number for number, bucket in enumerate(BUCKETS, start=1)}
    table = bytes(
        numbers[definition.buckets[cell // parts + 1][cell % parts]] if cell < parts * parts else 0
        for cell in range(256)
    )
    cuts = Cuts(of_days, of_times, tuple(cut + lowest for cut in of_money))
    return Placed(cuts, cells, by_money.scores(of_money), cells.translate(table))


def sizes_of(codes: bytes) -> dict[Bucket, int]:
    """How many people are in each bucket, by the numbers of their buckets (`placed`)."""
    sizes = Lanes(array("B", codes)).sizes(range(1, len(BUCKETS) + 1))
    return dict(zip(BUCKETS, sizes, strict=True))


def _counted_from_the_lowest(money: Column) -> tuple[Lanes, int]:
    """Amounts may be below 0: more was given back than paid."""
    try:
        return Lanes(narrowed(money)), 0
    except OverflowError:
        lowest = min(money)
        return Lanes(column_of(amount - lowest for amount in money)), lowest


def _by_channel(reach: Mapping[tuple[int, int], int], code: int) -> dict[str, int]:
    return {
        channel: sum(count for (each, mask), count in reach.items() if each == code and mask >> bit & 1)
        for bit, channel in enumerate(CHANNELS)
    }


def _bucket(number: int) -> Bucket | None:
    return BUCKETS[number - 1] if number else None


# ── of one person ───────────────────────────────────────────────────────────────────────────────


def bucket_number(profile: Profile, definition: str) -> int:
    """The number of the bucket that a person is in until now; 0 for none."""
    standing = standing_now(profile, definition)
    bucket = standing.get("bucket") if standing else None
    return BUCKETS.index(bucket) + 1 if bucket in BUCKETS else 0


def standing_now(profile: Profile, definition: str) -> Mapping[str, Any] | None:
    """The scores that the record holds."""
    held = profile.traits.get(TRAIT)
    standing = held.value.get(definition) if held is not None and isinstance(held.value, Mapping) else None
    return standing if isinstance(standing, Mapping) else None


def reach_of(profile: Profile) -> int:
    """A bit for each channel on which a usable address is known. Whether it may be used is for the gate to say."""
    usable = {address.channel for address in profile.addresses.values() if address.status is AddressStatus.OK}
    return sum(1 << bit for bit, channel in enumerate(CHANNELS) if channel in usable)
