"""Templates over HTTP, for the management side: how they look to a person, and proofs of them.

    POST /admin/templates/{id}/preview    as one real person would get it; `pictures` where a browser is at hand
    POST /admin/campaigns/{id}/preview    the same of every channel of a campaign
    POST /admin/templates/{id}/proof      sent to a simulator or a colleague, and to nobody else: 202
    POST /admin/campaigns/{id}/proof      the same of a campaign; `channel` where it speaks on several
    GET  /admin/proofs                    those of the last day, and what became of them
    GET  /admin/proofs/{id}               one of them

Previews are for all who may read, and show what is declared sensitive to the role `privacy` alone; proofs are for
those who write, and show it to nobody.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kizuna.core.catalog import Catalog
from kizuna.core.content.templates import RenderedEmail, TemplateChannel
from kizuna.core.errors import NotFound, Unavailable
from kizuna.core.intake.http import HttpReply, HttpRequest, json_reply, wrong_method
from kizuna.core.people import Profile
from kizuna.core.ports import People
from kizuna.core.refusing.repeating import asked_for
from kizuna.core.rights.rights import PRIVACY, roles_of
from kizuna.usecases.authoring.previewing import Previewed, Started, preview_body, previews
from kizuna.usecases.authoring.proofs import NoProof, ProofDesk, TooManyProofs, ask_for_proof, proof_body
from kizuna.usecases.free_data import FreeData
from kizuna.usecases.people.finding import Ambiguous, find_person

READERS = frozenset({"viewer", "author", "approver", PRIVACY})
WRITERS = frozenset({"author", "approver"})
LARGEST_PROPERTIES = 16_000  # characters of JSON
A_DAY = timedelta(days=1)
Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a mail, in PNG: `width` in pixels, as a client in light or dark shows it."""

    width: int
    scheme: str
    png: bytes


Pictures = Callable[[str], Sequence[Picture]]
"""Takes pictures of a mail's HTML; raises Unavailable where it takes none."""


@dataclass(frozen=True, slots=True)
class TemplateDesk:
    """What this side needs. Without `pictures` there is no browser at hand, as in every deployed stage."""

    people: People
    proofs: ProofDesk
    pictures: Pictures | None = None


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class EventShown(_Body):
    """The event that would have started it."""

    name: str = Field(min_length=1, max_length=200)
    properties: FreeData = Field(default_factory=dict)

    @property
    def told(self) -> Started:
        return self.name, self.properties


class PreviewAsked(_Body):
    """Whom to look as, and at what."""

    person: str = Field(min_length=1, max_length=500, description="A profile id or an identifier.")
    channel: TemplateChannel | None = Field(default=None, description="One channel of a campaign; else all.")
    language: str | None = Field(default=None, max_length=35, description="Instead of the person's own.")
    event: EventShown | None = Field(default=None, description="What would have started it.")
    pictures: bool = Field(default=False, description="Of e-mail, where a browser is at hand.")


class ProofAsked(_Body):
    """Where a proof goes, and as whom it is to be seen."""

    to: str = Field(min_length=1, max_length=4_200, description="A simulator's address, or a colleague's.")
    channel: TemplateChannel | None = Field(default=None, description="Where a campaign speaks on several.")
    person: str | None = Field(
        default=None, min_length=1, max_length=500, description="As whom; else as nobody."
    )
    language: str | None = Field(default=None, max_length=35)
    event: EventShown | None = None


def is_meant(request: HttpRequest) -> bool:
    """Whether a request is one for this desk."""
    match _path(request):
        case ["templates" | "campaigns", _, "preview" | "proof"]:
            return True
        case ["proofs", *rest]:
            return len(rest) < 2
        case _:
            return False


def reply(request: HttpRequest, on: TemplateDesk, catalog: Catalog, *, now: datetime) -> HttpReply:
    """Answer one request. Raises Unavailable."""
    status, body = _answer(request, on, catalog, now=now)
    return json_reply(status, body)


def _path(request: HttpRequest) -> list[str]:
    return [unquote(part) for part in request.path.strip("/").split("/")][1:]


