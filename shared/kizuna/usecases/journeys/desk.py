"""Journeys over HTTP, for the management side.

    GET  /admin/journeys                          the journeys in force, and how many people are inside each
    GET  /admin/journeys/{journey}                its counts: each step now and over time (`reports`)
    GET  /admin/journeys/{journey}/drawing        the graph with its counts; ?as=svg or mermaid, ?language=en or ja
    GET  /admin/journeys/{journey}/people/{ref}   the path of one person, with reasons
    POST /admin/journeys/{journey}/enter          {"person": "user_id:u1", "request": "order-17", "inputs": {…}}
    POST /admin/journeys/{journey}/pause          {"reason": "…"}
    POST /admin/journeys/{journey}/resume         {"reason": "…", "timers": "freeze" or "catch_up"}

What changes something is put on a queue, and done in some seconds: 202. The same `request` again changes nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import EnterJourney, HaltJourney
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import NotFound
from kizuna.core.intake.http import HttpReply, HttpRequest, json_reply, wrong_method
from kizuna.core.journeys.counting import counted, total
from kizuna.core.journeys.halts import Timers
from kizuna.core.people import Profile
from kizuna.core.ports import Halts, JourneyRuns, People, Queues
from kizuna.core.refusing.repeating import asked_for
from kizuna.core.rights.rights import PRIVACY, roles_of
from kizuna.core.sentences import Language
from kizuna.topology import Queue
from kizuna.usecases.free_data import FreeData
from kizuna.usecases.journeys.reports import path_body, report_body
from kizuna.usecases.people.finding import Ambiguous, find_person

READERS = frozenset({"viewer", "author", "approver", PRIVACY})
WRITERS = frozenset({"author", "approver"})
INPUTS_BYTES = 4_096
Answer = tuple[int, Any]
B = TypeVar("B", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class JourneyDesk:
    people: People
    runs: JourneyRuns
    halts: Halts
    queues: Queues


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class EntryAsked(_Body):
    """Who is to enter, and what for."""

    person: str = Field(min_length=1, description="A profile id or an identifier.")
    request: str = Field(
        min_length=1, max_length=100, description="The same again begins nothing more: the call's own name."
    )
    key: str = Field(default="", max_length=200, description="What the run is about, in a journey by key.")
    inputs: FreeData = Field(default_factory=dict, description="The `entry` of the run; at most 4 KB.")


class PauseAsked(_Body):
    """Why a journey is to stand still."""

    reason: str = Field(min_length=1, max_length=500)


class ResumptionAsked(_Body):
    """Why a journey is to go on, and whether time stood still for those inside."""

    reason: str = Field(min_length=1, max_length=500)
    timers: Timers | None = Field(default=None, description="Without it the journey's own `on_resume`.")


class _Refused(Exception):
    """An answer that is none of the good ones."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer: Answer = (status, {"code": code, "message": message})


def reply(request: HttpRequest, on: JourneyDesk, catalog: Catalog, *, now: datetime) -> HttpReply:
    """Answer one request. Raises Conflict and Unavailable."""
    try:
        status, body = _answer(request, on, catalog, now=now)
    except _Refused as refused:
        status, body = refused.answer
    except NotFound as missing:
        status, body = 404, {"code": "not_found", "message": str(missing)}
    if isinstance(body, str):
        kind = "image/svg+xml" if body.startswith("<") else "text/plain"
        return HttpReply(
            status, body, {"Content-Type": f"{kind}; charset=utf-8", "Cache-Control": "no-store"}
        )
    return json_reply(status, body)


def _answer(request: HttpRequest, on: JourneyDesk, catalog: Catalog, *, now: datetime) -> Answer:
    path = [unquote(part) for part in request.path.strip("/").split("/")][2:]
    changes = len(path) == 2 and path[1] in ("enter", "pause", "resume")
    if request.method != ("POST" if changes else "GET"):
        return wrong_method(
            "POST" if changes else "GET", "journeys are read by GET; enter, pause and resume by POST"
        )
    needed = WRITERS if changes else READERS
    if not roles_of(request.claims) & needed:
        raise _Refused(403, "forbidden", f"needs one of the roles {', '.join(sorted(needed))}")
    match path:
        case []:
            return 200, {"journeys": [_line(name, on, catalog) for name in catalog.journeys]}
        case [name]:
            return 200, report_body(name, on.runs, on.halts.current(), catalog, language=_language(request))
        case [name, "drawing"]:
            return 200, _drawing(name, request, on, catalog)
        case [name, "people", *reference] if any(reference):
            return _path("/".join(reference), name, request, on, catalog)
        case [name, "enter" | "pause" | "resume" as act]:
            if name not in catalog.journeys:
                raise NotFound(f"there is no journey {asked_for(name)} in force")
            return (
                _enter(name, request, on, catalog, now)
                if act == "enter"
                else _halt(name, act, request, on, catalog, now)
            )
        case _:
            raise NotFound("no such thing")


