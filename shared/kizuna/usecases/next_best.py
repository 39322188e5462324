"""`POST /v1/decide`: what to show this person in this place now, for somebody who can prove who they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kizuna.core.catalog import Catalog
from kizuna.core.identifiers import normalised
from kizuna.core.identity_tokens import subject_of
from kizuna.core.intake.credentials import presented_key
from kizuna.core.intake.http import HttpRequest
from kizuna.core.people import Profile
from kizuna.core.placements import Choice, choose
from kizuna.core.ports import Keys, People
from kizuna.usecases.collect import identity_secrets, known_key


class Ask(BaseModel):
    """The body of the request."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    placement: str = Field(min_length=1, max_length=64)
    userId: str = Field(min_length=1, max_length=512)  # noqa: N815  (the name SDKs use)


@dataclass(frozen=True, slots=True)
class Refused:
    status: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Adviser:
    people: People
    keys: Keys
    identity_secret: Callable[[str], bytes]


def advise(request: HttpRequest, on: Adviser, catalog: Catalog, *, now: datetime) -> Choice | Refused:
    """The choice for the person whom the identity token names; a write key alone reads nothing (A01)."""
    try:
        ask = Ask.model_validate_json(request.body)
    except ValidationError as error:
        path = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"]) or "body"
        return Refused(400, "invalid_request", f"{path}: {error.errors(include_input=False)[0]['msg']}")
    key = known_key(presented_key(request), on.keys)
    if key is None:
        return Refused(401, "unauthorized", "no, unknown or revoked key")
    token = request.headers.get("x-identity-token", "").strip()
    secret_of = identity_secrets(on.keys, key.source, on.identity_secret)
    if not token or subject_of(token, secret_of=secret_of, now=now) != ask.userId:
        return Refused(403, "forbidden", "an identity token for this userId is needed")
    placement = catalog.placements.get(ask.placement)
    if placement is None:
        return Refused(404, "not_found", "no such placement")
    profile = _person(ask.userId, on.people)
    if profile is None:
        return Choice(placement.id, None, {}, "unknown_person", (), None)
    return choose(placement, catalog.decidable(profile), now=now)


def _person(user_id: str, people: People) -> Profile | None:
    usable = normalised("user_id", user_id)
    owners = people.owners([("user_id", usable)] if usable else [])
    profiles = people.profiles(owners.values())
    return next(iter(profiles.values()), None)
