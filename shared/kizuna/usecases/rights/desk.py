"""The rights of the person over HTTP. Whoever asks must be of the role `privacy`, by the claims of a verified token.

POST /admin/people/{person}/erasure   {"ground": "request"}   202: begun, nobody finds the person any more
POST /admin/people/{person}/export                            202: a document will lie in the bucket
GET  /admin/erasures                                          200: the log of rights
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import unquote

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import EraseFurther, ExportPerson
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import NotFound, Unauthorized
from kizuna.core.ids import digest
from kizuna.core.intake.http import HttpReply, HttpRequest, json_reply, wrong_method
from kizuna.core.people import GONE
from kizuna.core.ports import Queues
from kizuna.core.rights.rights import Ground, RightsEntry, officer
from kizuna.topology import Queue
from kizuna.usecases.rights.asking import Registrar, request_erasure, stored_person
from kizuna.usecases.rights.exporting import Exporter, export, exports_of

_LOGGED = 1_000  # lines of the log that one answer shows, the newest
Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class PrivacyDesk:
    registrar: Registrar
    queues: Queues


def reply(request: HttpRequest, on: PrivacyDesk, *, now: datetime) -> HttpReply:
    """Answer one request. Raises Conflict and Unavailable."""
    status, body = _answer(request, on, now=now)
    return json_reply(status, body)


def _answer(request: HttpRequest, on: PrivacyDesk, *, now: datetime) -> Answer:
    path = [unquote(part) for part in request.path.strip("/").split("/")]
    method: Literal["GET", "POST"] = "GET" if path[-1] == "erasures" else "POST"
    if request.method != method:
        return wrong_method(method, f"this is asked for by {method}")
    try:
        actor = officer(request.claims)
    except Unauthorized as error:
        return 403, {"code": "forbidden", "message": str(error)}
    try:
        match path:
            case ["admin", "people", reference, "erasure"]:
                return _erase(reference, request, on, actor, now)
            case ["admin", "people", reference, "export"]:
                return _export(reference, on, actor, now)
            case _:
                lines = [entry_body(entry) for entry in on.registrar.erasures.entries()]
                return 200, {"entries": lines[-_LOGGED:]}
    except NotFound:
        return 404, {"code": "not_found", "message": "no person with this identifier"}


def _erase(reference: str, request: HttpRequest, on: PrivacyDesk, actor: str, now: datetime) -> Answer:
    ground = _ground(request)
    if ground is None:
        known = ", ".join(Ground)
        return 400, {"code": "invalid_ground", "message": f"ground: one of {known}"}
    done = request_erasure(reference, on.registrar, now=now, actor=actor, ground=str(ground))
    if done.status != "erased":
        # If this is lost the sweep of alarms takes it up in five minutes.
        on.queues.send(Queue.PRIVACY, [EraseFurther(person=done.person).model_dump()])
    erasure = done.erasure.id if done.erasure else None
    return (200 if done.status == "erased" else 202), {
        "person": done.person,
        "erasure": erasure,
        "status": done.status,
    }


def _ground(request: HttpRequest) -> Ground | None:
    try:
        told = request.json_value()
        return Ground(told["ground"]) if isinstance(told, dict) else None
    except (ValueError, KeyError, TypeError):
        return None


def _export(reference: str, on: PrivacyDesk, actor: str, now: datetime) -> Answer:
    person = stored_person(reference, on.registrar)
    if person.status in GONE:
        raise NotFound("nobody is known by this")
    name = digest("export", person.id, actor, instant_to_text(now))
    on.queues.send(Queue.PRIVACY, [ExportPerson(person=person.id, export=name, actor=actor).model_dump()])
    return 202, {"person": person.id, "export": name, "object": object_of(person.id, name)}


def object_of(person: str, export_id: str) -> str:
    """Where an export lies; the bucket deletes it after a week, and an erasure finds it by the person's id."""
    return f"{exports_of(person)}{export_id}.json"


def store_export(
    work: ExportPerson, registrar: Registrar, on: Exporter, catalog: Catalog, *, now: datetime
) -> bool:
    """Write the document and a line of the log. Twice is once: the same object, the same line. False: erased."""
    found = on.people.profiles([work.person]).get(work.person)
    if found is None:
        return False
    if on.rows is None:
        raise NotFound("there is no bucket for exports")
    on.rows.put(object_of(found.id, work.export), export(found, on, catalog, now=now))
    registrar.erasures.log(RightsEntry(work.export, "exported", now, work.actor, "", found.id))
    return True


def entry_body(entry: RightsEntry) -> dict[str, Any]:
    """A line of the log, as it may be shown: it holds ids and hashes."""
    counts: Mapping[str, int] = entry.counts or {}
    return {
        "id": entry.id,
        "kind": entry.kind,
        "at": instant_to_text(entry.at),
        "actor": entry.actor,
        "ground": entry.ground,
        "person": entry.person,
        "parts": list(entry.parts),
        "hashes": [{"type": kind, "hash": mac} for kind, mac in entry.hashes],
        "counts": dict(counts),
    }
