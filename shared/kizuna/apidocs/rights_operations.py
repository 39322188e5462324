"""The management side of the rights of the person: by the role `privacy` alone."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from kizuna.apidocs.management_parts import managed, not_of_the_role
from kizuna.apidocs.operations import JSON, Body, Operation, Parameter, Reply, problem, ref
from kizuna.apidocs.reply_parts import Shape
from kizuna.core.bus_events import Instant
from kizuna.core.rights.rights import Ground

_PERSON = Parameter(
    "person",
    "path",
    "A profile's id, or an identifier: `email:ada@example.com`, or a bare value of any kind.",
    {"type": "string"},
    "ada",
)
_NOBODY = problem(404, "There is nobody.", {"not_found": "no person with this identifier"})
_PRIVACY_ALONE = not_of_the_role("only the role privacy may do this")
_INSTANT = "2026-11-22T12:00:00.000Z"


class ErasureRequested(Shape):
    """From now on nobody finds the person; what names them goes within minutes, from the lake after an hour."""

    person: str = Field(description="The id of the profile. It stands for nobody any more.")
    erasure: str | None = Field(description="The id in the log; null if they had been erased before.")
    status: Literal["begun", "under_way", "erased"]


class ExportRequested(Shape):
    """A document is being written."""

    person: str
    export: str = Field(description="The id of the export, also in the log.")
    object: str = Field(description="Where it will lie in the bucket, for a week.")


class HashedIdentifier(Shape):
    """An identifier that somebody had, told by a keyed hash alone."""

    type: str
    hash: str


class RightsLine(Shape):
    """What was done for a person's rights, by whom and why. Nothing in it names the person."""

    id: str
    kind: Literal["erased", "finished", "restricted", "unrestricted", "exported", "lifted"]
    at: Instant
    actor: str
    ground: str
    person: str
    parts: tuple[str, ...]
    hashes: tuple[HashedIdentifier, ...]
    counts: dict[str, int]


class RightsLog(Shape):
    """The log of rights, oldest first: the newest thousand lines."""

    entries: tuple[RightsLine, ...]


RIGHTS_SHAPES: tuple[type[BaseModel], ...] = (ErasureRequested, ExportRequested, RightsLog)
_GROUND = {
    "type": "object",
    "properties": {
        "ground": {
            "enum": [str(ground) for ground in Ground],
            "description": "Why: the cases of GDPR art. 17(1), or `request` where the person gave none.",
        }
    },
    "required": ["ground"],
}


def rights_operations() -> tuple[Operation, ...]:
    """In the order of the page."""
    begun = {"person": "p-example", "erasure": "e-example", "status": "begun"}
    requested = {"person": "p-example", "export": "x-example", "object": "exports/p-example/x-example.json"}
    line = {
        "id": "e-example",
        "kind": "erased",
        "at": _INSTANT,
        "actor": "dpo",
        "ground": "request",
        "person": "p-example",
        "parts": ["p-example"],
        "hashes": [{"type": "email", "hash": "k1.example"}],
        "counts": {},
    }
    return (
        managed(
            "erase",
            "post",
            "/admin/people/{person}/erasure",
            "Erase a person",
            "お客様の個人情報をすべて消去します。",
            Reply(202, "It has begun.", {JSON: ref("ErasureRequested")}, {"begun": begun}),
            Reply(
                200,
                "They had been erased before.",
                {JSON: ref("ErasureRequested")},
                {"erased": {**begun, "erasure": None, "status": "erased"}},
            ),
            problem(400, "The ground is none.", {"invalid_ground": "ground: one of request, objection, …"}),
            _NOBODY,
            refused=_PRIVACY_ALONE,
            parameters=(_PERSON,),
            body=Body(_GROUND, {"asked": {"ground": "request"}}),
        ),
        managed(
            "exportPerson",
            "post",
            "/admin/people/{person}/export",
            "Everything about a person, as a document",
            "お客様に関するすべての記録を一つの文書にします。",
            Reply(202, "It will be written.", {JSON: ref("ExportRequested")}, {"requested": requested}),
            _NOBODY,
            refused=_PRIVACY_ALONE,
            parameters=(_PERSON,),
        ),
        managed(
            "erasures",
            "get",
            "/admin/erasures",
            "What was done for the rights of people",
            "消去・開示・利用停止の記録の一覧です。",
            Reply(200, "As it is now.", {JSON: ref("RightsLog")}, {"example": {"entries": [line]}}),
            refused=_PRIVACY_ALONE,
        ),
    )
