"""The management side of templates: how they look to a person, and proofs sent to colleagues and simulators."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from kizuna.apidocs.json_schemas import json_schemas
from kizuna.apidocs.management_parts import SEVERAL_PEOPLE, managed, not_of_the_role
from kizuna.apidocs.operations import JSON, Body, Operation, Parameter, Reply, problem, ref
from kizuna.apidocs.reply_parts import Shape
from kizuna.core.bus_events import Instant
from kizuna.core.content.templates import TemplateChannel
from kizuna.usecases.authoring.template_desk import EventShown, PreviewAsked, ProofAsked

_AT = "2026-11-25T10:00:00.000Z"
_AUTHORS = not_of_the_role("needs one of the roles approver, author")
_PARAMETERS = {
    "template": Parameter("template", "path", "Its id.", {"type": "string"}, "win-back-email"),
    "campaign": Parameter("campaign", "path", "Its id.", {"type": "string"}, "win-back"),
    "proof": Parameter("proof", "path", "Its id.", {"type": "string"}, "proof-1795600800000-0a1b2c3d4e5f"),
}


class MailPicture(Shape):
    """One picture of a mail."""

    width: int = Field(description="In pixels.")
    scheme: Literal["light", "dark"]
    png: str = Field(description="The picture, in Base64.")


class MessagePreview(Shape):
    """One rendering, or why there would be none."""

    template: str
    channel: TemplateChannel
    brand: str
    language: str
    message: dict[str, Any] | None = Field(description="Part by part, as the channel has them.")
    reason: str = Field(description="Why nothing could be rendered: field and cause, and no value.")
    facts: dict[str, bool] = Field(description="Which duties of advertising it fulfils.")
    not_told: tuple[str, ...] = Field(description="Traits that are held back from it.")
    pictures: tuple[MailPicture, ...] | None = Field(
        default=None, description="Where they were asked for: none in a deployed stage."
    )
    no_pictures: str | None = Field(default=None, description="Why there are none.")


class MessagePreviews(Shape):
    """As one person would get it; nothing was sent or stored, and the links lead nowhere."""

    previews: tuple[MessagePreview, ...]


class ProofSent(Shape):
    """A proof, and what became of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    id: str
    template: str
    campaign: str | None
    channel: TemplateChannel
    to: str
    language: str
    shown_as: str | None = Field(description="The person it is seen as.")
    by: str
    at: Instant
    state: Literal["waiting", "sending", "sent", "failed", "unknown", "expired"]
    reason: str
    facts: dict[str, Instant] = Field(description="What the provider told: sent, delivered, bounced …")


class ProofsSent(Shape):
    """Those of the last day, the newest first."""

    proofs: tuple[ProofSent, ...]


TEMPLATE_SHAPES: tuple[type[BaseModel], ...] = (
    EventShown,
    MailPicture,
    MessagePreview,
    MessagePreviews,
    ProofSent,
    ProofsSent,
)
_BODIES = json_schemas({"PreviewAsked": PreviewAsked, "ProofAsked": ProofAsked}, refs="#/components/schemas/")
_PREVIEWS: dict[str, Any] = {
    "previews": [
        {
            "template": "win-back-email", "channel": "email", "brand": "groove-harbour", "language": "en",
            "message": {"subject": "We kept your spot", "text": "Good morning."}, "reason": "",
            "facts": {"has_unsubscribe": True, "has_sender_identity": True, "has_postal_address": True},
            "not_told": [], "pictures": None, "no_pictures": None,
        }
    ]
}  # fmt: skip
_PROOF: dict[str, Any] = {
    "id": "proof-1795600800000-0a1b2c3d4e5f", "template": "win-back-email", "campaign": "win-back",
    "channel": "email", "to": "bea@example.com", "language": "en", "shownAs": None,
    "by": "ann@example.com", "at": _AT, "state": "waiting", "reason": "", "facts": {},
}  # fmt: skip
_BAD = problem(400, "The body cannot be used.", {"invalid_request": "person: Field required"})


def template_operations() -> tuple[Operation, ...]:
    return (
        *(_previewed(kind) for kind in ("template", "campaign")),
        *(_proofed(kind) for kind in ("template", "campaign")),
        managed(
            "listProofs",
            "get",
            "/admin/proofs",
            "The proofs of the last day, and what became of them",
            "直近1日のテスト送信と、その結果です。",
            Reply(200, "The newest first.", {JSON: ref("ProofsSent")}, {"example": {"proofs": [_PROOF]}}),
        ),
        managed(
            "getProof",
            "get",
            "/admin/proofs/{proof}",
            "One proof, and what the provider told of it",
            "テスト送信1件の結果です。",
            Reply(200, "As it stands.", {JSON: ref("ProofSent")}, {"example": {**_PROOF, "state": "sent"}}),
            problem(
                404, "None of that id, or no longer.", {"not_found": "there is no such proof, or no longer"}
            ),
            parameters=(_PARAMETERS["proof"],),
        ),
    )


def _previewed(kind: str) -> Operation:
    return managed(
        f"preview{kind.title()}",
        "post",
        f"/admin/{kind}s/{{{kind}}}/preview",
        f"A {kind} as one real person would get it, on every channel. Nothing is sent",
        "実在のお一人に届く内容を、チャネルごとに確かめます。送信はしません。",
        Reply(200, "Rendered, or why not.", {JSON: ref("MessagePreviews")}, {"example": _PREVIEWS}),
        _BAD,
        problem(404, "Nothing of that name, or nobody.", {"not_found": "no person with this identifier"}),
        SEVERAL_PEOPLE,
        parameters=(_PARAMETERS[kind],),
        body=Body(_BODIES["PreviewAsked"], {"in_japanese": {"person": "user_id:u1", "language": "ja"}}),
    )


def _proofed(kind: str) -> Operation:
    return managed(
        f"proof{kind.title()}",
        "post",
        f"/admin/{kind}s/{{{kind}}}/proof",
        f"Send a {kind} to a provider's simulator or to a colleague, and to nobody else",
        "シミュレーターや社内の担当者へテスト送信します。お客様には送れません。",
        Reply(202, "On its way; look at it by its id.", {JSON: ref("ProofSent")}, {"example": _PROOF}),
        _BAD,
        problem(
            404, "Nothing of that name, or nobody.", {"not_found": "there is no campaign 'spring' in force"}
        ),
        SEVERAL_PEOPLE,
        problem(
            422,
            "It cannot be sent so, or more went out than anybody looks at.",
            {
                "no_proof": "to: is no address of the channel email",
                "too_many_proofs": "60 proofs went out within the hour; they are to be looked at",
            },
        ),
        refused=_AUTHORS,
        parameters=(_PARAMETERS[kind],),
        body=Body(_BODIES["ProofAsked"], {"to_a_colleague": {"to": "bea@example.com"}}),
    )
