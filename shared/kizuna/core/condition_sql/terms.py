"""Words of SQL, built as expressions and never pasted: no value of an author can become more than a value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlglot import exp

from kizuna.core.errors import KizunaError
from kizuna.core.lake_cells import EXACT, as_float

Sql = exp.Expr
CELL = "c"  # what a cell is called where one after the other is looked at

TRUE: Sql = exp.true()
FALSE: Sql = exp.false()


class NotInLake(KizunaError):
    """A question that the lake cannot answer; names it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the lake cannot answer {what}")


# ── values ──────────────────────────────────────────────────────────────────────────────────────


def text(value: str) -> Sql:
    """A text as it is. One that SQL engines do not take (half a character, a NUL) matches nothing they hold."""
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise NotInLake("a text with a NUL or half a character in it")
    return exp.Literal.string(value)


def whole(value: int) -> Sql:
    """A whole number of 64 bits, whatever an engine would take its digits for."""
    return exp.cast(exp.Literal.string(str(value)), "bigint")


def real(value: float) -> Sql:
    """A floating-point number, exactly: engines take 0.1 for a decimal, 1E-1 they do not all write alike."""
    return exp.cast(exp.Literal.string(repr(value)), "double")


# ── places ──────────────────────────────────────────────────────────────────────────────────────


def column(name: str, table: str = "") -> Sql:
    return exp.column(name, table or None)


def field(name: str, of: str = CELL) -> Sql:
    """A field of a cell."""
    return exp.Dot(this=exp.to_identifier(of), expression=exp.to_identifier(name))


def filtered(cells: Sql, condition: Sql, name: str = CELL) -> Sql:
    """Those cells of a list for which something holds."""
    return exp.ArrayFilter(
        this=cells, expression=exp.Lambda(this=condition, expressions=[exp.to_identifier(name)])
    )


def first_of(cells: Sql) -> Sql:
    """The first of a list, null if it is empty."""
    return exp.Bracket(
        this=exp.paren(cells, copy=False), expressions=[exp.Literal.number(1)], offset=1, safe=True
    )


def any_of(cells: Sql, condition: Sql, name: str = CELL) -> Sql:
    """Whether something holds for one of them; never null, also where there is no list."""
    size = exp.ArraySize(this=filtered(cells, condition, name))
    return exp.GT(this=exp.func("COALESCE", size, exp.Literal.number(0)), expression=exp.Literal.number(0))


# ── answers: each is true or false, never null ──────────────────────────────────────────────────


def all_true(parts: Sequence[Sql]) -> Sql:
    return _joined(exp.and_, parts, TRUE)


def any_true(parts: Sequence[Sql]) -> Sql:
    return _joined(exp.or_, parts, FALSE)


def _joined(join: Any, parts: Sequence[Sql], nothing: Sql) -> Sql:
    if len(parts) <= 1:
        return parts[0] if parts else nothing.copy()
    joined: Sql = join(*(exp.paren(part, copy=False) for part in parts), copy=False)
    return joined


def no(part: Sql) -> Sql:
    return exp.Not(this=exp.paren(part, copy=False))


def known(part: Sql) -> Sql:
    """False where it is unknown."""
    return exp.func("COALESCE", exp.paren(part, copy=False), FALSE.copy())


def points(part: Sql, worth: Sql, otherwise: Sql) -> Sql:
    return exp.Case(ifs=[exp.If(this=part, true=worth)], default=otherwise)


def how_many(parts: Sequence[Sql]) -> Sql:
    """How many of them hold."""
    one, none = exp.Literal.number(1), exp.Literal.number(0)
    return total([points(part, one.copy(), none.copy()) for part in parts])


def total(parts: Iterable[Sql]) -> Sql:
    first, *rest = parts
    for part in rest:
        first = exp.Add(this=first, expression=part)
    return exp.paren(first, copy=False)


# ── comparing ───────────────────────────────────────────────────────────────────────────────────

_COMPARED: dict[str, type[exp.Binary]] = {
    "eq": exp.EQ, "gt": exp.GT, "gte": exp.GTE, "lt": exp.LT, "lte": exp.LTE,
}  # fmt: skip


def compared(op: str, left: Sql, right: Sql) -> Sql:
    return _COMPARED[op](this=left, expression=right)


def number_compared(op: str, value: float, left: Sql, lacks: Sql) -> Sql:
    """A number compared with a value as Python compares the two: exactly, whole numbers of any size too.

    `left` is the nearest float, `lacks` what a whole number lacks in it, null if nothing.
    """
    near = as_float(value)
    if near is None:
        raise NotInLake("a number beyond 1e308")
    right = real(near)
    if abs(near) < EXACT:
        return compared(op, left, right)
    # Where the nearest floats of both are the same, what either lacks in it decides.
    rest = exp.func("COALESCE", lacks, whole(0))
    equal = compared("eq", left.copy(), right.copy())
    same = all_true([equal, compared(op, rest, whole(_rest(value, near)))])
    if op == "eq":
        return same
    strictly = compared({"gte": "gt", "lte": "lt"}.get(op, op), left, right)
    return any_true([strictly, same])


def _rest(value: float, near: float) -> int:
    return value - int(near) if isinstance(value, int) else 0
