"""The contract of `Tasks` over the tables of the emulator."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.adapters.tables.tasks import TasksTable
from kizuna.core.tasks import Outcome, Stage, Task, finished, handed_on, withheld
from tests.support.builders import NOON, a_message
from tests.support.tables import fresh_tables

HOUR = timedelta(hours=1)


@pytest.fixture
def tasks(dynamodb: Any) -> TasksTable:
    if dynamodb is None:
        pytest.skip("these have no fake: the use cases meet them in the local cloud")
    return TasksTable(dynamodb, table=fresh_tables(dynamodb).people)


def a_task(number: int = 1, part: str = "p1", queue: str = "calls") -> Task:
    message = a_message(part, step=f"step-{number}", channel="task", address="u1")
    due = NOON + number * HOUR
    return Task(message.id, part, queue, "win-back", "r1", NOON, due, NOON + 48 * HOUR)


def in_hands(task: Task) -> Task:
    said: dict[str, Any] = {
        "language": "ja",
        "title": "件名",
        "script": "本文\n改行",
        "data": {"number": "+1"},
    }
    return replace(
        task, stage=Stage.CLAIMED, version=task.version + 1, by="anna", until=NOON, changed_at=NOON, **said
    )


def test_a_task_is_put_once_and_comes_back_as_it_is(tasks: TasksTable) -> None:
    task = a_task()
    assert tasks.get("p1", task.id) is None
    assert tasks.put(task) == task
    assert tasks.save(in_hands(task))
    assert tasks.put(task) == in_hands(task)
    assert tasks.get("p1", task.id) == in_hands(task)


def test_every_form_of_a_task_is_kept_whole(tasks: TasksTable) -> None:
    claimed = in_hands(a_task())
    other = handed_on(claimed, by="bert", now=NOON)
    forms = (claimed, other, finished(other, Outcome.ANSWERED, now=NOON))
    tasks.put(a_task())
    for form in (*forms, withheld(forms[-1], reason="objection", now=NOON)):
        assert tasks.save(form)
        assert tasks.get("p1", form.id) == form


def test_of_two_who_save_the_slower_one_is_told_and_the_same_again_is_no_conflict(tasks: TasksTable) -> None:
    task = a_task()
    tasks.put(task)
    mine = in_hands(task)
    assert tasks.save(mine)
    assert tasks.save(mine)
    assert not tasks.save(replace(mine, by="bert"))


def test_a_task_that_nobody_put_is_not_saved(tasks: TasksTable) -> None:
    assert not tasks.save(in_hands(a_task()))


def test_pages_are_of_the_queues_and_stages_that_are_asked_for_in_the_order_of_what_is_due(
    tasks: TasksTable,
) -> None:
    made = [tasks.put(a_task(number, f"p{number % 3}")) for number in range(1, 10)]
    tasks.put(a_task(20, queue="letters"))
    tasks.save(in_hands(made[3]))
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page, after = tasks.page(("calls",), (Stage.OPEN,), after=after, limit=3)
        assert len(page) <= 3
        seen += (each.id for each in page)
    assert seen == [each.id for each in made if each is not made[3]]
    assert [each.id for each in tasks.page(("calls",), (Stage.CLAIMED,))[0]] == [made[3].id]
    assert len(tasks.page(("calls", "letters"), (Stage.OPEN, Stage.CLAIMED), limit=50)[0]) == 10
    assert tasks.page((), (Stage.OPEN,)) == ((), None)
