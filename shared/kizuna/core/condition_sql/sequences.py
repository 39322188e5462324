"""Sequences (`conditions.sequence_meaning`): who did things in an order, and what did not follow.

    told ─▶ rows   one row for each event that may be a step, numbered in the order of the person's events
    rows ─▶ a step follows another in one more column at a time; each row knows how far the steps before it reach

A row has a place `n`, its millisecond and its number within the person as one figure. A step reaches as far as the
next may lie: up to a place. Whether some row before reaches here is then the largest such place of all rows before,
which engines keep while they go over the rows of a person once. Where steps are joined by a property, rows are joined
instead: each with those of the same person and the same values.
"""

from __future__ import annotations

from kizuna.core.condition_sql.sequence_chained import Chained
from kizuna.core.condition_sql.sequence_joined import Joined
from kizuna.core.condition_sql.sequence_rows import Asked, Tables
from kizuna.core.condition_sql.sequence_search import Happens


def sequence_tables(asked: Asked) -> Tables:
    """The tables of one sequence, each made of those before it. The last, of its name, has a row for everybody who
    did it."""
    steps: list[Happens] = []
    for number, step in enumerate(asked.leaf.sequence):
        if step.event is not None:
            steps.append(Happens(number, step))
        else:
            steps[-1].nots.append((number, step))
    is_joined = any(step.join for step in asked.leaf.sequence)
    return Joined(asked, steps).tables() if is_joined else Chained(asked, steps).tables()
