"""The management side of lists that are kept by hand."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from kizuna.apidocs.json_schemas import json_schemas
from kizuna.apidocs.management_parts import managed, not_of_the_role
from kizuna.apidocs.operations import JSON, Body, Operation, Parameter, Reply, problem, ref
from kizuna.apidocs.reply_parts import Shape
from kizuna.core.bus_events import Instant
from kizuna.usecases.lists.desk import ListChange

_INSTANT = "2026-11-22T12:00:00.000Z"
_NO_ROLE = not_of_the_role("needs one of the roles approver, author")
_LIST = Parameter("list", "path", "Its id.", {"type": "string"}, "staff")


class ListLine(Shape):
    """One list of the workspace."""

    id: str
    name: str
    description: str
    owner: str
    people: int = Field(description="How many are on it.")


class Lists(Shape):
    """The lists of the workspace."""

    lists: tuple[ListLine, ...]


class ListedPerson(Shape):
    """Somebody on a list."""

    person: str
    at: Instant
    by: str = Field(description="Who put them there.")


class ListPage(Shape):
    """A page of the people on a list; it may be empty and yet be followed by more."""

    list: str
    people: tuple[ListedPerson, ...]
    next: str | None = Field(description="Where the next page starts; null after the last.")


class RefusedPerson(Shape):
    """A reference that names nobody, or several."""

    place: int = Field(description="In the request, from 0.")
    reason: Literal["unknown", "ambiguous"]


class ListingQueued(Shape):
    """The change is on its way, and done in some seconds."""

    list: str
    queued: tuple[str, ...] = Field(description="Whom it changes something for.")
    unchanged: tuple[str, ...]
    refused: tuple[RefusedPerson, ...]


LIST_SHAPES: tuple[type[BaseModel], ...] = (Lists, ListPage, ListingQueued)
_CHANGE = json_schemas({"ListChange": ListChange}, refs="#/components/schemas/")["ListChange"]


def list_operations() -> tuple[Operation, ...]:
    """In the order of the page."""
    line = {
        "id": "staff",
        "name": "Staff",
        "description": "People who work here.",
        "owner": "care",
        "people": 12,
    }
    row = {"person": "p-example", "at": _INSTANT, "by": "author-1"}
    queued = {
        "list": "staff",
        "queued": ["p-example"],
        "unchanged": [],
        "refused": [{"place": 1, "reason": "unknown"}],
    }
    missing = problem(404, "There is no such list.", {"not_found": "no such list"})
    return (
        managed(
            "lists",
            "get",
            "/admin/lists",
            "The lists that are kept by hand",
            "手動で管理するリストと人数の一覧です。",
            Reply(200, "As it is now.", {JSON: ref("Lists")}, {"example": {"lists": [line]}}),
            refused=_NO_ROLE,
        ),
        managed(
            "listMembers",
            "get",
            "/admin/lists/{list}",
            "Who is on a list",
            "リストに載っている人と、登録した人・日時を見ます。",
            Reply(
                200,
                "A page.",
                {JSON: ref("ListPage")},
                {"example": {"list": "staff", "people": [row], "next": None}},
            ),
            missing,
            problem(
                400, "The place is none.", {"invalid_parameter": "after: what an earlier page gave as next"}
            ),
            parameters=(
                _LIST,
                Parameter(
                    "after",
                    "query",
                    "Where the page starts: the `next` of an earlier one.",
                    {"type": "string"},
                ),
            ),
            refused=_NO_ROLE,
        ),
        managed(
            "changeList",
            "post",
            "/admin/lists/{list}/members",
            "Put people on a list, or take them off",
            "リストへの追加・削除を受け付けます。数秒で反映されます。",
            Reply(202, "It is on its way.", {JSON: ref("ListingQueued")}, {"queued": queued}),
            missing,
            problem(
                400, "The request is none.", {"invalid_request": "act: Input should be 'add' or 'remove'"}
            ),
            parameters=(_LIST,),
            body=Body(
                _CHANGE,
                {
                    "add": {
                        "people": ["user_id:ada", "email:bob@example.com"],
                        "act": "add",
                        "request": "2026-11-22-a",
                    }
                },
            ),
            refused=_NO_ROLE,
        ),
    )
