"""Campaigns over HTTP, for the management side: how they stand, who approves, what is to come, one asked for.

    GET  /admin/campaigns/status              how each stands: draft, approved, running, paused, done, failed
    GET  /admin/calendar                      what will happen (`calendar`)
    POST /admin/campaigns/{id}/approve        {"reason": …}: of this very content, by somebody other than its author
    POST /admin/campaigns/{id}/pause|resume   {"reason": …}
    POST /admin/campaigns/{id}/send           {"person": …, "key": …, "data": {…}}: of a campaign with `trigger: api`

A request to send is put on the queue of events and decided in some seconds: 202. The same key again changes nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kizuna.core.campaigning.controls import NotApprovable, NotPaused
from kizuna.core.campaigning.requests import DESK, request_event
from kizuna.core.campaigns import OnApi
from kizuna.core.catalog import Catalog
from kizuna.core.contracts import EventsLeftOver
from kizuna.core.errors import NotFound
from kizuna.core.intake.canonical import canonical_json
from kizuna.core.intake.http import HttpReply, HttpRequest, json_reply, wrong_method
from kizuna.core.ports import People, Queues
from kizuna.core.refusing.repeating import asked_for
from kizuna.core.rights.rights import PRIVACY, roles_of
from kizuna.topology import Queue
from kizuna.usecases.campaigning import calendar
from kizuna.usecases.campaigning.controlling import ControlDesk, approve, go_on, halt, status_body
from kizuna.usecases.campaigning.parts import hand_out_again
from kizuna.usecases.free_data import FreeData
from kizuna.usecases.people.finding import Ambiguous, find_person

READERS = frozenset({"viewer", "author", "approver", PRIVACY})
WRITERS = frozenset({"author", "approver"})
APPROVERS = frozenset({"approver"})
LARGEST_DATA = 16_000  # characters of JSON
Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class CampaignDesk:
    control: ControlDesk
    people: People
    queues: Queues


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Because(_Body):
    """Why somebody decides something about a campaign. It is kept."""

    reason: str = Field(min_length=3, max_length=500)


class SendRequest(_Body):
    """Whom to tell, and what."""

    person: str = Field(
        min_length=1, max_length=500, description="A profile id or an identifier, such as user_id:u1."
    )
    key: str = Field(min_length=1, max_length=100, description="Yours: the same again is the same request.")
    data: FreeData = Field(
        default_factory=dict, description="What the template reads as event.properties.data."
    )


_ACTS: dict[str, tuple[frozenset[str], type[_Body]]] = {
    "approve": (APPROVERS, Because),
    "pause": (WRITERS, Because),
    "resume": (WRITERS, Because),
    "send": (WRITERS, SendRequest),
}


def is_meant(request: HttpRequest) -> bool:
    """Whether a request is one for this desk."""
    path = _path(request)
    acts = len(path) == 3 and path[0] == "campaigns" and path[2] in _ACTS
    return acts or path in (["calendar"], ["campaigns", "status"])


def reply(request: HttpRequest, on: CampaignDesk, *, now: datetime) -> HttpReply:
    """Answer one request. Raises Conflict and Unavailable."""
    status, body = _answer(request, on, now=now)
    return json_reply(status, body)


def _path(request: HttpRequest) -> list[str]:
    return [unquote(part) for part in request.path.strip("/").split("/")][1:]


def _answer(request: HttpRequest, on: CampaignDesk, *, now: datetime) -> Answer:
    path = _path(request)
    acts = len(path) == 3
    if request.method != ("POST" if acts else "GET"):
        told = "the calendar and the status are read by GET, the rest is done by POST"
        return wrong_method("POST" if acts else "GET", told)
    needed, model = _ACTS[path[2]] if acts else (READERS, _Body)
    if not roles_of(request.claims) & needed:
        return 403, {"code": "forbidden", "message": f"needs one of the roles {', '.join(sorted(needed))}"}
    catalog = on.control.catalog.current()
    if not acts:
        if path == ["calendar"]:
            return calendar.answer(request, on.control, on.people, catalog, now=now)
        return 200, status_body(catalog, on.control, now=now)
    try:
        asked = model.model_validate_json(request.body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in found["loc"])
        return 400, {
            "code": "invalid_request",
            "message": f"{where}: {found['msg']}" if where else found["msg"],
        }
    return _done(path[1], path[2], asked, _who(request), on, catalog, now=now)


def _who(request: HttpRequest) -> str:
    """By the name that `kizuna apply` records as well, where the user pool tells one."""
    told = request.claims.get("email") or request.claims.get("username") or request.claims.get("sub") or ""
    return str(told)


def _done(
    name: str, act: str, asked: _Body, by: str, on: CampaignDesk, catalog: Catalog, *, now: datetime
) -> Answer:
    try:
        match asked:
            case SendRequest():
                return _send(name, asked, by, on, catalog, now=now)
            case Because(reason=reason) if act == "approve":
                approve(name, on.control, by=by, reason=reason, now=now)
            case Because(reason=reason) if act == "pause":
                halt(name, on.control, by=by, reason=reason, now=now)
            case Because(reason=reason):
                resumed = go_on(name, on.control, by=by, reason=reason, now=now)
                hand_out_again(name, resumed, on.control.runs, on.queues, catalog)
    except NotFound as missing:
        return 404, {"code": "not_found", "message": str(missing)}
    except (NotApprovable, NotPaused) as refusal:
        return 409, {"code": "conflict", "message": str(refusal)}
    return 200, status_body(catalog, on.control, now=now, only=name)["campaigns"][0]


def _send(
    name: str, asked: SendRequest, by: str, on: CampaignDesk, catalog: Catalog, *, now: datetime
) -> Answer:
    """One message on the queue: a crash before it leaves nothing done, one after it the request on its way."""
    campaign = catalog.campaigns.get(name)
    if campaign is None:
        told = f"there is no campaign {asked_for(name)} in force"
        return 404, {"code": "not_found", "message": told}
    if not isinstance(campaign.trigger, OnApi) or not campaign.enabled:
        return 409, {
            "code": "conflict",
            "message": f"{name} is not asked for: it is switched off, or its trigger is not {{type: api}}",
        }
    if len(json.dumps(asked.data, ensure_ascii=False)) > LARGEST_DATA:
        return 400, {"code": "invalid_request", "message": f"data: at most {LARGEST_DATA} characters of JSON"}
    try:
        person = find_person(asked.person, on.people, rules=catalog.identity)
    except Ambiguous:
        return 409, {"code": "ambiguous", "message": "fits several people; ask by the id of one"}
    if person is None:
        return 404, {"code": "not_found", "message": "no person with this identifier"}
    event = request_event(name, person.id, key=asked.key, data=asked.data, by=by, now=now)
    left = EventsLeftOver(source=DESK.id, source_kind="system", events=[canonical_json(event)])
    on.queues.send(Queue.INGEST, [left.model_dump()])
    return 202, {"campaign": name, "person": person.id, "request": event.id}
