"""Members of staff take tasks and tell what came of them. Nobody is handed a person whom the gate refuses by now.

claim   the gate is asked again, by the way that every message takes ─▶ the message is SENT, the row says what to say
done    the outcome becomes an event, facts of the message and, where the person wants no more, a withdrawal
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.content.own_content import RenderedTask, TaskContent
from kizuna.core.errors import Conflict, NotFound, Unavailable
from kizuna.core.messages import Message, State
from kizuna.core.own_channels import TASK
from kizuna.core.ports import Sender
from kizuna.core.ports.tasks import Tasks
from kizuna.core.reasons import OtherReason
from kizuna.core.tasks import (
    FACTS_OF,
    Outcome,
    Stage,
    Task,
    as_it_stands,
    done_event,
    finished,
    handed_on,
    withheld,
)
from kizuna.usecases.decisions.rejudge import Rejudged, is_stopped, rejudge
from kizuna.usecases.delivery.deliver import Deliverer, deliver
from kizuna.usecases.ingesting.ingest import ingest

Hands = Callable[[Task, str, str, datetime], Sender[RenderedTask]]
"""The sender of one claim: puts what is to be said into the row of a task, for whom, in which file, and when."""


@dataclass(frozen=True, slots=True)
class TaskDesk:
    """The ports of tasks. What `deliverer` sends by is not used: whoever claims is the sender, by `hands`."""

    tasks: Tasks
    deliverer: Deliverer
    hands: Hands
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Withheld:
    """The task is not to be done (any more, or not yet), and why."""

    task: Task
    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody else has the task, or had it."""

    task: Task


Claim = Task | Withheld | Held


def queues_of(catalog: Catalog) -> tuple[str, ...]:
    """The queues that the templates in force put tasks on."""
    return tuple(
        sorted(
            {
                content.queue
                for template in catalog.templates.values()
                for content in template.languages.values()
                if isinstance(content, TaskContent)
            }
        )
    )


def claim(task_id: str, on: TaskDesk, catalog: Catalog, *, by: str, now: datetime, file: str = "") -> Claim:
    """Put a task into somebody's hands for half an hour; or, with the name of a file, into that file for good.

    Exclusive: of many who claim at once one gets it, for the message is claimed in one guarded transaction with the
    person's consent. Claiming what one has gives it for longer. A crash leaves the task on the list (the message goes
    back when its lease is over), or in the hands of whoever claimed it, who finds it by claiming again. Raises
    NotFound for no task, Conflict while the person or the task keeps changing, Unavailable.
    """
    message, task = _found(task_id, on)
    if task.stage is Stage.OPEN and message.state is State.PENDING:
        hands = on.hands(task, by, file, now)
        deliver(message.id, replace(on.deliverer, senders={TASK: hands}), catalog, now=now, at_once=True)
        message, task = _found(task_id, on)
    match as_it_stands(task, message):
        case Task(stage=Stage.OPEN):
            raise Conflict(f"task {task_id} cannot be taken at this moment")
        case Task(stage=Stage.WITHHELD) as refused:
            if task.stage is Stage.OPEN and message.state is not State.DEFERRED:
                on.tasks.save(withheld(task, reason=refused.reason, now=now))
            return Withheld(refused, refused.reason)
        case Task(stage=Stage.FILED):
            return task if file and task.file == file else Held(task)
        case Task(stage=Stage.CLAIMED) if file or (task.by != by and task.is_held(now=now)):
            return Held(task)
        case Task(stage=Stage.CLAIMED):
            mine = task.by == by and task.changed_at == now  # the call of this very moment
            return task if mine else _taken_over(task, message, on, catalog, by=by, now=now)
        case Task():  # done: nobody takes it again
            return Held(task)


def _found(task_id: str, on: TaskDesk) -> tuple[Message, Task]:
    message = on.deliverer.messages.get(task_id)
    task = on.tasks.get(message.person, task_id) if message and message.channel == TASK else None
    if message is None or task is None:
        raise NotFound(f"there is no task {task_id}")
    return message, task


def _taken_over(
    task: Task, message: Message, on: TaskDesk, catalog: Catalog, *, by: str, now: datetime
) -> Claim:
    """A claimed task for longer, or in other hands: never on an old answer of the gate."""
    reason = _refusal(message, on, catalog, now=now)
    if reason is not None:
        refused = withheld(task, reason=reason, now=now)
        if on.tasks.save(refused):
            on.deliverer.messages.add_fact(message.id, "withdrawn", now)
            return Withheld(refused, reason)
    else:
        mine = handed_on(task, by=by, now=now)
        if on.tasks.save(mine):
            return mine
    raise Conflict(f"task {task.id}: somebody is at it")


def _refusal(message: Message, on: TaskDesk, catalog: Catalog, *, now: datetime) -> str | None:
    if is_stopped(message, catalog):
        return str(OtherReason.CAMPAIGN_STOPPED)
    if message.expires_at is not None and now >= message.expires_at:
        return str(OtherReason.EXPIRED)
    ports = on.deliverer
    again = rejudge(
        message, people=ports.people, ledger=ports.ledger, messages=ports.messages, catalog=catalog, now=now
    )
    if not isinstance(again, Rejudged):
        return str(again)
    if ports.walks is not None and ports.walks.why_left(message, again.profile.parts) is not None:
        return str(OtherReason.LEFT_JOURNEY)
    return None if again.judgement.word == "allow" else str(again.judgement.reason)


def done(
    task_id: str, outcome: Outcome, on: TaskDesk, catalog: Catalog, *, by: str, now: datetime
) -> Task | Held:
    """Record what came of a task that somebody has; also when their time is over, as long as nobody else took it.

    The event goes first, for in it is what the person wants: a crash leaves the task claimed, and telling the same
    again counts once. Raises NotFound for no task, Conflict if it changed meanwhile, Unavailable.
    """
    message, task = _found(task_id, on)
    is_theirs = task.by == by and (task.stage, task.outcome) in ((Stage.CLAIMED, None), (Stage.DONE, outcome))
    if not is_theirs:
        return Held(task)
    ports = on.deliverer
    event = done_event(task, message, outcome, now=now)
    told = ingest(
        [event], people=ports.people, ledger=ports.ledger, catalog=catalog, now=now, new_id=on.new_id
    )
    if told.left_over:
        raise Unavailable(f"task {task_id}: what came of it was not recorded")
    for fact in FACTS_OF[outcome]:
        ports.messages.add_fact(message.id, fact, now)
    if task.stage is Stage.DONE:
        return task
    after = finished(task, outcome, now=now)
    if not on.tasks.save(after):
        raise Conflict(f"task {task_id}: somebody is at it")
    return after
