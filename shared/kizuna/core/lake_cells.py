"""Facts as the lake holds them: one flat cell for each value that a condition may ask about.

SQL engines differ in how they read JSON, instants and texts, and none reads them as we do. So what takes reading is
read here, once, when a row is written, by the very functions that the evaluator uses; a query only compares.

A cell has the path `p`, and of these what applies:

    s  text                   f  the text without its case, where that is another
    n  number                 d  what a whole number beyond 2^53 lacks in `n`
    r  the number that a text says, with `d` as well     t  the text that a number is written as, if it has a point
    a  the number in millionths, rounded as sums round it, where `n` does not give it at once
    b  yes or no              v  a text that sorts as the version that it is     x  as the internet address
    i  the instant that a text names, in microseconds since 1970                 y  the day, in days since 1970
    l  month and day in the person's zone (`03-29`), of an instant or a day
    u  the first instant of a day alone in the person's zone, where that is another than in UTC    j  the day there of
       an instant, likewise
    k  l for a list, o for an object, 0 for null; z how many a list or an object holds
    h  the same for objects, and for lists within a list, that are equal; of a text beyond `LONG_TEXT` what is
       remembered of the rest (`tallying.mark_of`)
    g  the latitude of an object that is a place, w its longitude, c the country that it names, o the part of it
    e  which element of the list at `p` the cell is, or is part of, from 0; -1 as if it were in one, see m
    q  the path within that element, if it is an object
    m  the cell is one of several there; or it is an object whose own values are told apart, in an element -1, since
       values with names that have dots (`a.b`) hide those that paths find within it
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from kizuna.core.conditions.geo import point_of, region_code
from kizuna.core.conditions.remembered import DECIMALS, LONG_TEXT
from kizuna.core.conditions.values import (
    folded,
    instant_of_day,
    read_date,
    read_instant,
    read_number,
    read_text,
)
from kizuna.core.conditions.versions import Version, version_of
from kizuna.core.tallying import mark_of
from kizuna.core.zones import day_at, start_of_day

Cell = dict[str, Any]

# Names and types of a cell's fields, in words that every engine knows.
CELL_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("p", "q", "k", "s", "f", "t", "a", "v", "x", "l", "h", "c", "o"), "VARCHAR"),
    **dict.fromkeys(("e", "z", "d", "i", "y", "u", "j"), "BIGINT"),
    **dict.fromkeys(("n", "r", "g", "w"), "DOUBLE"),
    **dict.fromkeys(("b", "m"), "BOOLEAN"),
}

EXACT = 2**53  # beyond it not every whole number is a float
LARGEST_AMOUNT = 10**15  # as sums count (`tallying`)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = date(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)


def micros(instant: datetime) -> int:
    """Microseconds since 1970, the form in which queries compare instants."""
    return (instant - _EPOCH) // _MICROSECOND


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - _FIRST_DAY).days


def cells_of(values: Mapping[str, Any], *, zone: tzinfo = UTC) -> list[Cell]:
    """The cells of whatever `found_at` finds in these values. `zone` is the person's."""
    return list(_Telling(values, zone).cells())


@dataclass(frozen=True, slots=True)
class _Telling:
    """Of what the cells are told: a person's or an event's values, or those of one object `in_element` of a list."""

    values: Mapping[str, Any]
    zone: tzinfo
    in_element: bool = False

    def cells(self) -> Iterator[Cell]:
        for name, value in self.values.items():
            if "." in name:
                yield from self._at(name, value)  # a name with dots is found as a whole, and nothing below it
            else:
                yield from self._below(name, value)

    def _below(self, path: str, value: Any) -> Iterator[Cell]:
        """The cells at a path and below it. A name of the top with the same dots hides what is nested under it."""
        if path not in self.values or "." not in path:
            yield from self._at(path, value)
        if isinstance(value, Mapping):
            for name, inner in value.items():
                if "." not in name:
                    yield from self._below(f"{path}.{name}", inner)

    def _at(self, path: str, value: Any) -> Iterator[Cell]:
        apart = isinstance(value, Mapping) and self._is_hidden_below(path)
        yield {"p": path, **_cell(value, self.zone), **({"m": True} if apart else {})}
        elements = enumerate(value) if isinstance(value, list) else [(-1, value)] if apart else []
        for index, item in elements:
            yield from self._element(path, index, item)

    def _is_hidden_below(self, path: str) -> bool:
        """Whether a path below this one may find another value than what the object at this path holds."""
        is_hidden = "." in path and path in self.values
        hides = is_hidden or any(name.startswith(f"{path}.") for name in self.values)
        return hides and not self.in_element  # nobody asks about the objects of objects of a list

    def _element(self, path: str, index: int, item: Any) -> Iterator[Cell]:
        whole = {"h": _whole(item)} if isinstance(item, list) else {}
        yield {"p": path, "e": index, **_cell(item, self.zone), **whole}
        if not isinstance(item, Mapping):
            return
        for inner in _Telling(item, self.zone, in_element=True).cells():
            if "q" in inner:
                continue  # of lists of objects within a list of objects only the outer one can be asked about
            several = {"m": True} if "e" in inner else {}
            yield {**inner, **several, "p": path, "e": index, "q": inner["p"]}


