"""A value compared with another value of the same person, event or object: each element with each of the other."""

from __future__ import annotations

from datetime import datetime

from sqlglot import exp

from kizuna.core.condition_sql.places import Place, is_list
from kizuna.core.condition_sql.terms import (
    NotInLake,
    Sql,
    all_true,
    any_true,
    compared,
    field,
    filtered,
    known,
    no,
    text,
    whole,
)
from kizuna.core.condition_sql.values import Reading, day_of, instant_of
from kizuna.core.conditions.properties import Comparison

_ONE, _OTHER = "c", "w"
_STANDARD_OF = {"before": "lt", "after": "gt", "on": "eq", "same_day": "eq"}


def by_another(
    op: str, question: Comparison, place: Place, other: Place, read: Reading, *, now: datetime
) -> Sql:
    """Whether the value at a place stands so to the one at another place."""
    pair = _Pair(read, now)
    match op:
        case "has_all":
            answer = all_true([is_something(place), is_something(other), _has_all(place, other, pair)])
        case "eq" if question.value_type == "list":
            return _same_list(place, other, pair)
        case _:
            answer = _any(place, other, pair.holds(op, question))
    return all_true([place.own(is_list()), answer]) if question.value_type == "list" else answer


def _any(place: Place, other: Place, holds: Sql) -> Sql:
    """Whether it holds for any element of the one and any of the other. A list as such is none of its elements."""
    of_the_other = other.any(all_true([no(other.is_list_itself(_OTHER)), holds]), _OTHER)
    return place.any(all_true([no(place.is_list_itself(_ONE)), of_the_other]), _ONE)


def _has_all(place: Place, other: Place, pair: _Pair) -> Sql:
    missed = no(place.any(all_true([no(place.is_list_itself(_ONE)), known(pair.equal())]), _ONE))
    return no(other.any(all_true([no(other.is_list_itself(_OTHER)), missed]), _OTHER))


def is_something(place: Place) -> Sql:
    """Whether there is a value, and more than a null."""
    return place.own(no(known(compared("eq", field("k"), text("0")))))


def _same_list(place: Place, other: Place, pair: _Pair) -> Sql:
    """As many elements as the other has, and each equal to the one at its place. A single value is a list of one."""
    if place.item or other.item:
        raise NotInLake("a list compared as a whole within an object of a list")
    length = _length(other)
    same_place = compared("eq", known_place(_ONE), known_place(_OTHER))
    matched = all_true(
        [
            no(other.is_list_itself(_OTHER)),
            same_place,
            known(pair.equal()),
        ]
    )
    equal = filtered(
        place.cells.copy(),
        all_true([*place.here(_ONE), no(place.is_list_itself(_ONE)), other.any(matched, _OTHER)]),
        _ONE,
    )
    number = exp.func("COALESCE", exp.cast(exp.ArraySize(this=equal), "bigint"), whole(0))
    size = place.own(all_true([is_list(), compared("eq", field("z"), exp.paren(length))]))
    return all_true([size, is_something(other), known(compared("eq", number, exp.paren(length.copy())))])


def known_place(name: str) -> Sql:
    """Which element a cell is; a single value is the first."""
    return exp.func("COALESCE", field("e", name), whole(0))


def _length(place: Place) -> Sql:
    """How many elements a value has."""
    its_own = filtered(place.cells.copy(), all_true([*place.here("v"), no(place.is_list_itself("v"))]), "v")
    return exp.func("COALESCE", exp.cast(exp.ArraySize(this=its_own), "bigint"), whole(0))


class _Pair:
    """Two cells, one of either value, read the same way."""

    def __init__(self, read: Reading, now: datetime) -> None:
        self._read = read
        self._now = now

    def holds(self, op: str, question: Comparison) -> Sql:
        match op:
            case "eq" | "has_any":
                return self.equal()
            case "in":
                return self.equal(also_whole=False)
            case "gt" | "gte" | "lt" | "lte" | "before" | "after" | "on" | "same_day":
                return self._ordered(_STANDARD_OF.get(op, op))
            case "semver":
                return compared(question.cmp or "eq", field("v", _ONE), field("v", _OTHER))
            case "contains" | "starts_with" | "ends_with":
                return self._piece(op)
            case _:
                raise NotInLake(f"{op} with another trait or property")

    def equal(self, *, also_whole: bool = True) -> Sql:
        match self._read.value_type:
            case None:
                parts = [self._texts("eq"), self._numbers("eq"), self._flags()]
                return any_true([*parts, self._objects()] if also_whole else parts)
            case "boolean":
                return self._flags()
            case _:
                return self._ordered("eq")

    def _ordered(self, op: str) -> Sql:
        match self._read.value_type:
            case None:
                return any_true([self._texts(op), self._numbers(op)])
            case "string":
                return self._texts(op)
            case "number":
                return self._numbers(op)
            case "date":
                return compared(op, *(day_of(name, self._read, now=self._now) for name in (_ONE, _OTHER)))
            case _:
                return compared(op, *(instant_of(name, self._read, now=self._now) for name in (_ONE, _OTHER)))

    def _texts(self, op: str) -> Sql:
        return compared(op, self._read.text(_ONE), self._read.text(_OTHER))

    def _numbers(self, op: str) -> Sql:
        """The nearest floats, and where these are the same what either lacks in its own."""
        one, other = self._read.number(_ONE), self._read.number(_OTHER)
        rest, others_rest = (exp.func("COALESCE", field("d", name), whole(0)) for name in (_ONE, _OTHER))
        same = all_true([compared("eq", one, other), compared(op, rest, others_rest)])
        if op == "eq":
            return same
        return any_true([compared(op.removesuffix("e"), one.copy(), other.copy()), same])

    def _flags(self) -> Sql:
        return compared("eq", self._read.flag(_ONE), self._read.flag(_OTHER))

    def _objects(self) -> Sql:
        return compared("eq", field("h", _ONE), field("h", _OTHER))

    def _piece(self, op: str) -> Sql:
        subject, piece = self._read.text(_ONE), self._read.text(_OTHER)
        match op:
            case "contains":
                found = exp.StrPosition(this=subject, substr=piece)
                return compared("gt", found, whole(0))
            case "starts_with":
                return exp.StartsWith(this=subject, expression=piece)
            case _:
                longer = exp.Sub(this=exp.Length(this=subject), expression=exp.Length(this=piece))
                begins = exp.Add(this=exp.paren(longer), expression=exp.Literal.number(1))
                end = exp.Substring(this=subject.copy(), start=begins)
                return all_true(
                    [
                        compared("gte", exp.paren(longer.copy()), exp.Literal.number(0)),
                        compared("eq", end, piece.copy()),
                    ]
                )
