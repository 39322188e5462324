"""Sequences whose steps are joined by nothing."""

from __future__ import annotations

from sqlglot import exp

from kizuna.core.condition_sql.sequence_rows import PLACE, Tables, flag_of
from kizuna.core.condition_sql.sequence_search import Search, follower_of
from kizuna.core.condition_sql.terms import Sql, all_true, column, compared


class Chained(Search):
    """Steps that are joined by nothing: one pass over the rows of each person, in their order."""

    def tables(self) -> Tables:
        tables = self.rows()
        name = self._with_followers(tables)
        last = self.steps[0]
        reached = all_true([*self.may_be(last, name), *self.unharmed(last, name)])
        for number, step in enumerate(self.steps[1:], 1):
            reach = exp.Case(ifs=[exp.If(this=reached, true=self.reach(last, step, name))])
            following = f"{self.asked.name}_{number}"
            tables.append(
                (
                    following,
                    self._and(
                        tables[-1], _farthest(reach, name, strict=self.asked.leaf.strict), f"r{number}"
                    ),
                )
            )
            name = following
            far = compared("gte", column(f"r{number}", name), column(PLACE, name))
            reached = all_true([*self.may_be(step, name), far, *self.unharmed(step, name)])
            last = step
        person = column("person", name)
        tables.append((self.asked.name, exp.select(person).distinct().from_(name).where(reached)))
        return tables

    def _with_followers(self, tables: Tables) -> str:
        """For each step that must not be: where it next is."""
        name = tables[-1][0]
        found = {}
        for happens in self.steps:
            for number, _ in happens.nots:
                here = exp.Case(ifs=[exp.If(this=column(flag_of(number), name), true=column(PLACE, name))])
                found[follower_of(number)] = _over(
                    exp.Min(this=here), name, "1", "UNBOUNDED", side="FOLLOWING"
                )
        if not found:
            return name
        following = f"{self.asked.name}_f"
        select = tables[-1][1]
        kept = [column(each.alias_or_name, name) for each in select.expressions]
        told = exp.select(*kept, *(exp.alias_(window, alias) for alias, window in found.items())).from_(name)
        tables.append((following, told))
        return following

    @staticmethod
    def _and(table: tuple[str, exp.Select], window: Sql, alias: str) -> exp.Select:
        name, select = table
        kept = [column(each.alias_or_name, name) for each in select.expressions]
        return exp.select(*kept, exp.alias_(window, alias)).from_(name)


def _farthest(reach: Sql, table: str, *, strict: bool) -> Sql:
    """How far the rows before reach; with `strict` the row just before."""
    start = "1" if strict else "UNBOUNDED"
    return _over(exp.Max(this=reach), table, start, "1", side="PRECEDING")


def _over(aggregate: Sql, table: str, start: str, end: str, *, side: str) -> Sql:
    ends = [exp.Literal.number(each) if each.isdecimal() else each for each in (start, end)]
    return exp.Window(
        this=aggregate,
        partition_by=[column("person", table)],
        order=exp.Order(expressions=[exp.Ordered(this=column(PLACE, table), nulls_first=False)]),
        spec=exp.WindowSpec(kind="ROWS", start=ends[0], start_side=side, end=ends[1], end_side=side),
    )
