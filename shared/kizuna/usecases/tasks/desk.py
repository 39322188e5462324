"""Tasks over HTTP, for call centres and shops.

    GET  /admin/tasks                  the list: `queue`, `state`, `limit`, `after`
    POST /admin/tasks/{task}/claim     have it for half an hour, with what is to be said; 409 if it is not to be had
    POST /admin/tasks/{task}/done      {"outcome": "reached"}

Who works on tasks is of the role `staff`; whoever reads may see the list, which says nothing that is to be told.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal, assert_never
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kizuna.core.catalog import Catalog
from kizuna.core.errors import Conflict, NotFound
from kizuna.core.intake.http import HttpReply, HttpRequest, json_reply, wrong_method
from kizuna.core.messages import Message
from kizuna.core.rights.rights import PRIVACY, roles_of
from kizuna.core.tasks import Outcome, Stage, Task, as_it_stands
from kizuna.usecases.tasks.taking import Claim, Held, TaskDesk, Withheld, claim, done, queues_of

STAFF = "staff"
READERS = frozenset({STAFF, "viewer", "author", "approver", PRIVACY})
PAGE_MOST = 100
_ID = re.compile(r"[a-z2-7]{26}")
Answer = tuple[int, dict[str, Any]]


class TaskQuery(BaseModel):
    """The query of `GET /admin/tasks`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    queue: str | None = Field(default=None, max_length=64)
    state: Literal["open", "claimed", "done", "filed", "withheld"] = "open"
    limit: int = Field(default=20, ge=1, le=PAGE_MOST)
    after: str | None = Field(default=None, pattern=r"^[0-9]{13}#[a-z2-7]{26}$")


class TaskDone(BaseModel):
    """The body of `POST /admin/tasks/{task}/done`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    outcome: Outcome = Field(description="What came of it. `do_not_call` withdraws from the channel.")


def reply(request: HttpRequest, on: TaskDesk, catalog: Catalog, *, now: datetime) -> HttpReply:
    """Answer one request. Raises Unavailable."""
    status, body = _answer(request, on, catalog, now=now)
    return json_reply(status, body)


def _answer(request: HttpRequest, on: TaskDesk, catalog: Catalog, *, now: datetime) -> Answer:
    path = [unquote(part) for part in request.path.strip("/").split("/")][2:]
    if request.method != ("POST" if path else "GET"):
        told = "tasks are read by GET, and worked on by POST …/claim and …/done"
        return wrong_method("POST" if path else "GET", told)
    by, needed = request.claims.get("sub"), frozenset({STAFF}) if path else READERS
    if not roles_of(request.claims) & needed or not isinstance(by, str) or not by:
        return 403, {"code": "forbidden", "message": f"needs one of the roles {', '.join(sorted(needed))}"}
    try:
        match path:
            case []:
                return _page(request, on, catalog, now=now)
            case [task, "claim"] if _ID.fullmatch(task):
                return _claimed(claim(task, on, catalog, by=by, now=now), now=now)
            case [task, "done"] if _ID.fullmatch(task):
                return _done(task, request, on, catalog, by=by, now=now)
            case _:
                return 404, {"code": "not_found", "message": "no such task"}
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        return 400, {"code": "invalid_request", "message": f"{where}: {first['msg']}"}
    except NotFound:
        return 404, {"code": "not_found", "message": "no such task"}
    except Conflict:
        return 409, {
            "code": "busy",
            "reason": None,
            "message": "the task cannot be taken at this moment; try again",
        }


def _page(request: HttpRequest, on: TaskDesk, catalog: Catalog, *, now: datetime) -> Answer:
    """A page may hold fewer than asked for though more follow: what changed its state since is left out."""
    asked = TaskQuery.model_validate({name: values[0] for name, values in request.query.items()})
    queues = (asked.queue,) if asked.queue else queues_of(catalog)
    stage = Stage(asked.state)
    # A claim whose time is over is open, and an open task whose message was let go is not.
    looked_at = {Stage.OPEN: (Stage.OPEN, Stage.CLAIMED), Stage.WITHHELD: (Stage.OPEN, Stage.WITHHELD)}
    found, following = on.tasks.page(
        queues, looked_at.get(stage, (stage,)), after=asked.after or "", limit=asked.limit
    )
    rows = (as_it_stands(task, _message_of(task, on)).body(now=now) for task in found)
    return 200, {"tasks": [row for row in rows if row["state"] == stage], "next": following}


def _message_of(task: Task, on: TaskDesk) -> Message | None:
    return on.deliverer.messages.get(task.id) if task.stage is Stage.OPEN else None


def _claimed(found: Claim, *, now: datetime) -> Answer:
    match found:
        case Task():
            return 200, {**found.body(now=now), **found.said()}
        case Withheld(reason=reason):
            return 409, {
                "code": "withheld",
                "reason": reason,
                "message": "this person is not to be contacted for it",
            }
        case Held():
            return _held()
        case _:
            assert_never(found)


def _held() -> Answer:
    return 409, {"code": "taken", "reason": None, "message": "somebody else has this task, or it is done"}


def _done(
    task: str, request: HttpRequest, on: TaskDesk, catalog: Catalog, *, by: str, now: datetime
) -> Answer:
    told = TaskDone.model_validate_json(request.body)
    found = done(task, told.outcome, on, catalog, by=by, now=now)
    return _held() if isinstance(found, Held) else (200, found.body(now=now))
