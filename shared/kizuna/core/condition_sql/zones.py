"""Answers that depend on whose clock it is: worked out for every zone by Python's own, and chosen by the person's.

The engines have zone databases of other years than ours, or none. Of some 600 zones most give one of a few answers.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Hashable
from datetime import UTC, tzinfo
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from sqlglot import exp

from kizuna.core.condition_sql.terms import Sql, text
from kizuna.core.zones import zone_named

T = TypeVar("T", bound=Hashable)


def by_zone(zone: Sql, plan: Callable[[tzinfo], T], spoken: Callable[[T], Sql]) -> Sql:
    """The answer for the zone that a column names; for a name that is none, and for none, that of UTC.

    `plan` is what the answer is in one zone; zones of one plan are taken together, and put into SQL once.
    """
    standard = plan(UTC)
    groups: dict[T, list[str]] = {}
    for aliases in _zones():
        found = zone_named(aliases[0])
        planned = standard if found is None else plan(found)
        if planned != standard:
            groups.setdefault(planned, []).extend(aliases)
    if not groups:
        return spoken(standard)
    cases = [
        exp.If(
            this=exp.In(this=zone.copy(), expressions=[text(name) for name in sorted(names)]),
            true=spoken(planned),
        )
        for planned, names in groups.items()
    ]
    return exp.Case(ifs=cases, default=spoken(standard))


@cache
def _zones() -> tuple[tuple[str, ...], ...]:
    """All zones, those of one clock together: many are old names of others."""
    groups: dict[bytes, list[str]] = {}
    for name in sorted(zoneinfo.available_timezones()):
        groups.setdefault(_clock(name), []).append(name)
    return tuple(map(tuple, groups.values()))


def _clock(name: str) -> bytes:
    """The rules of a zone as the zone database holds them; the name itself where they are not found."""
    for folder in zoneinfo.TZPATH:
        file = Path(folder, name)
        if file.is_file():
            return file.read_bytes()
    try:
        return files("tzdata").joinpath("zoneinfo", name).read_bytes()
    except (ImportError, OSError):
        return name.encode()
