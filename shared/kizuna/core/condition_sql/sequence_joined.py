"""Sequences whose steps are joined by the values of properties."""

from __future__ import annotations

from collections.abc import Sequence as Many

from sqlglot import exp

from kizuna.core.condition_sql.sequence_rows import AT, NUMBER, PLACE, Tables, flag_of
from kizuna.core.condition_sql.sequence_search import Happens, Search, follower_of
from kizuna.core.condition_sql.terms import Sql, all_true, column, compared
from kizuna.core.conditions.sequences import Step


class Joined(Search):
    """Steps that are joined by properties: rows meet those of the same person with the same values."""

    def tables(self) -> Tables:
        tables = self.rows()
        rows = tables[-1][0]
        ends, bound = self._started(tables, rows)
        for last, step in zip(self.steps, self.steps[1:], strict=False):
            ends, bound = self._stepped(tables, rows, ends, bound, last, step)
        person = column("person", ends)
        tables.append((self.asked.name, exp.select(person).distinct().from_(ends)))
        return tables

    def _started(self, tables: Tables, rows: str) -> tuple[str, dict[str, str]]:
        first = self.steps[0]
        bound = self._bound(first)
        kept = [self._kept(rows), *([self._value(name, rows, {}, "", first) for name in bound])]
        chosen = exp.select(*_flat(kept)).from_(rows).where(all_true(self.may_be(first, rows)))
        return self._without_followers(tables, rows, f"{self.asked.name}_s0", chosen, bound, first)

    def _stepped(
        self, tables: Tables, rows: str, ends: str, before: dict[str, str], last: Happens, step: Happens
    ) -> tuple[str, dict[str, str]]:
        bound = self._bound(step)
        kept = [self._kept(rows), *([self._value(name, rows, before, ends, step) for name in bound])]
        if self.asked.leaf.strict:
            next_one = exp.Add(this=column(NUMBER, ends), expression=exp.Literal.number(1))
            follows = compared("eq", column(NUMBER, rows), next_one)
        else:
            follows = compared("gt", column(PLACE, rows), column(PLACE, ends))
        reaches = compared("lte", column(PLACE, rows), self.reach(last, step, ends))
        same = [compared("eq", column("person", rows), column("person", ends))]
        same += self._equal(step.step, rows, before, ends)
        chosen = (
            exp.select(*_flat(kept))
            .distinct()
            .from_(ends)
            .join(rows, on=all_true([*same, follows]))
            .where(all_true([*self.may_be(step, rows), reaches]))
        )
        name = f"{self.asked.name}_s{step.number}"
        return self._without_followers(tables, rows, name, chosen, bound, step)

    def _without_followers(
        self, tables: Tables, rows: str, name: str, chosen: exp.Select, bound: dict[str, str], step: Happens
    ) -> tuple[str, dict[str, str]]:
        """Those of the rows that nothing follows which must not, each with where it may at last be followed."""
        tables.append((name, chosen))
        for number, never in step.nots:
            own = [column(each.alias_or_name, name) for each in tables[-1][1].expressions]
            same = [
                compared("eq", column("person", rows), column("person", name)),
                *self._equal(never, rows, bound, name),
                compared("gt", column(PLACE, rows), column(PLACE, name)),
                column(flag_of(number), rows),
            ]
            next_one = exp.alias_(exp.Min(this=column(PLACE, rows)), follower_of(number))
            following = f"{name}_{number}"
            told = exp.select(*own, next_one).from_(name).join(rows, on=all_true(same), join_type="left")
            tables.append((following, told.group_by(*(each.copy() for each in own))))
            name = following
        harms = self.unharmed(step, name)
        if not harms:
            return name, bound
        own = [column(each.alias_or_name, name) for each in tables[-1][1].expressions]
        tables.append((f"{name}_u", exp.select(*own).from_(name).where(all_true(harms))))
        return f"{name}_u", bound

    @staticmethod
    def _kept(rows: str) -> list[Sql]:
        return [column(name, rows) for name in ("person", AT, NUMBER, PLACE)]

    def _bound(self, happens: Happens) -> dict[str, str]:
        """What later steps must equal, known after this one, and its columns."""
        sequence = self.asked.leaf.sequence
        known = {step.as_ for step in sequence[: happens.number + 1] if step.as_}
        later = {other for step in sequence[happens.number + 1 :] for other in step.join.values()}
        names = sorted(name for name in later if name.partition(".")[0] in known)
        return {name: f"b{number}" for number, name in enumerate(names)}

    def _value(self, name: str, rows: str, before: dict[str, str], ends: str, happens: Happens) -> list[Sql]:
        """What a later step must equal: a value of this row, or one that was bound before."""
        step, _, path = name.partition(".")
        told = column(self.columns[path], rows) if step == happens.step.as_ else column(before[name], ends)
        return [exp.alias_(told, self._bound(happens)[name])]

    def _equal(self, step: Step, rows: str, bound: dict[str, str], ends: str) -> list[Sql]:
        return [
            compared("eq", column(self.columns[own], rows), column(bound[other], ends))
            for own, other in step.join.items()
        ]


def _flat(parts: Many[Many[Sql]]) -> list[Sql]:
    return [each for part in parts for each in part]