def _line(name: str, on: JourneyDesk, catalog: Catalog) -> dict[str, Any]:
    journey, counts = catalog.journeys[name], counted(total(on.runs.counts(name)))
    return {
        "journey": name,
        "name": journey.named(),
        "owner": journey.owner,
        "enter": journey.enter.type,
        "version": catalog.version_of("journey", name),
        "begun": counts.begun,
        "inside": counts.inside,
        "converted": counts.converted,
    }


def _drawing(name: str, request: HttpRequest, on: JourneyDesk, catalog: Catalog) -> str:
    from kizuna.core.journeys.drawing import mermaid_of, svg_of  # seldom, beside figures

    journey = catalog.journeys.get(name)
    if journey is None:
        raise NotFound(f"there is no journey {asked_for(name)} in force")
    language, form = _language(request), request.query_value("as") or "svg"
    if form not in ("svg", "mermaid"):
        raise _Refused(400, "invalid_parameter", "as: svg or mermaid")
    counts = counted(total(on.runs.counts(name)))
    draw = svg_of if form == "svg" else mermaid_of
    return draw(journey, language, counts=counts)


def _path(reference: str, name: str, request: HttpRequest, on: JourneyDesk, catalog: Catalog) -> Answer:
    language = _language(request)
    profile = _person(reference, on, catalog)
    runs = [run for run in on.runs.of_person(profile.parts or (profile.id,)) if run.journey == name]
    if not runs and name not in catalog.journeys:
        raise NotFound(f"there is no journey {asked_for(name)} in force")
    return 200, {"person": profile.id, "journey": name, "runs": path_body(runs, language)}


def _language(request: HttpRequest) -> Language:
    match request.query_value("language") or "en":
        case "en":
            return "en"
        case "ja":
            return "ja"
        case _:
            raise _Refused(400, "invalid_parameter", "language: en or ja")


def _person(reference: str, on: JourneyDesk, catalog: Catalog) -> Profile:
    try:
        profile = find_person(reference, on.people, rules=catalog.identity)
    except Ambiguous as several:
        raise _Refused(409, "ambiguous", "several people are known by this: give its kind") from several
    if profile is None:
        raise NotFound("nobody is known by this")
    return profile


def _enter(name: str, request: HttpRequest, on: JourneyDesk, catalog: Catalog, now: datetime) -> Answer:
    """One message on the queue: a crash before it leaves nothing done, one after it the entry on its way."""
    asked = _read(EntryAsked, request)
    if len(json.dumps(asked.inputs, ensure_ascii=False).encode()) > INPUTS_BYTES:
        raise _Refused(400, "invalid_request", f"inputs: more than {INPUTS_BYTES} bytes")
    journey, profile = catalog.journeys[name], _person(asked.person, on, catalog)
    if journey.enter.type != "api":
        raise _Refused(
            409, "not_by_api", f"journey {asked_for(name)} is entered by {journey.enter.type}, not by a call"
        )
    if journey.is_keyed and not asked.key and journey.reentry.per_key not in asked.inputs:
        raise _Refused(400, "invalid_request", "key: this journey needs one, to know its runs apart")
    work = EnterJourney(
        journey=name,
        person=profile.id,
        request=asked.request,
        at=now,
        key=asked.key,
        inputs=asked.inputs,
    )
    on.queues.send(Queue.WAKE, [work.model_dump(mode="json")])
    return 202, {"journey": name, "person": profile.id, "request": asked.request}


def _halt(
    name: str, act: str, request: HttpRequest, on: JourneyDesk, catalog: Catalog, now: datetime
) -> Answer:
    """Refused by how it stands at this moment; what two people ask for at once is done once."""
    by = str(request.claims.get("sub", ""))
    told: PauseAsked | ResumptionAsked
    if act == "pause":
        told = _read(PauseAsked, request)
        work = HaltJourney(journey=name, act="pause", by=by, reason=told.reason)
    else:
        told = _read(ResumptionAsked, request)
        work = HaltJourney(journey=name, act="resume", by=by, reason=told.reason, timers=told.timers)
    halt = on.halts.current().get(name)
    stands = halt is not None and halt.stands
    if act == "resume" and catalog.journeys[name].paused:
        raise _Refused(
            409, "paused_by_definition", f"{asked_for(name)} says paused: true itself: apply it without"
        )
    if stands and act == "pause":
        raise _Refused(409, "already_paused", f"{asked_for(name)} is paused already")
    if not stands and act == "resume":
        raise _Refused(409, "not_paused", f"{asked_for(name)} is not paused")
    on.queues.send(Queue.WAKE, [work.model_dump(mode="json")])
    return 202, {"journey": name, "act": act, "by": by, "at": instant_to_text(now)}


def _read(shape: type[B], request: HttpRequest) -> B:
    try:
        return shape.model_validate_json(request.body or b"{}")
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in found["loc"])
        told = f"{where}: {found['msg']}" if where else found["msg"]
        raise _Refused(400, "invalid_request", told) from None
