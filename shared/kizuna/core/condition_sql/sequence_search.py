"""What every way of looking for a sequence shares: which row may be a step, and how far it reaches."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC

from sqlglot import exp

from kizuna.core.condition_sql import calendars
from kizuna.core.condition_sql.amounts import amount
from kizuna.core.condition_sql.clocks import is_endless
from kizuna.core.condition_sql.sequence_rows import (
    AT,
    FAR,
    Asked,
    Tables,
    flag_of,
    last_at,
    now_of,
    row_tables,
)
from kizuna.core.condition_sql.terms import Sql, any_true, column, compared, whole
from kizuna.core.conditions.sequences import Step
from kizuna.core.durations import Duration


@dataclass(slots=True)
class Happens:
    """A step that happens, with the steps that must not follow it."""

    number: int
    step: Step
    nots: list[tuple[int, Step]] = field(default_factory=list)


class Search:
    """One sequence, its steps, and the rows in which it is looked for."""

    def __init__(self, asked: Asked, steps: list[Happens]) -> None:
        self.asked = asked
        self.steps = steps
        self.columns = {path: f"v{number}" for number, path in enumerate(asked.leaf.columns)}

    def rows(self) -> Tables:
        return row_tables(self.asked, self.columns)

    def may_be(self, happens: Happens, table: str) -> list[Sql]:
        return [column(flag_of(happens.number), table), column("inside", table)]

    def deadline(self, within: Duration, table: str) -> Sql:
        """The last place that is at most so long after a row."""
        if is_endless(within):
            return amount(FAR)
        return last_at(calendars.shifted(column(AT, table), within, 1, UTC, now=self.asked.now))

    def is_over(self, within: Duration, table: str) -> Sql:
        if is_endless(within):
            return exp.false()
        end = calendars.shifted(column(AT, table), within, 1, UTC, now=self.asked.now)
        return compared("lte", end, whole(now_of(self.asked)))

    def unharmed(self, happens: Happens, table: str) -> list[Sql]:
        """Each time in which something must not follow is over, and it did not; after the last step ever."""
        parts: list[Sql] = []
        for number, never in happens.nots:
            follower = column(follower_of(number), table)
            none = exp.Is(this=follower, expression=exp.null())
            if never.within is not None:
                later = compared("gt", follower.copy(), self.deadline(never.within, table))
                parts += [self.is_over(never.within, table), any_true([none, later])]
            elif happens is self.steps[-1]:
                parts.append(none)
        return parts

    def reach(self, happens: Happens, following: Happens, table: str) -> Sql:
        """The last place at which the following step may lie."""
        within = following.step.within
        ends = [] if within is None else [self.deadline(within, table)]
        if not self.asked.leaf.strict:
            ends += [
                exp.func("COALESCE", column(follower_of(number), table), amount(FAR))
                for number, never in happens.nots
                if never.within is None
            ]
        nearest = ends[0] if ends else amount(FAR)
        for end in ends[1:]:
            nearest = exp.Case(
                ifs=[exp.If(this=compared("lt", end, nearest), true=end.copy())], default=nearest.copy()
            )
        return nearest


def follower_of(number: int) -> str:
    """The column with the place at which a step that must not follow next is."""
    return f"f{number}"
