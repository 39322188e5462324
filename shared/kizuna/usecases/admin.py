"""The management side over HTTP: people, decisions, definitions and reports, read only.

    /admin/people/{ref}              the 360° view (`person_view`)
    /admin/people/{ref}/brief        what to know before contacting the person
    /admin/people/{ref}/timeline     events, page by page
    /admin/people/{ref}/decisions    what was intended for the person and why, page by page
    /admin/people/{ref}/consents     the ledger
    /admin/decisions                 of a person or a campaign, and why somebody heard nothing (`decision_desk`)
    /admin/violations                what could not be used, by source, event, field and cause
    /admin/inventory                 every field that the definitions know of
    /admin/sources                   the source registry, and how each source stands
    /admin/segments, /admin/overlap, /admin/preview, /admin/backfill     segments (`segment_desk`)

Changing definitions is the workspace's matter (`kizuna apply`), which leaves a version behind. Whoever reads needs
one of the roles of the user pool: every page here is about people, or about what is done with them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never
from urllib.parse import unquote

from kizuna.core.catalog import Catalog
from kizuna.core.consent import consent_event_to_json
from kizuna.core.errors import KizunaError
from kizuna.core.identity.reviews import review_to_json
from kizuna.core.intake.http import HttpRequest, wrong_method
from kizuna.core.people import Profile
from kizuna.core.rights.rights import PRIVACY, roles_of
from kizuna.core.sentences import Language
from kizuna.usecases.decisions.desk import Unusable, decisions_answer
from kizuna.usecases.desk import Desk
from kizuna.usecases.identity.reviewing import open_reviews
from kizuna.usecases.measuring.report_desk import report_answer
from kizuna.usecases.people.bodies import brief_body, person_body
from kizuna.usecases.people.finding import Ambiguous, find_person
from kizuna.usecases.people.pages import LARGEST_PAGE, PAGE, decisions_body, place_of, timeline_body
from kizuna.usecases.people.view import view_of_person
from kizuna.usecases.quality.data_pages import (
    DataDesk,
    DataPage,
    inventory_body,
    sources_body,
    violations_body,
)
from kizuna.usecases.segments.desk import (
    SegmentDesk,
    explanation_answer,
    preview_answer,
    segments_answer,
)

Answer = tuple[int, dict[str, Any]]

READERS = frozenset({"viewer", "author", "approver", PRIVACY})  # roles, each a group of the user pool


class InvalidParameter(KizunaError):
    """A query parameter that cannot be used; says which and what it may be."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request asks for of a person."""

    limit: int
    before: str
    country: str | None
    sensitive: bool

    @classmethod
    def of(cls, request: HttpRequest) -> _Asked:
        """Read the query. Raises InvalidParameter."""
        limit = request.query_value("limit") or str(PAGE)
        if not (limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= LARGEST_PAGE):
            raise InvalidParameter(f"limit: a whole number from 1 to {LARGEST_PAGE}")
        given = request.query_value("before") or ""
        before = place_of(given) if given else ""
        if before is None:
            raise InvalidParameter("before: what an earlier page gave as next")
        country = request.query_value("country") or None
        if country is not None and not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise InvalidParameter("country: a code of two letters such as JP")
        return cls(int(limit), before, country, PRIVACY in roles_of(request.claims))


def serve(
    request: HttpRequest,
    on: Desk,
    data: DataDesk,
    segments: SegmentDesk,
    catalog: Catalog,
    *,
    now: datetime,
) -> Answer:
    """Answer one request; unknown paths are 404, wrong methods 405, always as `code` and `message`.

    Everything is read. A draft of a segment is asked about by POST, for it may be long.
    """
    path = [unquote(part) for part in request.path.strip("/").split("/")]
    is_preview = path == ["admin", "preview"]
    if request.method != ("POST" if is_preview else "GET"):
        told = "the management API reads; use kizuna apply to change"
        return wrong_method("POST" if is_preview else "GET", told)
    if not roles_of(request.claims) & READERS:
        return 403, {"code": "forbidden", "message": f"needs one of the roles {', '.join(sorted(READERS))}"}
    if is_preview:
        return preview_answer(request, segments, catalog, now=now)
    match path:
        case ["admin", "people", *reference] if any(reference):
            return _of_person(reference, request, on, catalog, now=now)
        case ["admin", "segments", segment, "explain", *reference] if any(reference):
            return _why_in(segment, reference, request, on, segments, catalog, now=now)
        case ["admin", "segments" | "backfill" | "overlap", *_]:
            return segments_answer(path[1:], request, segments, catalog)
        case ["admin", "campaigns"]:
            campaigns = [
                campaign.model_dump(mode="json", by_alias=True) for campaign in catalog.campaigns.values()
            ]
            return 200, {"campaigns": campaigns}
        case ["admin", "campaigns", campaign, "report"]:
            return report_answer(campaign, request, on, catalog, now=now)
        case ["admin", "decisions"]:
            return _decisions(request, on, catalog, now=now)
        case ["admin", "violations" | "inventory" | "sources" as page]:
            return _of_data(page, request, data, catalog, now=now)
        case ["admin", "reviews"]:
            return 200, {"reviews": [review_to_json(review) for review in open_reviews(on.people)]}
        case ["admin", "catalog"]:
            return 200, {"version": catalog.version, "definitions": dict(catalog.versions)}
        case _:
            return 404, {"code": "not_found", "message": "no such thing"}