def _answer(request: HttpRequest, on: TemplateDesk, catalog: Catalog, *, now: datetime) -> Answer:
    path = _path(request)
    looks = path[0] == "proofs"
    if request.method != ("GET" if looks else "POST"):
        told = "proofs are looked at by GET; previews and proofs are asked for by POST"
        return wrong_method("GET" if looks else "POST", told)
    needed = WRITERS if path[-1] == "proof" else READERS
    if not roles_of(request.claims) & needed:
        return 403, {"code": "forbidden", "message": f"needs one of the roles {', '.join(sorted(needed))}"}
    try:
        match path:
            case ["proofs"]:
                found = on.proofs.proofs.since(now - A_DAY)
                return 200, {"proofs": [proof_body(proof) for proof in found]}
            case ["proofs", name]:
                return _one(name, on)
            case [kind, name, "preview"]:
                asked = PreviewAsked.model_validate_json(request.body)
                return _preview(kind, name, asked, request, on, catalog, now=now)
            case [kind, name, _]:
                wanted = ProofAsked.model_validate_json(request.body)
                return _proof(kind, name, wanted, _who(request), on, catalog, now=now)
            case _:
                return 404, {"code": "not_found", "message": "no such thing"}
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        return _unusable(f"{where}: {first['msg']}")
    except NotFound as missing:
        return 404, {"code": "not_found", "message": str(missing)}
    except Ambiguous:
        return 409, {"code": "ambiguous", "message": "fits several people; ask by the id of one"}


def _unusable(told: str) -> Answer:
    return 400, {"code": "invalid_request", "message": told}


def _who(request: HttpRequest) -> str:
    """By the name that `kizuna apply` records as well, where the user pool tells one."""
    told = request.claims.get("email") or request.claims.get("username") or request.claims.get("sub") or ""
    return str(told)


def _one(name: str, on: TemplateDesk) -> Answer:
    proof = on.proofs.proofs.get(name)
    if proof is None:
        raise NotFound("there is no such proof, or no longer")
    return 200, proof_body(proof)


def _of_kind(kind: str, name: str, catalog: Catalog) -> None:
    """Raises NotFound where a path names a campaign and means a template, or the other way round."""
    known = catalog.templates if kind == "templates" else catalog.campaigns
    if name not in known:
        raise NotFound(f"there is no {kind.removesuffix('s')} {asked_for(name)} in force")


def _somebody(reference: str, on: TemplateDesk, catalog: Catalog) -> Profile:
    profile = find_person(reference, on.people, rules=catalog.identity)
    if profile is None:
        raise NotFound("no person with this identifier")
    return profile


def _event(asked: EventShown | None) -> Started | None:
    return asked.told if asked else None


def _is_too_much(asked: EventShown | None) -> bool:
    return asked is not None and len(json.dumps(asked.properties, ensure_ascii=False)) > LARGEST_PROPERTIES


_TOO_MUCH = f"event.properties: at most {LARGEST_PROPERTIES} characters of JSON"


def _preview(
    kind: str,
    name: str,
    asked: PreviewAsked,
    request: HttpRequest,
    on: TemplateDesk,
    catalog: Catalog,
    *,
    now: datetime,
) -> Answer:
    _of_kind(kind, name, catalog)
    if _is_too_much(asked.event):
        return _unusable(_TOO_MUCH)
    found = previews(
        name,
        _somebody(asked.person, on, catalog),
        on.proofs.ledger,
        catalog,
        now=now,
        channel=asked.channel or "all",
        language=asked.language,
        event=_event(asked.event),
        sensitive=PRIVACY in roles_of(request.claims),
    )
    shown = [preview_body(each) | _pictures(each, asked, on) for each in found]
    return 200, {"previews": shown}


def _pictures(each: Previewed, asked: PreviewAsked, on: TemplateDesk) -> dict[str, Any]:
    """None where nobody asked, or it is no mail; else those there are, and why there are none."""
    if not asked.pictures or not isinstance(each.rendered, RenderedEmail):
        return {"pictures": None, "no_pictures": None}
    if on.pictures is None:
        told = "pictures are taken where Chromium is: kizuna template preview --png"
        return {"pictures": [], "no_pictures": told}
    try:
        taken = on.pictures(each.rendered.html)
    except Unavailable as error:
        return {"pictures": [], "no_pictures": str(error)}
    shown = [
        {"width": one.width, "scheme": one.scheme, "png": base64.b64encode(one.png).decode()} for one in taken
    ]
    return {"pictures": shown, "no_pictures": None}


def _proof(
    kind: str, name: str, asked: ProofAsked, by: str, on: TemplateDesk, catalog: Catalog, *, now: datetime
) -> Answer:
    _of_kind(kind, name, catalog)
    if _is_too_much(asked.event):
        return _unusable(_TOO_MUCH)
    person = _somebody(asked.person, on, catalog) if asked.person else None
    try:
        proof = ask_for_proof(
            name,
            asked.to,
            on.proofs,
            catalog,
            by=by,
            now=now,
            channel=asked.channel or "all",
            person=person,
            language=asked.language,
            event=_event(asked.event),
        )
    except NoProof as refusal:
        return 422, {"code": "no_proof", "message": str(refusal)}
    except TooManyProofs as refusal:
        return 422, {"code": "too_many_proofs", "message": str(refusal)}
    return 202, proof_body(proof)
