"""Rows that meet by a person and the values of joins, in their order: one window over both, and no pair of them.

    ends of the steps so far   person, values, place, how far they reach   ┐ one after the other by place;
    rows that may come next    person, values, place                       ┘ at the same place the row first

So a row never meets itself, and the work grows with the number of events, whatever one person did with one value.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many

from sqlglot import exp

from kizuna.core.condition_sql.sequence_rows import PLACE
from kizuna.core.condition_sql.terms import Sql, all_true, column, compared, no, whole

SIDE, ROW, END = "side", 0, 1
MET = "met"  # what the window tells
BOTH = "pair"


def met(
    ends: str,
    rows: str,
    *,
    keys: Many[tuple[str, str]],
    of_ends: Mapping[str, Sql],
    of_rows: Mapping[str, Sql],
    among: Sql,
    window: Sql,
    looks_back: bool,
) -> exp.Select:
    """Ends and rows in one, each with what `window` tells of those of the same person and the same values before it
    or, unless it `looks_back`, behind it. `keys` are columns of ends and of rows that must be equal, `among` chooses
    rows, and both sides have columns of the same names."""
    by = [f"k{number}" for number in range(len(keys))]
    told = [(END, ends, of_ends, [end for end, _ in keys]), (ROW, rows, of_rows, [row for _, row in keys])]
    sides = []
    for side, table, columns, own in told:
        kept = [column("person", table), column(PLACE, table), exp.alias_(whole(side), SIDE)]
        kept += [exp.alias_(column(key, table), name) for name, key in zip(by, own, strict=True)]
        kept += [exp.alias_(value, name) for name, value in columns.items()]
        sides.append(exp.select(*kept).from_(table))
    # What has no value is equal to nothing, and a window would put it beside its like.
    valued = [no(exp.Is(this=column(row, rows), expression=exp.null())) for _, row in keys]
    both = exp.union(sides[0], sides[1].where(all_true([among, *valued])), distinct=False)
    over = exp.Window(
        this=window,
        partition_by=[column(name, BOTH) for name in ("person", *by)],
        order=exp.Order(
            expressions=[
                exp.Ordered(this=column(PLACE, BOTH), nulls_first=False),
                exp.Ordered(this=column(SIDE, BOTH), nulls_first=False),
            ]
        ),
        spec=_spec(looks_back=looks_back),
    )
    own_names = ["person", PLACE, SIDE, *of_ends]
    return exp.select(*(column(name, BOTH) for name in own_names), exp.alias_(over, MET)).from_(
        both.subquery(BOTH)
    )


def of_both(name: str) -> Sql:
    """A column of both sides, for the window."""
    return column(name, BOTH)


def is_row(table: str) -> Sql:
    return compared("eq", column(SIDE, table), whole(ROW))


def is_end(table: str) -> Sql:
    return compared("eq", column(SIDE, table), whole(END))


def nothing(kind: str) -> Sql:
    """In the place of a column that only the other side has."""
    return exp.cast(exp.null(), kind)


def _spec(*, looks_back: bool) -> exp.WindowSpec:
    one = exp.Literal.number(1)
    if looks_back:
        return exp.WindowSpec(
            kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end=one, end_side="PRECEDING"
        )
    return exp.WindowSpec(
        kind="ROWS", start=one, start_side="FOLLOWING", end="UNBOUNDED", end_side="FOLLOWING"
    )