def _cell(value: Any, zone: tzinfo) -> Cell:
    match value:
        case bool():
            return {"b": value}
        case int() | float():
            return _number(value)
        case str():
            return _text(value, zone)
        case Mapping():
            return {"k": "o", "z": len(value), "h": _whole(value), **place_fields(value)}
        case list():
            return {"k": "l", "z": len(value)}
        case _:
            return {"k": "0"}


def place_fields(value: Mapping[str, Any]) -> Cell:
    """Where an object lies, as far as it says so."""
    point = point_of(value)
    cell: Cell = {} if point is None else {"g": point[0], "w": point[1]}
    codes = (("c", region_code(value.get("country"))), ("o", region_code(value.get("region"))))
    return {**cell, **{name: code for name, code in codes if code}}


def _whole(value: Any) -> str:
    """A hash of all that is in it, as Python compares: 1 is 1.0 is true, and names have no order."""
    told = json.dumps(_compared(value), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _compared(value: Any) -> Any:
    match value:
        case Mapping():
            return {name: _compared(inner) for name, inner in value.items()}
        case list():
            return [_compared(inner) for inner in value]
        case bool():
            return int(value)
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def _text(value: str, zone: tzinfo) -> Cell:
    cell: Cell = {"s": value}
    if (low := folded(value)) != value:
        cell["f"] = low
    if len(value) > LONG_TEXT:
        cell["h"] = mark_of(value)
    number = read_number(value)
    if number is not None:
        cell |= _exact("r", number)
    if (day := read_date(value)) is not None:
        cell |= {"y": day_number(day), "l": value[5:]}
        if zone is not UTC and (begins := start_of_day(zone, day)) != instant_of_day(day, UTC):
            cell["u"] = micros(begins)
    elif (instant := read_instant(value)) is not None:
        there = day_at(zone, instant)
        cell |= {"i": micros(instant), "l": f"{there:%m-%d}"}
        if there != instant.date():
            cell["j"] = day_number(there)
    if (version := version_of(value)) is not None:
        cell["v"] = version_key(version)
    if (address := address_key(value)) is not None:
        cell["x"] = address
    return cell


def _number(value: float) -> Cell:
    near = as_float(value)
    if near is None:
        return {}  # there, but nothing that a query can compare
    cell = _exact("n", value)
    if not near.is_integer() or abs(near) >= EXACT:
        written = read_text(value)
        cell |= {} if written is None else {"t": written}
    if not near.is_integer() and abs(near) <= LARGEST_AMOUNT:
        amount = millionths(value)
        if abs(near * 1e6 - amount) > 0.25 or abs(amount) >= EXACT:
            cell["a"] = str(amount)
    return cell


def _exact(name: str, value: float) -> Cell:
    near = as_float(value)
    if near is None:
        return {}
    cell: Cell = {name: near if abs(near) >= EXACT or not near.is_integer() else int(near)}
    if isinstance(value, int) and (rest := value - int(near)):
        cell["d"] = rest
    return cell


def as_float(value: float) -> float | None:
    """The nearest float; None for what has none."""
    try:
        near = float(value)
    except OverflowError:
        return None
    return near if math.isfinite(near) else None


def millionths(value: float) -> int:
    """An amount as sums count it: rounded to six decimals, in units of the last."""
    numerator, denominator = round(value, DECIMALS).as_integer_ratio()
    return int((2 * numerator * 10**DECIMALS + denominator) // (2 * denominator))


def version_key(version: Version) -> str:
    """A text that sorts as the version does. Blanks sort before whatever an identifier may hold."""
    core, before = version
    numbers = "".join(f"{number:09}" for number in core)
    if before and before[0][0] == 2:
        return f"{numbers}~"
    parts = (f"1{text}" if kind else f"0{len(str(number)):03}{number}" for kind, number, text in before)
    return f"{numbers} {' '.join(parts)}"


def address_key(text: str) -> str | None:
    """An internet address as digits that sort; None for what is none. IPv4 within IPv6 is IPv4."""
    if len(text) > 64 or not (text.count(".") == 3 or ":" in text):
        return None
    from ipaddress import IPv6Address, ip_address

    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    plain = mapped or address
    return f"{plain.version}{int(plain):032x}"
