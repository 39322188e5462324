"""Amounts and sums, in whole millionths: exact, whatever the order in which an engine adds up."""

from __future__ import annotations

from sqlglot import exp

from kizuna.core.condition_sql.terms import (
    CELL,
    NotInLake,
    Sql,
    all_true,
    compared,
    field,
    no,
    real,
)
from kizuna.core.condition_sql.thresholds import amount_edge
from kizuna.core.conditions.remembered import LONG_TEXT
from kizuna.core.lake_cells import LARGEST_AMOUNT

TYPE = "decimal(38, 0)"


def amount(millionths: int) -> Sql:
    return exp.cast(exp.Literal.string(str(millionths)), TYPE)


def amount_of(name: str = CELL) -> Sql:
    """A cell's number in millionths; null where it is none, or larger than what sums count."""
    number = field("n", name)
    is_whole = compared("eq", number, exp.Floor(this=field("n", name)))
    in_units = exp.Mul(this=exp.cast(exp.cast(number.copy(), "bigint"), TYPE), expression=amount(1_000_000))
    scaled = exp.cast(exp.Round(this=exp.Mul(this=number.copy(), expression=real(1e6))), TYPE)
    told = exp.cast(field("a", name), TYPE)
    fits = compared("lte", exp.Abs(this=number.copy()), real(float(LARGEST_AMOUNT)))
    found = exp.Case(ifs=[exp.If(this=is_whole, true=in_units)], default=exp.func("COALESCE", told, scaled))
    return exp.Case(ifs=[exp.If(this=fits, true=found)])


def amount_compared(op: str, total: Sql, value: float | tuple[float, float]) -> Sql:
    """A sum compared as the evaluator compares the float that is nearest to it."""
    low, high = value if isinstance(value, tuple) else (value, value)
    at_least = compared("gte", total, amount(amount_edge(low, above=False)))
    beyond = compared("gte", total.copy(), amount(amount_edge(high, above=True)))
    match op:
        case "between" | "eq":
            return all_true([at_least, no(beyond)])
        case "gte":
            return at_least
        case "gt":
            return beyond
        case "lt":
            return no(at_least)
        case "lte":
            return no(beyond)
        case _:
            raise NotInLake(f"the operator {op} of sums")


def value_key(name: str = CELL) -> Sql:
    """A text that is the same for values that count as one (`tallying.value_of`): texts, numbers to six decimals,
    flags; null for anything else."""
    text_key = exp.DPipe(this=exp.Literal.string("s"), expression=field("s", name))
    flag = exp.DPipe(this=exp.Literal.string("b"), expression=exp.cast(field("b", name), "varchar"))
    exact = exp.DPipe(
        this=exp.DPipe(this=exp.Literal.string("n"), expression=exp.cast(field("n", name), "varchar")),
        expression=exp.func(
            "COALESCE",
            exp.DPipe(this=exp.Literal.string("+"), expression=exp.cast(field("d", name), "varchar")),
            exp.Literal.string(""),
        ),
    )
    near = exp.DPipe(this=exp.Literal.string("a"), expression=exp.cast(amount_of(name), "varchar"))
    return exp.func("COALESCE", text_key, flag, near, exact)


def sorting_key(name: str = CELL) -> Sql:
    """What `tallying.place` sorts a value by: as `value_key`, but of a long text as much as a profile remembers."""
    begins = exp.Substring(
        this=field("s", name), start=exp.Literal.number(1), length=exp.Literal.number(LONG_TEXT)
    )
    rest = exp.DPipe(this=exp.Literal.string("…"), expression=field("h", name))
    is_long = compared("gt", exp.Length(this=field("s", name)), exp.Literal.number(LONG_TEXT))
    end = exp.Case(ifs=[exp.If(this=is_long, true=rest)], default=exp.Literal.string(""))
    told = exp.DPipe(this=exp.DPipe(this=exp.Literal.string("s"), expression=begins), expression=end)
    return exp.func("COALESCE", told, value_key(name))
