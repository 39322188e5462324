"""`/v1/inbox`: what waits for somebody who can prove who they are, and what they did with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kizuna.core.inbox import FACT_OF, Act, Held
from kizuna.core.intake.http import HttpRequest, Rejected
from kizuna.core.ports import Messages, People
from kizuna.core.ports.inboxes import Inboxes
from kizuna.core.sources import SourceDefinition
from kizuna.usecases.collecting.callers import Doorkeeper, admitted
from kizuna.usecases.decisions.next_best import person_of, proven

PAGE_MOST = 50
_ROUNDS = 5  # pages that are read for one answer, where most of what lies there is not shown any more
_PLACE = re.compile(r"b#[0-9]{13}#[a-z2-7]{26}")


class _Question(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Look(_Question):
    """The query of `GET /v1/inbox`."""

    userId: str = Field(min_length=1, max_length=512)  # noqa: N815  (the name SDKs use)
    placement: str | None = Field(default=None, max_length=64)
    unread: bool = False
    limit: int = Field(default=20, ge=1, le=PAGE_MOST)
    after: str | None = Field(default=None, max_length=64)


class Acted(_Question):
    """The body of `POST /v1/inbox/read`, `/click` and `/dismiss`."""

    userId: str = Field(min_length=1, max_length=512)  # noqa: N815  (as it is called outside)
    ids: tuple[str, ...] = Field(min_length=1, max_length=PAGE_MOST)


@dataclass(frozen=True, slots=True)
class Keeper:
    people: People
    door: Doorkeeper
    messages: Messages
    inboxes: Inboxes


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of an inbox. `following` is where the next one starts, None where there is none."""

    items: tuple[Held, ...]
    following: str | None


Sources = Mapping[str, SourceDefinition]


def look(request: HttpRequest, on: Keeper, sources: Sources, *, now: datetime) -> Shown | Rejected:
    """The items of the person whom the identity token names, the newest first. Writes nothing.

    A page may hold fewer than asked for though more follow: what was put away is left out.
    """
    key = admitted(request, on.door, sources, now=now)
    if isinstance(key, Rejected):
        return key
    try:
        told = {name: values[0] for name, values in request.query.items() if name != "writeKey"}
        asked = Look.model_validate(told)
    except ValidationError as error:
        return _unreadable(error, "query")
    if asked.after is not None and not _PLACE.fullmatch(asked.after):
        return Rejected(400, "invalid_request", "after: not a place that an earlier page gave")
    refusal = proven(request, asked.userId, key, on.door, now=now)
    if refusal is not None:
        return refusal
    person = person_of(asked.userId, on.people)
    if person is None:
        return Shown((), None)
    found: list[Held] = []
    following = asked.after
    for _ in range(_ROUNDS):
        page, following = on.inboxes.page(
            person.parts, before=following or "", limit=asked.limit - len(found)
        )
        found += (each for each in page if _is_wanted(each, asked, now))
        if following is None or len(found) == asked.limit:
            break
    return Shown(tuple(found), following)


def _is_wanted(held: Held, asked: Look, now: datetime) -> bool:
    return (
        held.is_shown(now=now)
        and asked.placement in (None, held.item.placement)
        and not (asked.unread and held.is_read)
    )


def act(request: HttpRequest, deed: Act, on: Keeper, sources: Sources, *, now: datetime) -> int | Rejected:
    """Note what the person did with items of theirs; returns with how many. Others' and unknown ids change nothing.

    Each is a fact of its message, whose first instant is kept: doing it twice changes nothing, and a crash leaves
    some of them noted.
    """
    key = admitted(request, on.door, sources, now=now)
    if isinstance(key, Rejected):
        return key
    try:
        asked = Acted.model_validate_json(request.body)
    except ValidationError as error:
        return _unreadable(error, "body")
    refusal = proven(request, asked.userId, key, on.door, now=now)
    if refusal is not None:
        return refusal
    person = person_of(asked.userId, on.people)
    if person is None:
        return 0
    theirs = on.inboxes.find(person.parts, asked.ids)
    for each in theirs:
        on.messages.add_fact(each, FACT_OF[deed], now)
    return len(theirs)


def _unreadable(error: ValidationError, where: str) -> Rejected:
    first = error.errors(include_input=False)[0]
    path = ".".join(str(part) for part in first["loc"]) or where
    return Rejected(400, "invalid_request", f"{path}: {first['msg']}")
