"""`POST /v1/decide`: what to show this person in this place now, for somebody who can prove who they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kizuna.core.catalog import Catalog
from kizuna.core.identity.identifiers import normalised
from kizuna.core.identity.tokens import subject_of
from kizuna.core.intake.http import HttpRequest, Rejected
from kizuna.core.people import Profile
from kizuna.core.placements import Choice, Placement, choose
from kizuna.core.ports import People
from kizuna.core.segments.backfill import is_answerable, is_behind
from kizuna.core.sources import Key
from kizuna.usecases.collecting.callers import Doorkeeper, admitted, identity_keys

NOT_A_TOKEN = Rejected(401, "unauthorized", "the identity token is not valid")


class Ask(BaseModel):
    """The body of the request."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    placement: str = Field(min_length=1, max_length=64)
    userId: str = Field(min_length=1, max_length=512)  # noqa: N815  (the name SDKs use)


@dataclass(frozen=True, slots=True)
class Adviser:
    people: People
    door: Doorkeeper


def advise(request: HttpRequest, on: Adviser, catalog: Catalog, *, now: datetime) -> Choice | Rejected:
    """The choice for the person whom the identity token names; a write key alone reads nothing (A01)."""
    key = admitted(request, on.door, catalog.sources, now=now)
    if isinstance(key, Rejected):
        return key
    try:
        ask = Ask.model_validate_json(request.body)
    except ValidationError as error:
        path = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"]) or "body"
        return Rejected(400, "invalid_request", f"{path}: {error.errors(include_input=False)[0]['msg']}")
    refusal = proven(request, ask.userId, key, on.door, now=now)
    if refusal is not None:
        return refusal
    placement = catalog.placements.get(ask.placement)
    if placement is None:
        return Rejected(404, "not_found", "no such placement")
    profile = person_of(ask.userId, on.people)
    if profile is None:
        return Choice(placement.id, None, {}, "unknown_person", (), None)
    return choose(
        _answerable(placement, profile, catalog),
        _as_standing(profile, catalog, now=now),
        now=now,
        holds=catalog.policy.tone_holds,
    )


def proven(
    request: HttpRequest, user_id: str, key: Key, door: Doorkeeper, *, now: datetime
) -> Rejected | None:
    """Why who holds a write key may not read what is this user's: it takes an identity token of the key's source."""
    token = request.headers.get("x-identity-token", "").strip()
    key_of = identity_keys(door.keys, key.source, door.identity_secret)
    subject = subject_of(token, key_of=key_of, now=now) if token else None
    if token and subject is None:
        return NOT_A_TOKEN  # which check failed is not told (A04)
    if subject != user_id:
        return Rejected(403, "forbidden", "an identity token for this userId is needed")
    return None


def _as_standing(profile: Profile, catalog: Catalog, *, now: datetime) -> Profile:
    """The person in the segments that the definitions in force give, as far as the record remembers."""
    visible = catalog.decidable(profile)
    if not is_behind(profile, catalog):
        return visible
    return replace(visible, segments=catalog.segment_index.standing(visible, now=now).segments)


def _answerable(placement: Placement, profile: Profile, catalog: Catalog) -> Placement:
    """The placement without what cannot be told of this person before a backfill has come by: silence is No."""
    open_ones = tuple(action for action in placement.actions if is_answerable(action.when, profile, catalog))
    if len(open_ones) == len(placement.actions):
        return placement
    return placement.model_copy(update={"actions": open_ones})


def person_of(user_id: str, people: People) -> Profile | None:
    """The living person who holds a user id."""
    usable = normalised("user_id", user_id)
    owners = people.owners([("user_id", usable)] if usable else [])
    profiles = people.profiles(owners.values())
    return next(iter(profiles.values()), None)
