"""Lists kept by hand, over HTTP, for the management side.

    GET  /admin/lists                   the lists of the workspace, and how many people are on each
    GET  /admin/lists/{list}            who is on one, since when and by whom, page by page
    POST /admin/lists/{list}/members    {"people": ["user_id:u1", …], "act": "add", "request": "…"}

A change is put on the queue of events, and done in some seconds: 202. The same `request` again changes nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import EventsLeftOver
from kizuna.core.durations import instant_to_text
from kizuna.core.intake.canonical import canonical_json
from kizuna.core.intake.http import HttpReply, HttpRequest, json_reply, wrong_method
from kizuna.core.ports import People, Queues
from kizuna.core.rights.rights import PRIVACY, roles_of
from kizuna.core.segments.lists import DESK, list_index
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases.campaigning.sizes import count_members
from kizuna.usecases.lists.listing import AT_ONCE, UnknownList, on_list, read_listing

READERS = frozenset({"viewer", "author", "approver", PRIVACY})
WRITERS = frozenset({"author", "approver"})
Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ListDesk:
    people: People
    queues: Queues


class ListChange(BaseModel):
    """Who is to be put on a list, or taken off."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    people: tuple[str, ...] = Field(
        min_length=1, max_length=AT_ONCE, description="Profile ids or identifiers."
    )
    act: Literal["add", "remove"]
    request: str = Field(
        default="",
        max_length=100,
        description="The same again changes nothing more; else each request counts.",
    )
    country: str | None = Field(
        default=None, pattern="^[A-Za-z]{2}$", description="Of phone numbers without a country code."
    )


def reply(request: HttpRequest, on: ListDesk, catalog: Catalog, *, now: datetime) -> HttpReply:
    """Answer one request. Raises Conflict and Unavailable."""
    status, body = _answer(request, on, catalog, now=now)
    return json_reply(status, body)


def _answer(request: HttpRequest, on: ListDesk, catalog: Catalog, *, now: datetime) -> Answer:
    path = [unquote(part) for part in request.path.strip("/").split("/")][2:]
    changes = len(path) == 2 and path[1] == "members"
    if request.method != ("POST" if changes else "GET"):
        told = "lists are read by GET, and changed by POST …/members"
        return wrong_method("POST" if changes else "GET", told)
    needed = WRITERS if changes else READERS
    if not roles_of(request.claims) & needed:
        return 403, {"code": "forbidden", "message": f"needs one of the roles {', '.join(sorted(needed))}"}
    try:
        match path:
            case []:
                return 200, {"lists": [_line(name, on.people, catalog) for name in catalog.lists]}
            case [name]:
                return _members(name, request, on.people, catalog)
            case [name, "members"]:
                return _change(name, request, on, catalog, now=now)
            case _:
                return _missing()
    except UnknownList:
        return _missing()


def _missing() -> Answer:
    return 404, {"code": "not_found", "message": "no such list"}


def _line(name: str, people: People, catalog: Catalog) -> dict[str, Any]:
    known = catalog.lists[name]
    body = known.model_dump(mode="json")
    return {**body, "people": count_members(list_index(name), people)}


def _members(name: str, request: HttpRequest, people: People, catalog: Catalog) -> Answer:
    place = _place(request.query_value("after") or "")
    if place is None:
        return 400, {"code": "invalid_parameter", "message": "after: what an earlier page gave as next"}
    shard, after = place
    rows, following = on_list(name, people, catalog, shard=shard, after=after)
    following_text = f"{following[0]}.{following[1] or ''}" if following else None
    return 200, {"list": name, "people": rows, "next": following_text}


def _place(text: str) -> tuple[int, str | None] | None:
    if not text:
        return 0, None
    shard, dot, after = text.partition(".")
    is_number = shard.isascii() and shard.isdigit() and len(shard) < 5
    return (int(shard), after or None) if dot and is_number and int(shard) < SEGMENT_SHARDS else None


def _change(name: str, request: HttpRequest, on: ListDesk, catalog: Catalog, *, now: datetime) -> Answer:
    """One message on the queue: a crash before it leaves nothing done, one after it everything on its way."""
    try:
        asked = ListChange.model_validate_json(request.body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in found["loc"])
        return 400, {
            "code": "invalid_request",
            "message": f"{where}: {found['msg']}" if where else found["msg"],
        }
    listing = read_listing(
        name,
        asked.people,
        on.people,
        catalog,
        inside=asked.act == "add",
        by=str(request.claims.get("sub", "")),
        request=asked.request or instant_to_text(now),
        now=now,
        country=asked.country,
    )
    if listing.events:
        events = [canonical_json(event) for event in listing.events]
        left = EventsLeftOver(source=DESK.id, source_kind="system", events=events)
        on.queues.send(Queue.INGEST, [left.model_dump()])
    return 202, {
        "list": name,
        "queued": [event.profile_id for event in listing.events],
        "unchanged": list(listing.unchanged),
        "refused": [{"place": told.place, "reason": told.problem} for told in listing.refused],
    }
