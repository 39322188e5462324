"""Tasks of call centres and shops: `/admin/tasks`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from kizuna.apidocs.json_schemas import json_schemas
from kizuna.apidocs.management_parts import managed, not_of_the_role
from kizuna.apidocs.operations import JSON, Body, Operation, Parameter, Reply, problem, ref
from kizuna.apidocs.reply_parts import Shape
from kizuna.core.bus_events import Instant
from kizuna.core.tasks import Outcome, Stage
from kizuna.usecases.tasks.desk import PAGE_MOST, TaskDone

_ID = "mq3f7x2ovk5c4ydn6tguwzraej"
_TEXT = {"type": "string"}
_TASK = Parameter("task", "path", "Its id, which is that of its message.", _TEXT, _ID)
_STAFF_ALONE = not_of_the_role("needs one of the roles staff")
_ROW: dict[str, Any] = {
    "id": _ID,
    "person": "p0d1h6k2m4n8q",
    "queue": "calls",
    "campaign": "win-back-call",
    "run": "-",
    "state": "open",
    "at": "2026-11-22T12:00:00.000Z",
    "dueAt": "2026-11-22T16:00:00.000Z",
    "expiresAt": "2026-11-24T12:00:00.000Z",
    "claimedBy": None,
    "claimedUntil": None,
    "file": None,
    "outcome": None,
    "reason": None,
}
_MINE = {**_ROW, "state": "claimed", "claimedBy": "anna", "claimedUntil": "2026-11-22T13:30:00.000Z"}
_SAID = {
    "language": "en",
    "title": "Ask Ada",
    "script": "Hello Ada, how was it?",
    "data": {"number": "+12025550123"},
}


class TaskRow(Shape):
    """A task as everybody may see it who reads: nothing of what is to be said."""

    id: str
    person: str = Field(description="The profile id that it was decided for.")
    queue: str
    campaign: str
    run: str
    state: Stage
    at: Instant
    dueAt: Instant  # noqa: N815  (as it is called outside)
    expiresAt: Instant  # noqa: N815  (as it is called outside)
    claimedBy: str | None  # noqa: N815  (as it is called outside)
    claimedUntil: Instant | None  # noqa: N815  (as it is called outside)
    file: str | None = Field(description="The file that it went out in.")
    outcome: Outcome | None
    reason: str | None = Field(description="Why it is withheld.")


class TaskPage(Shape):
    """What is due first in front. A page may hold fewer than asked for though more follow."""

    tasks: list[TaskRow]
    next: str | None = Field(description="Where the following page starts; null where there is none.")


class ClaimedTask(TaskRow):
    """A task in the hands of whoever asked for it, with what is to be said: plain text, never HTML."""

    language: str
    title: str
    script: str
    data: dict[str, str]


class NotToBeHad(Shape):
    """Why a task is not given: withheld with the gate's `reason`, in other hands, or contended for."""

    code: Literal["withheld", "taken", "busy"]
    reason: str | None
    message: str


TASK_SHAPES: tuple[type[BaseModel], ...] = (TaskRow, TaskPage, ClaimedTask, NotToBeHad)


def _change() -> dict[str, Any]:
    return json_schemas({"TaskDone": TaskDone}, refs="#/components/schemas/")["TaskDone"]


def task_operations() -> tuple[Operation, ...]:
    missing = problem(404, "No such task.", {"not_found": "no such task"})
    refused = Reply(
        409,
        "It is not to be had.",
        {JSON: ref("NotToBeHad")},
        {
            "withheld": {
                "code": "withheld",
                "reason": "channel_opt_out",
                "message": "this person is not to be contacted for it",
            },
            "taken": {
                "code": "taken",
                "reason": None,
                "message": "somebody else has this task, or it is done",
            },
        },
    )
    return (
        managed(
            "listTasks",
            "get",
            "/admin/tasks",
            "What members of staff have to do",
            "電話や店頭などで担当者が対応する依頼の一覧です。話す内容は、担当になるまで表示されません。",
            Reply(
                200,
                "A page.",
                {JSON: ref("TaskPage")},
                {"example": {"tasks": [_ROW], "next": None}},
            ),
            problem(
                400,
                "The question is none.",
                {"invalid_request": "limit: Input should be less than or equal to 100"},
            ),
            refused=not_of_the_role("needs one of the roles approver, author, privacy, staff, viewer"),
            parameters=(
                Parameter(
                    "queue", "query", "One queue; all that templates name, if not given.", _TEXT, "calls"
                ),
                Parameter(
                    "state",
                    "query",
                    "`open` unless told.",
                    {"type": "string", "enum": [str(each) for each in Stage]},
                    "open",
                ),
                Parameter(
                    "limit",
                    "query",
                    "How many, 20 unless told.",
                    {"type": "integer", "minimum": 1, "maximum": PAGE_MOST},
                    20,
                ),
                Parameter("after", "query", "Where the page starts: the `next` of an earlier one.", _TEXT),
            ),
        ),
        managed(
            "claimTask",
            "post",
            "/admin/tasks/{task}/claim",
            "Have a task for half an hour",
            "依頼の担当になります（30分間）。その時点でもう一度、連絡してよいかを確かめます。",
            Reply(200, "It is yours.", {JSON: ref("ClaimedTask")}, {"example": {**_MINE, **_SAID}}),
            missing,
            refused,
            refused=_STAFF_ALONE,
            parameters=(_TASK,),
        ),
        managed(
            "finishTask",
            "post",
            "/admin/tasks/{task}/done",
            "Tell what came of a task",
            "対応の結果を記録します。「do_not_call」は、このチャネルの同意の撤回として台帳に残ります。",
            Reply(
                200,
                "It is done.",
                {JSON: ref("TaskRow")},
                {"example": {**_ROW, "state": "done", "claimedBy": "anna", "outcome": "reached"}},
            ),
            missing,
            refused,
            problem(
                400,
                "The outcome is none.",
                {"invalid_request": "outcome: Input should be 'reached' or another"},
            ),
            refused=_STAFF_ALONE,
            parameters=(_TASK,),
            body=Body(_change(), {"reached": {"outcome": "reached"}}),
        ),
    )
