"""Tasks: messages that a member of staff brings to a person, by telephone, in a shop, or by letter.

    open ── claimed by somebody, the gate allows ──▶ claimed ── done, with an outcome ──▶ done
      │                                                 │ lease over: anybody may claim it, the gate is asked again
      │                                                 └ the gate refuses ──▶ withheld
      └── put into a file, the gate allows each ──▶ filed

An open task says nothing yet: what is to be said is written at the moment somebody takes it, from what is known then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from kizuna.core.content.own_content import RenderedTask
from kizuna.core.durations import instant_to_text
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.feedback import DO_NOT_CALL, TASK_DONE
from kizuna.core.messages import Message, State
from kizuna.core.own_channels import TASK

TASKS = Source("tasks", SourceKind.SYSTEM)
LEASE = timedelta(minutes=30)  # of a claim: a call with what comes before and after it
KEPT = timedelta(days=90)  # after its time is over; the message itself is kept


class Stage(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    DONE = "done"
    FILED = "filed"  # it went out in a file, to be printed
    WITHHELD = "withheld"


class Outcome(StrEnum):
    """What came of a task, in the words of whoever did it."""

    REACHED = "reached"  # the person heard it
    ANSWERED = "answered"  # and said yes, or asked for more
    NOT_REACHED = "not_reached"
    WRONG_ADDRESS = "wrong_address"  # somebody else, or nobody, is there
    DO_NOT_CALL = "do_not_call"  # the person wants no more of this


FACTS_OF: Mapping[Outcome, tuple[str, ...]] = {
    Outcome.REACHED: ("delivered", "opened"),
    Outcome.ANSWERED: ("delivered", "opened", "clicked"),
    Outcome.NOT_REACHED: (),
    Outcome.WRONG_ADDRESS: ("bounced",),
    Outcome.DO_NOT_CALL: ("delivered", "opened"),
}
"""What each outcome says about the message, in the facts that every channel shares."""


@dataclass(frozen=True, slots=True)
class Task:
    """A row of the list. `part` is the profile id in whose partition it lies, `id` that of the message.

    `by` has it, until `until`; of a task in a file `by` is who made the file, and `file` its name. `reason` says why
    it is withheld. What is to be said is empty while it is open.
    """

    id: str
    part: str
    queue: str
    campaign: str
    run: str
    at: datetime
    due_at: datetime
    expires_at: datetime
    stage: Stage = Stage.OPEN
    version: int = 1
    by: str = ""
    until: datetime | None = None
    file: str = ""
    outcome: Outcome | None = None
    changed_at: datetime | None = None
    reason: str = ""
    language: str = ""
    title: str = ""
    script: str = ""
    data: Mapping[str, str] = field(default_factory=dict)

    def is_held(self, *, now: datetime) -> bool:
        """Whether somebody has it at this moment."""
        return self.stage is Stage.CLAIMED and self.until is not None and now < self.until

    def body(self, *, now: datetime) -> dict[str, Any]:
        """As the API gives it. A claim whose time is over is shown as open: anybody may take it."""
        free = self.stage is Stage.CLAIMED and not self.is_held(now=now)
        return {
            "id": self.id,
            "person": self.part,
            "queue": self.queue,
            "campaign": self.campaign,
            "run": self.run,
            "state": str(Stage.OPEN if free else self.stage),
            "at": instant_to_text(self.at),
            "dueAt": instant_to_text(self.due_at),
            "expiresAt": instant_to_text(self.expires_at),
            "claimedBy": self.by if self.stage in (Stage.CLAIMED, Stage.DONE) and not free else None,
            "claimedUntil": instant_to_text(self.until) if self.until and self.is_held(now=now) else None,
            "file": self.file or None,
            "outcome": str(self.outcome) if self.outcome else None,
            "reason": self.reason or None,
        }

    def said(self) -> dict[str, Any]:
        """What whoever has it needs beside."""
        return {
            "language": self.language,
            "title": self.title,
            "script": self.script,
            "data": dict(self.data),
        }


def opened(message: Message, content: RenderedTask) -> Task:
    """The row of a message that waits for somebody; the longest that one may wait is what its campaign allows."""
    ends = message.expires_at or content.due.after(message.created_at)
    return Task(
        id=message.id,
        part=message.person,
        queue=content.queue,
        campaign=message.campaign,
        run=message.run,
        at=message.created_at,
        due_at=min(content.due.after(message.created_at), ends),
        expires_at=ends,
    )


def taken(task: Task, content: RenderedTask, *, by: str, file: str, now: datetime) -> Task:
    """The task with what is to be said, in somebody's hands; or, with a name, in a file."""
    return replace(
        task,
        stage=Stage.FILED if file else Stage.CLAIMED,
        version=task.version + 1,
        by=by,
        until=None if file else now + LEASE,
        file=file,
        changed_at=now,
        reason="",
        language=content.language,
        title=content.title,
        script=content.script,
        data=dict(content.data),
    )


def handed_on(task: Task, *, by: str, now: datetime) -> Task:
    """A claimed task in the hands of somebody else, or for longer in the same."""
    return replace(task, version=task.version + 1, by=by, until=now + LEASE, changed_at=now)


def withheld(task: Task, *, reason: str, now: datetime) -> Task:
    """The task off the list. What was to be said is forgotten with it."""
    return replace(
        task,
        stage=Stage.WITHHELD,
        version=task.version + 1,
        by="",
        until=None,
        changed_at=now,
        reason=reason,
        language="",
        title="",
        script="",
        data={},
    )


def finished(task: Task, outcome: Outcome, *, now: datetime) -> Task:
    return replace(
        task, stage=Stage.DONE, version=task.version + 1, until=None, outcome=outcome, changed_at=now
    )


_OVER = frozenset({State.DENIED, State.EXPIRED, State.FAILED})


def as_it_stands(task: Task, message: Message | None) -> Task:
    """An open task as the state of its message makes it: what was let go elsewhere is no work for anybody."""
    if task.stage is not Stage.OPEN:
        return task
    if message is None:
        return replace(task, stage=Stage.WITHHELD, reason="erased")
    waits = message.state is State.DEFERRED
    if message.state in _OVER or waits:
        return replace(task, stage=Stage.WITHHELD, reason=message.reason)
    return task


def done_event(task: Task, message: Message, outcome: Outcome, *, now: datetime) -> Event:
    """What became of a task, in the timeline of its person: once for each outcome that was told."""
    return Event(
        type="track",
        id=f"task-{outcome}-{task.id}",
        source=TASKS,
        at=now,
        received_at=now,
        name=TASK_DONE,
        properties={
            "message_id": message.id,
            "campaign": message.campaign,
            "channel": TASK,
            "topic": message.topic,
            "queue": task.queue,
            "outcome": str(outcome),
            DO_NOT_CALL: outcome is Outcome.DO_NOT_CALL,
        },
        profile_id=message.person,
    )
