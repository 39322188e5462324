"""Counts over everybody, over HTTP: begun by one call, told by another, for Athena takes its seconds.

POST /admin/lake-counts          a segment, or a condition alone: 202 with an id
GET  /admin/lake-counts/{id}     how it stands: running, done with its figures, or failed
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from kizuna.core.catalog import Catalog, Documents
from kizuna.core.errors import InvalidDefinition, NotFound
from kizuna.core.intake.http import HttpReply, HttpRequest, json_reply, wrong_method
from kizuna.core.ports.lake_queries import QueryFailed
from kizuna.core.rights.rights import roles_of
from kizuna.usecases.admin import READERS
from kizuna.usecases.segments.drafts import draft_in, drafted
from kizuna.usecases.segments.lake_counts import NoSnapshot, begin_count, condition_of, count_body, counted
from kizuna.usecases.segments.snapshot import SNAPSHOTS

if TYPE_CHECKING:
    from kizuna.core.ports import Runs
    from kizuna.core.ports.lake_queries import LakeQueries

Answer = tuple[int, dict[str, Any]]
_ID = re.compile(r"([0-9T-]{16})\.([A-Za-z0-9-]{1,64})")


@dataclass(frozen=True, slots=True)
class LakeDesk:
    """The ports that counting needs. `documents` are the definitions in force as they are written."""

    queries: Callable[[], LakeQueries]
    runs: Runs
    documents: Callable[[], Documents]


def reply(request: HttpRequest, on: LakeDesk, catalog: Catalog, *, now: datetime) -> HttpReply:
    """Answer one request below `/admin/lake-counts`."""
    status, body = _answer(request, on, catalog, now=now)
    return json_reply(status, body)


def _answer(request: HttpRequest, on: LakeDesk, catalog: Catalog, *, now: datetime) -> Answer:
    if not roles_of(request.claims) & READERS:
        return 403, {"code": "forbidden", "message": f"needs one of the roles {', '.join(sorted(READERS))}"}
    match [unquote(part) for part in request.path.strip("/").split("/")], request.method:
        case ["admin", "lake-counts"], "POST":
            return _begin(request, on, catalog, now=now)
        case ["admin", "lake-counts", query], "GET":
            return _told(query, on)
        case ["admin", "lake-counts", *rest], _ if len(rest) < 2:
            return wrong_method("GET" if rest else "POST", "POST a segment, then GET what came of it")
        case _:
            return _missing()


def _begin(request: HttpRequest, on: LakeDesk, catalog: Catalog, *, now: datetime) -> Answer:
    from kizuna.core.condition_sql import NotInLake

    try:
        asked = request.json_value()
    except ValueError:
        asked = None
    if not isinstance(asked, dict) or not isinstance(asked.get("segment"), dict) or len(asked) > 1:
        return 400, {
            "code": "invalid_parameter",
            "message": "body: an object with a segment and nothing else",
        }
    try:
        segment = draft_in(
            drafted(asked["segment"], on.documents(), version=catalog.version), asked["segment"]
        )
        query, snapshot = begin_count(condition_of(segment), on.queries(), on.runs, now=now)
    except InvalidDefinition as refused:
        problems = [{"path": each.path, "reason": each.reason} for each in refused.problems]
        return 422, {
            "code": "invalid_definition",
            "message": "the draft would be refused",
            "problems": problems,
        }
    except NotInLake as refused:
        return 422, {"code": "not_in_lake", "message": str(refused)}
    except NoSnapshot as missing:
        return 409, {"code": "no_snapshot", "message": str(missing)}
    return 202, {"id": f"{snapshot.id}.{query}", "peopleAsOf": snapshot.taken_at.isoformat()}


def _told(name: str, on: LakeDesk) -> Answer:
    match = _ID.fullmatch(name)
    run = on.runs.get(SNAPSHOTS, match[1]) if match else None
    if match is None or run is None:
        return _missing()
    try:
        answer = on.queries().answer(match[2])
    except NotFound:
        return _missing()
    except QueryFailed as failed:
        return 200, {"id": name, "state": "failed", "message": str(failed)}
    if answer is None:
        return 200, {"id": name, "state": "running"}
    return 200, {"id": name, "state": "done", **count_body(counted(answer, run.scheduled_at))}


def _missing() -> Answer:
    return 404, {"code": "not_found", "message": "no such thing"}
