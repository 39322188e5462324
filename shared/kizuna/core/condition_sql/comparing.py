"""Questions about one value (`conditions.value_meaning`), asked of its cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlglot import exp

from kizuna.core.condition_sql import clocks, patterns
from kizuna.core.condition_sql.clocks import Happening
from kizuna.core.condition_sql.others import by_another
from kizuna.core.condition_sql.places import Place, is_list, is_there
from kizuna.core.condition_sql.terms import (
    NotInLake,
    Sql,
    all_true,
    any_true,
    compared,
    field,
    no,
    text,
    whole,
)
from kizuna.core.condition_sql.values import Reading
from kizuna.core.conditions.checking import PERSON
from kizuna.core.conditions.operators import OF_HISTORY, TAKES_DURATION, positive_of
from kizuna.core.conditions.properties import Comparison, OtherProperty, OtherTrait, asks_for_days
from kizuna.core.conditions.versions import version_of
from kizuna.core.lake_cells import version_key
from kizuna.core.zones import zone_named

_STANDARD_OF = {"before": "lt", "after": "gt", "on": "eq", "same_day": "eq"}


@dataclass(frozen=True, slots=True)
class Setting:
    """In which setting a question is asked: of a person at a known moment, or of an event at its own."""

    now: datetime | Happening
    zone: Sql | None = None  # the person's
    held: Sql | None = None  # since when each trait has its value
    traits: Sql | None = None  # the person's cells
    around: Sql | None = None  # the cells of what an event came with
    property_at: Callable[[str], Place] | None = None  # where another property of the same event or object is

    @property
    def until(self) -> datetime:
        """The moment at which the whole query is asked."""
        return self.now.until if isinstance(self.now, Happening) else self.now

    def context(self) -> Sql:
        if self.around is None:
            raise ValueError("only an event has a context")
        return self.around.copy()

    def other(self, other: OtherTrait | OtherProperty) -> Place:
        """Where the value is that takes the place of a constant."""
        if isinstance(other, OtherTrait):
            if self.traits is None:
                raise ValueError("only of a person another trait is asked")
            return Place(self.traits.copy(), other.trait)
        if self.property_at is None:
            raise ValueError("only in a filter another property is asked")
        return self.property_at(other.property)


def question_sql(question: Comparison, place: Place, setting: Setting) -> Sql:
    """Whether the value at a place is as a question about values asks (`filters.asked`: any question); never null."""
    op = positive_of(question.op)
    read = _reading(op, question, setting)
    if op in OF_HISTORY:
        answer = clocks.history(op, question, place, read, setting.now, setting.held)
    elif op in TAKES_DURATION:
        answer = place.any(clocks.window(op, question, read, setting.now))
    elif op == "anniversary":
        answer = clocks.anniversary_sql(question, place, read, setting.now)
    else:
        answer = _holds(op, question, place, read, setting)
    return answer if op == question.op else no(answer)


def _reading(op: str, question: Comparison, setting: Setting) -> Reading:
    value_type: str | None = question.value_type
    if value_type in (None, "list"):
        value_type = {"on": "date", "same_day": "date", "before": "instant", "after": "instant"}.get(op)
    fold = question.case == "insensitive"
    if question.zone == PERSON or (question.zone is None and asks_for_days(question)):
        return (
            Reading(value_type, fold, person=setting.zone)
            if setting.zone is not None
            else Reading(value_type, fold)
        )
    named = zone_named(question.zone) if question.zone else None
    return Reading(value_type, fold, zone=named or UTC)


# ── values alone ────────────────────────────────────────────────────────────────────────────────


def _holds(op: str, question: Comparison, place: Place, read: Reading, setting: Setting) -> Sql:
    match op:
        case "exists":
            return place.own(is_there())
        case "empty":
            return no(place.own(_says_something()))
        case _ if question.asks_for_null:
            return place.own(compared("eq", field("k"), text("0")))
        case "size":
            length = all_true([is_list(), compared(question.cmp or "eq", field("z"), _whole(question.value))])
            return place.own(length)
    if isinstance(question.value, OtherTrait | OtherProperty):
        return by_another(op, question, place, setting.other(question.value), read, now=setting.until)
    wanted: Any = list(question.value) if isinstance(question.value, tuple) else question.value
    if op == "same_day":
        return place.any(clocks.today(read, setting.now))
    if wanted is None:
        return exp.false()
    return _with(op, question, place, read, wanted)


def _with(op: str, question: Comparison, place: Place, read: Reading, wanted: Any) -> Sql:
    listed = wanted if isinstance(wanted, list) else [wanted]
    match op:
        case "eq" if question.value_type == "list":
            return _same_list(place, read, listed)
        case "has_any":
            answer = place.any(_one_of(read, listed))
        case "has_all":
            answer = all_true([place.any(read.compared("eq", value)) for value in listed])
        case _:
            answer = place.any(_element(op, question, read, wanted))
    return all_true([place.own(is_list()), answer]) if question.value_type == "list" else answer


def _element(op: str, question: Comparison, read: Reading, wanted: Any) -> Sql:
    """`comparing.test_of` for one cell."""
    match op:
        case "eq" | "gt" | "gte" | "lt" | "lte":
            return read.compared(op, wanted)
        case "before" | "after" | "on" | "same_day":
            return read.compared(_STANDARD_OF[op], wanted)
        case "in":
            return _one_of(read, wanted)
        case "between":
            low, high = wanted
            return all_true([read.compared("gte", low), read.compared("lte", high)])
        case "semver":
            version = version_of(wanted) if isinstance(wanted, str) else None
            if version is None:
                return exp.false()
            return compared(question.cmp or "eq", field("v"), text(version_key(version)))
        case "cidr":
            return _in_networks(wanted if isinstance(wanted, list) else [wanted])
        case _:
            return patterns.text_holds(op, read, wanted)


def _one_of(read: Reading, values: Sequence[Any]) -> Sql:
    """Texts together, the others one by one."""
    if read.value_type is not None:
        return any_true([read.compared("eq", value) for value in values])
    texts = [read.constant(value, UTC) for value in values if isinstance(value, str)]
    others = [read.compared("eq", value) for value in values if not isinstance(value, str)]
    among = exp.In(this=read.text("c"), expressions=[text(value) for value in texts])
    return any_true([*([among] if texts else []), *others])


def _same_list(place: Place, read: Reading, wanted: Sequence[Any]) -> Sql:
    if place.item:
        raise NotInLake("a list compared as a whole within an object of a list")
    size = place.own(all_true([is_list(), compared("eq", field("z"), whole(len(wanted)))]))
    each = [
        place.element(all_true([compared("eq", field("e"), whole(number)), read.compared("eq", value)]))
        for number, value in enumerate(wanted)
    ]
    return all_true([size, *each])


def _in_networks(networks: Sequence[str]) -> Sql:
    """Of addresses that stand for IPv4 the cell is of IPv4: such a block of IPv6 holds none."""
    from ipaddress import ip_network

    parts = []
    for network in map(ip_network, networks):
        first, last = (
            f"{network.version}{int(end):032x}"
            for end in (network.network_address, network.broadcast_address)
        )
        parts.append(
            all_true([compared("gte", field("x"), text(first)), compared("lte", field("x"), text(last))])
        )
    return any_true(parts)


def _says_something() -> Sql:
    """Neither null nor `""`, `[]` or `{}`."""
    blank = exp.func("COALESCE", compared("eq", field("s"), text("")), exp.false())
    nothing = exp.func("COALESCE", compared("eq", field("z"), whole(0)), exp.false())
    return all_true([is_there(), no(blank), no(nothing)])


def _whole(value: Any) -> Sql:
    return whole(int(value))
