"""A file of tasks for a printer or a dialler: every person in it was judged at the moment they were put in.

Each task belongs to one file, by its name, for good. The file is written from the rows that say so: asking for it
again, after a crash or for a lost copy, gives the same people in the same order, and whoever came since besides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from kizuna.core.catalog import Catalog
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import Conflict, NotFound
from kizuna.core.files.csv_safety import Dialled, csv_line
from kizuna.core.ports.tasks import Tasks
from kizuna.core.tasks import Stage, Task
from kizuna.usecases.tasks.taking import Held, TaskDesk, Withheld, claim

COLUMNS = ("task", "campaign", "run", "language", "due", "title", "text")
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Filed:
    """A file: its tasks, what is due first in front; and why others of the queue are not in it, this time."""

    name: str
    tasks: tuple[Task, ...]
    withheld: Mapping[str, int] = field(default_factory=dict)


def fill(
    name: str,
    queue: str,
    on: TaskDesk,
    catalog: Catalog,
    *,
    by: str,
    now: Callable[[], datetime],
    run: str = "",
) -> Filed:
    """Put every open task of a queue (and, if told, of a run) into the file of this name, after asking the gate.

    What is put in is SENT, one by one: a crash leaves some of them in it, and asking again goes on. Tasks that are in
    somebody's hands stay there. Raises Unavailable.
    """
    inside = {task.id: task for task in _all(queue, Stage.FILED, on.tasks) if task.file == name}
    refused: Counter[str] = Counter()
    for task in _all(queue, Stage.OPEN, on.tasks):
        if run and task.run != run:
            continue
        try:
            found = claim(task.id, on, catalog, by=by, now=now(), file=name)
        except (Conflict, NotFound):
            refused["busy"] += 1
            continue
        match found:
            case Task():
                inside[found.id] = found
            case Withheld(reason=reason):
                refused[reason] += 1
            case Held():
                refused["busy"] += 1
            case _:
                assert_never(found)
    ordered = sorted(inside.values(), key=lambda task: (task.due_at, task.id))
    return Filed(name, tuple(ordered), dict(refused))


def _all(queue: str, stage: Stage, tasks: Tasks) -> Iterator[Task]:
    after: str | None = ""
    while after is not None:
        page, after = tasks.page((queue,), (stage,), after=after, limit=_PAGE)
        yield from page


def csv_of(filed: Filed) -> Iterator[str]:
    """The file, line by line: the columns of every task, then those of their `data` by name."""
    extra = sorted({column for task in filed.tasks for column in task.data})
    yield csv_line((*COLUMNS, *extra))
    for task in filed.tasks:
        told = (task.id, task.campaign, task.run, task.language, instant_to_text(task.due_at))
        yield csv_line((*told, task.title, task.script, *(_cell(task.data.get(each)) for each in extra)))


def _cell(value: str | None) -> str | None:
    """A number to be dialled keeps its plus sign."""
    try:
        return Dialled(value) if value else value
    except ValueError:
        return value
