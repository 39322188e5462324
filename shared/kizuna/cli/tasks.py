"""`kizuna tasks`: what members of staff are to do, who does it, what came of it, and files of it for printers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, assert_never

import typer
from rich.table import Table
from rich.text import Text

from kizuna.cli.actors import ActorOption, who
from kizuna.cli.context import Place, place_of
from kizuna.core.errors import KizunaError
from kizuna.core.tasks import Outcome, Stage, Task, as_it_stands
from kizuna.runtime.desks import task_desk
from kizuna.usecases.tasks.files import csv_of, fill
from kizuna.usecases.tasks.taking import Claim, Held, TaskDesk, Withheld, queues_of
from kizuna.usecases.tasks.taking import claim as claim_task
from kizuna.usecases.tasks.taking import done as finish_task

app = typer.Typer(no_args_is_help=True, help=__doc__)

TaskArgument = Annotated[str, typer.Argument(help="The task's id, which is that of its message.")]
QueueOption = Annotated[str, typer.Option("--queue", help="One queue; all that templates name, if not told.")]


class NotToBeHad(KizunaError):
    """A task that cannot be given to whoever asks for it."""


@app.command(name="list")
def list_tasks(
    context: typer.Context,
    queue: QueueOption = "",
    state: Annotated[Stage, typer.Option("--state", help="Which of them.")] = Stage.OPEN,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="How many.")] = 20,
) -> None:
    """The tasks of a queue, what is due first in front."""
    place = place_of(context)
    wired = place.services
    desk, now = task_desk(wired), wired.now()
    queues = (queue,) if queue else queues_of(wired.catalog.current())
    looked_at = (Stage.OPEN, Stage.WITHHELD) if state is Stage.WITHHELD else (state,)
    found, _ = desk.tasks.page(queues, looked_at, limit=limit)
    rows = [as_it_stands(each, desk.deliverer.messages.get(each.id)) for each in found]
    data = [each.body(now=now) for each in rows if each.stage is state]

    def table() -> Table:
        shown = Table(*_COLUMNS)
        for row in data:
            shown.add_row(*(str(row[name] or "") for name in _COLUMNS))
        return shown

    place.show(data, table)


_COLUMNS = ("id", "queue", "campaign", "state", "dueAt", "claimedBy", "outcome", "reason")


@app.command()
def claim(context: typer.Context, task: TaskArgument, actor: ActorOption = "") -> None:
    """Take a task for half an hour and see what is to be said. The gate is asked again: exit code 1 if it refuses."""
    place = place_of(context)
    wired = place.services
    now = wired.now()
    try:
        found = claim_task(task, _desk(place), wired.catalog.current(), by=who(actor), now=now)
    except KizunaError as error:
        place.fail(error)
    mine = _theirs(found, place)
    data = {**mine.body(now=now), **mine.said()}
    place.show(data, lambda: Text("\n".join((mine.title, mine.script, _lines(mine)))))


@app.command()
def done(
    context: typer.Context,
    task: TaskArgument,
    outcome: Annotated[Outcome, typer.Argument(help="What came of it.")],
    actor: ActorOption = "",
) -> None:
    """Tell what came of a task that you have. `do_not_call` withdraws the person from the channel."""
    place = place_of(context)
    wired = place.services
    now = wired.now()
    try:
        found = finish_task(task, outcome, _desk(place), wired.catalog.current(), by=who(actor), now=now)
    except KizunaError as error:
        place.fail(error)
    finished = _theirs(found, place)
    place.show(finished.body(now=now), lambda: f"{task} is done: {outcome}")


@app.command()
def export(
    context: typer.Context,
    queue: Annotated[str, typer.Argument(help="The queue whose open tasks go into the file.")],
    to: Annotated[Path, typer.Option("--to", help="The file. Its name is that of the batch.")],
    run: Annotated[str, typer.Option("--run", help="Only what one run of a campaign made.")] = "",
    actor: ActorOption = "",
) -> None:
    """Write open tasks into a CSV file for a printer or a dialler. The gate is asked about each who goes in.

    The same name again goes on after a crash, or writes the same file anew with whoever came since; another name
    takes only the others. The file holds personal data.
    """
    place = place_of(context)
    wired = place.services
    try:
        filed = fill(
            to.name, queue, _desk(place), wired.catalog.current(), by=who(actor), now=wired.now, run=run
        )
    except KizunaError as error:
        place.fail(error)
    unfinished = to.with_name(to.name + ".part")
    with unfinished.open("w", encoding="utf-8-sig", newline="") as out:
        out.writelines(csv_of(filed))
    unfinished.replace(to)
    data = {"file": to.name, "tasks": len(filed.tasks), "withheld": dict(filed.withheld)}
    place.show(data, lambda: f"{len(filed.tasks)} tasks are in {to}; withheld: {dict(filed.withheld)}")


def _theirs(found: Claim, place: Place) -> Task:
    """The task; ends with exit code 1 if it is not to be had."""
    match found:
        case Task():
            return found
        case Withheld(reason=reason):
            place.fail(NotToBeHad(f"this person is not to be contacted for it: {reason}"))
        case Held():
            place.fail(NotToBeHad("somebody else has this task, or it is done"))
    assert_never(found)


def _lines(task: Task) -> str:
    return "\n".join(f"{name}: {value}" for name, value in sorted(task.data.items()))


def _desk(place: Place) -> TaskDesk:
    return task_desk(place.services)
