"""Sequences whose steps are joined by the values of properties.

A row that follows others needs to know only whether one of them reaches here: `sequence_meetings` tells that in one
pass. Where a later step asks for a value that neither this row nor its own join holds (a step that is not joined lies
between), the row stands once for each such value, and rows are joined in pairs: no more of them than the person's
rows times their values. The same goes for `strict`, where each row has but one before it.
"""

from __future__ import annotations

from collections.abc import Sequence as Many

from sqlglot import exp

from kizuna.core.condition_sql.amounts import TYPE
from kizuna.core.condition_sql.sequence_meetings import BOTH, MET, is_end, is_row, met, nothing, of_both
from kizuna.core.condition_sql.sequence_rows import AT, NUMBER, PLACE, Tables, flag_of
from kizuna.core.condition_sql.sequence_search import Happens, Search, follower_of
from kizuna.core.condition_sql.terms import Sql, all_true, column, compared
from kizuna.core.conditions.sequences import Step

_TEXT = "varchar"  # what the value of a join is


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
        name = f"{self.asked.name}_s{step.number}"
        own = self._own(step)
        if own is not None and not self.asked.leaf.strict:
            tables.append((f"{name}_m", self._meeting(rows, ends, before, last, step, own)))
            chosen = self._reached(f"{name}_m", own)
            return self._without_followers(tables, rows, name, chosen, self._bound(step), step)
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
        return self._without_followers(tables, rows, name, chosen, bound, step)

    def _own(self, happens: Happens) -> dict[str, str] | None:
        """What later steps must equal, by columns of the row itself: told by it, or joined by it. None if one of them
        is neither."""
        joined = {other: self.columns[own] for own, other in happens.step.join.items()}
        found: dict[str, str] = {}
        for name, alias in self._bound(happens).items():
            step, _, path = name.partition(".")
            held = self.columns[path] if step == happens.step.as_ else joined.get(name)
            if held is None:
                return None
            found[alias] = held
        return found

    def _meeting(
        self,
        rows: str,
        ends: str,
        before: dict[str, str],
        last: Happens,
        step: Happens,
        own: dict[str, str],
    ) -> exp.Select:
        """The ends of the steps so far, and the rows that may be this step, which see how far those reach."""
        return met(
            ends,
            rows,
            keys=self._keys(step.step, before),
            of_ends={
                **{name: column(name, ends) for name in (AT, NUMBER)},
                "reach": self.reach(last, step, ends),
                **{alias: nothing(_TEXT) for alias in own},
            },
            of_rows={
                **{name: column(name, rows) for name in (AT, NUMBER)},
                "reach": nothing(TYPE),
                **{alias: column(held, rows) for alias, held in own.items()},
            },
            among=all_true(self.may_be(step, rows)),
            window=exp.Max(this=of_both("reach")),
            looks_back=True,
        )

    @staticmethod
    def _reached(table: str, own: dict[str, str]) -> exp.Select:
        kept = [column(name, table) for name in ("person", AT, NUMBER, PLACE, *own)]
        reached = compared("gte", column(MET, table), column(PLACE, table))
        return exp.select(*kept).from_(table).where(all_true([is_row(table), reached]))

    def _keys(self, step: Step, bound: dict[str, str]) -> list[tuple[str, str]]:
        """Columns of the steps so far, and of a row, which must be equal."""
        return [(bound[other], self.columns[own]) for own, other in step.join.items()]

    def _without_followers(
        self, tables: Tables, rows: str, name: str, chosen: exp.Select, bound: dict[str, str], step: Happens
    ) -> tuple[str, dict[str, str]]:
        """Those of the rows that nothing follows which must not, each with where it may at last be followed."""
        tables.append((name, chosen))
        for number, never in step.nots:
            own = [each.alias_or_name for each in tables[-1][1].expressions]
            meeting, following = f"{name}_{number}_m", f"{name}_{number}"
            tables.append((meeting, self._followed(rows, name, never, number, bound, own)))
            kept = [column(each, meeting) for each in own]
            told = exp.select(*kept, exp.alias_(column(MET, meeting), follower_of(number)))
            tables.append((following, told.from_(meeting).where(is_end(meeting))))
            name = following
        harms = self.unharmed(step, name)
        if not harms:
            return name, bound
        own = [column(each.alias_or_name, name) for each in tables[-1][1].expressions]
        tables.append((f"{name}_u", exp.select(*own).from_(name).where(all_true(harms))))
        return f"{name}_u", bound

    def _followed(
        self, rows: str, ends: str, never: Step, number: int, bound: dict[str, str], own: Many[str]
    ) -> exp.Select:
        """Those ends and the rows that must not follow, the ends with the place of the next such row."""
        kept = [name for name in own if name not in ("person", PLACE)]
        held = {AT: column(AT, rows), NUMBER: column(NUMBER, rows)}
        kinds = {name: _TEXT if name in bound.values() else TYPE for name in kept}
        return met(
            ends,
            rows,
            keys=self._keys(never, bound),
            of_ends={name: column(name, ends) for name in kept},
            of_rows={name: held[name] if name in held else nothing(kinds[name]) for name in kept},
            among=column(flag_of(number), rows),
            window=exp.Min(this=exp.Case(ifs=[exp.If(this=is_row(BOTH), true=of_both(PLACE))])),
            looks_back=False,
        )

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
