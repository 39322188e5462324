"""Segments over HTTP, for the management side.

    GET  /admin/segments                               the segments in force
    GET  /admin/segments/{segment}                     one of them, in words, with its size and what depends on it
    GET  /admin/segments/{segment}/members             its members, page by page
    GET  /admin/segments/{segment}/explain/{person}    why somebody is in it, or is not
    GET  /admin/overlap?of=a,b                 how many are in several at once
    GET  /admin/backfill                               how the newest backfill stands
    POST /admin/preview                        what a draft would be: size, sample, reach, overlap

A preview looks at people for some seconds and tells where it stopped: `next` goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kizuna.core.catalog import Catalog, Documents
from kizuna.core.errors import InvalidDefinition
from kizuna.core.intake.http import HttpRequest
from kizuna.core.people import Profile
from kizuna.core.ports import Backfills
from kizuna.core.segments import EVERYONE, Segment
from kizuna.core.sentences import Language
from kizuna.usecases.segments.backfill import progress_of
from kizuna.usecases.segments.counts import Position, Walked, walk
from kizuna.usecases.segments.drafts import draft_in, drafted
from kizuna.usecases.segments.overlap import MOST, overlap_of
from kizuna.usecases.segments.pages import (
    draft_body,
    explanation_page,
    members_body,
    overlap_body,
    place_from,
    segment_bodies,
    segment_page,
    status_body,
)
from kizuna.usecases.segments.preview import Looker, reach_of_members, sample_of

Answer = tuple[int, dict[str, Any]]
MEMBERS, MOST_MEMBERS = 100, 1_000


@dataclass(frozen=True, slots=True)
class SegmentDesk:
    """What looking at segments needs. `documents` are the definitions in force as they are written."""

    looker: Looker
    backfills: Backfills
    documents: Callable[[], Documents]
    is_over: Callable[[], bool] = lambda: False


class PreviewAsk(BaseModel):
    """A draft, and where to go on from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    segment: dict[str, Any] = Field(description="A whole segment, or a condition alone.")
    sample: int = Field(default=10, ge=0, le=50)
    language: Literal["en", "ja"] = "en"
    next: str | None = Field(default=None, max_length=200, description="The `next` of an earlier preview.")


def segments_answer(path: list[str], request: HttpRequest, on: SegmentDesk, catalog: Catalog) -> Answer:
    """A page about segments, but for those about a person. The path is what follows `/admin`."""
    people = on.looker.people
    match path:
        case ["segments"]:
            return 200, {"segments": segment_bodies(catalog, progress_of(on.backfills))}
        case ["backfill"]:
            return 200, status_body(progress_of(on.backfills))
        case ["overlap"]:
            return _overlap(request, on, catalog)
        case ["segments", name]:
            segment = _defined(name, catalog)
            return (200, segment_page(segment, people, on.backfills, catalog)) if segment else _missing()
        case ["segments", name, "members"]:
            if name != EVERYONE and _defined(name, catalog) is None:
                return _missing()
            return _members(name, request, on)
        case _:
            return _missing()


def _members(segment: str, request: HttpRequest, on: SegmentDesk) -> Answer:
    limit = request.query_value("limit") or str(MEMBERS)
    if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= MOST_MEMBERS):
        return _unusable(f"limit: a whole number from 1 to {MOST_MEMBERS}")
    after = request.query_value("after") or ""
    position = place_from(after) if after else Position()
    if position is None:
        return _unusable("after: what an earlier page gave as next")
    return 200, members_body(segment, on.looker.people, position=position, limit=int(limit))


def _overlap(request: HttpRequest, on: SegmentDesk, catalog: Catalog) -> Answer:
    names = [name for name in (request.query_value("of") or "").split(",") if name]
    known = {EVERYONE, *(segment.id for segment in catalog.segments)}
    if not 2 <= len(set(names)) <= MOST or not set(names) <= known:
        return _unusable(f"of: two to {MOST} segments in force, with commas between them")
    return 200, overlap_body(overlap_of(names, on.looker.people))


def explanation_answer(
    segment: str,
    profile: Profile,
    on: SegmentDesk,
    catalog: Catalog,
    *,
    now: datetime,
    language: Language,
    sensitive: bool,
) -> Answer:
    """Why somebody is in a segment or is not."""
    found = _defined(segment, catalog)
    if found is None:
        return _missing()
    body = explanation_page(
        found,
        profile,
        on.looker.people,
        catalog,
        now=now,
        language=language,
        sensitive=sensitive,
        backfills=on.backfills,
    )
    return 200, body


def preview_answer(request: HttpRequest, on: SegmentDesk, catalog: Catalog, *, now: datetime) -> Answer:
    """What a draft would be, over everybody, or as many as there was time for. Nothing is saved."""
    try:
        ask = PreviewAsk.model_validate(request.json_value())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "body"
        return _unusable(f"{where}: {first['msg']}")
    except ValueError:
        return _unusable("body: not JSON, or nested too deeply")
    begin = place_from(ask.next) if ask.next else Position()
    if begin is None:
        return _unusable("next: what an earlier preview gave as next")
    try:
        around = drafted(ask.segment, on.documents(), version=catalog.version)
    except InvalidDefinition as refused:
        problems = [{"path": each.path, "reason": each.reason} for each in refused.problems]
        return 422, {
            "code": "invalid_definition",
            "message": "the draft would be refused",
            "problems": problems,
        }
    name = draft_in(around, ask.segment).id
    walked = Walked(begin, 0, {})
    for page in walk(around, (name,), on.looker.people, now=now, begin=begin):
        walked = page
        if on.is_over():
            break
    told = walked.sums[name]
    drawn = sample_of(name, told, on.looker, around, now=now, size=ask.sample) if ask.sample else ()
    reach = reach_of_members(told, on.looker, around, now=now)
    return 200, draft_body(name, walked, drawn, reach, ask.language)


def _defined(name: str, catalog: Catalog) -> Segment | None:
    return next((segment for segment in catalog.segments if segment.id == name), None)


def _missing() -> Answer:
    return 404, {"code": "not_found", "message": "no such thing"}


def _unusable(why: str) -> Answer:
    return 400, {"code": "invalid_parameter", "message": why}