def _decisions(request: HttpRequest, on: Desk, catalog: Catalog, *, now: datetime) -> Answer:
    try:
        return decisions_answer(request, on, catalog, now=now)
    except Unusable as refusal:
        return 400, {"code": "invalid_parameter", "message": str(refusal)}
    except Ambiguous as several:
        return 409, ambiguous_body(several)


def _of_data(
    page: DataPage, request: HttpRequest, data: DataDesk, catalog: Catalog, *, now: datetime
) -> Answer:
    match page:
        case "violations":
            try:
                return 200, violations_body(data, day=request.query_value("day"), now=now)
            except ValueError:
                return 400, {"code": "invalid_request", "message": "day: a date such as 2026-11-22"}
        case "inventory":
            return 200, inventory_body(catalog, language=request.query_value("language") or "en")
        case "sources":
            return 200, sources_body(data, catalog, now=now)
        case _:
            assert_never(page)


def _of_person(path: list[str], request: HttpRequest, on: Desk, catalog: Catalog, *, now: datetime) -> Answer:
    """An identifier may hold a slash, and some gateways decode a path before they hand it on: what is left when the
    name of a page is taken off the end is the identifier."""

    def whole(profile: Profile, asked: _Asked) -> dict[str, Any]:
        view = view_of_person(profile, on, catalog, now=now)
        return person_body(view, catalog, limit=asked.limit, sensitive=asked.sensitive)

    def timeline(profile: Profile, asked: _Asked) -> dict[str, Any]:
        return timeline_body(
            profile, on.people, catalog, before=asked.before, limit=asked.limit, sensitive=asked.sensitive
        )

    pages: dict[str, Callable[[Profile, _Asked], dict[str, Any]]] = {
        "brief": lambda profile, _: brief_body(view_of_person(profile, on, catalog, now=now).brief, catalog),
        "timeline": timeline,
        "decisions": lambda profile, asked: decisions_body(
            profile, on.messages, catalog, before=asked.before, limit=asked.limit
        ),
        "consents": lambda profile, _: _consents(profile, on),
    }
    page = pages[path[-1]] if len(path) > 1 and path[-1] in pages else whole
    reference = "/".join(path if page is whole else path[:-1])
    return _of_somebody(reference, request, on, catalog, lambda profile, asked: (200, page(profile, asked)))


def _of_somebody(
    reference: str,
    request: HttpRequest,
    on: Desk,
    catalog: Catalog,
    answer: Callable[[Profile, _Asked], Answer],
) -> Answer:
    """The answer about whoever is meant; refused where that is nobody, or more than one."""
    try:
        asked = _Asked.of(request)
        profile = find_person(reference, on.people, country=asked.country, rules=catalog.identity)
    except InvalidParameter as refusal:
        return 400, {"code": "invalid_parameter", "message": str(refusal)}
    except Ambiguous as several:
        return 409, ambiguous_body(several)
    if profile is None:
        return 404, {"code": "not_found", "message": "no person with this identifier"}
    return answer(profile, asked)


def _why_in(
    segment: str,
    reference: list[str],
    request: HttpRequest,
    on: Desk,
    segments: SegmentDesk,
    catalog: Catalog,
    *,
    now: datetime,
) -> Answer:
    language: Language = "ja" if request.query_value("language") == "ja" else "en"

    def why(profile: Profile, asked: _Asked) -> Answer:
        return explanation_answer(
            segment, profile, segments, catalog, now=now, language=language, sensitive=asked.sensitive
        )

    return _of_somebody("/".join(reference), request, on, catalog, why)


def ambiguous_body(several: Ambiguous) -> dict[str, Any]:
    """Whom a reference may mean, so that it can be asked again by profile id or with the kind in front."""
    candidates = [{"kind": each.kind, "id": each.person} for each in several.candidates]
    return {
        "code": "ambiguous",
        "message": "fits several people; ask by the id of one, or with the kind in front, such as user_id:",
        "candidates": candidates,
    }


def _consents(profile: Profile, on: Desk) -> dict[str, Any]:
    events = on.ledger.events(profile.parts)
    return {"id": profile.id, "consents": [consent_event_to_json(event) for event in events]}
