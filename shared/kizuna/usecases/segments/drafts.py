"""Drafts of segments: conditions that are not in force, made ready to be asked of stored people.

A draft is built with the whole workspace around it, so it is refused for the same reasons as when it is saved, with
the same paths. What is asked of people then is only what the draft looks at: its own questions, and the segments that
they ask about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from kizuna.core.aggregates import needs_of
from kizuna.core.catalog import Catalog, Documents, build
from kizuna.core.condition_asks import asks_of
from kizuna.core.errors import InvalidDefinition, Problem
from kizuna.core.segments import Segment, references_of

DRAFT = "draft"  # the id of a condition that has none
_SEGMENT_KEYS = frozenset({"when", "id", "name", "description", "exclude"})


def drafted(document: Any, stored: Documents, *, version: int = 0, place: str = DRAFT) -> Catalog:
    """A catalog that holds the draft, and no segments but those that it looks at; the draft is the last of them.

    `document` is a whole segment, or a condition alone. Raises InvalidDefinition naming every path.
    """
    wanted = _segment_document(document, place)
    identifier = str(wanted["id"])
    key = ("segment", identifier)
    try:
        catalog = build(
            {**stored, key: wanted},
            version=version,
            origin=lambda kind, name: place if (kind, name) == key else f"{kind}/{name}",
            linted=True,
            unsaved=(key,),
        )
    except InvalidDefinition as refused:
        if wanted.get("when") is not document:
            raise
        raise InvalidDefinition(tuple(_of_a_condition(each, place) for each in refused.problems)) from None
    return focused(catalog, [identifier])


def _of_a_condition(problem: Problem, place: str) -> Problem:
    """A condition alone stands under no `when`."""
    before = f"{place}: when"
    if not problem.path.startswith((f"{before}.", f"{before}:")) and problem.path != before:
        return problem
    below = problem.path.removeprefix(before).removeprefix(".")
    return Problem(f"{place}: {below}" if below else place, problem.reason)


def _segment_document(document: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(document, Mapping):
        raise InvalidDefinition((Problem(place, "is neither a segment nor a condition"),))
    if ("when" in document and set(document) & _SEGMENT_KEYS - {"when"}) or set(document) == {"when"}:
        return {"id": DRAFT, "name": str(document.get("id", DRAFT)), **document}
    return {"id": DRAFT, "name": DRAFT, "when": document}


def focused(catalog: Catalog, segments: Iterable[str]) -> Catalog:
    """The catalog with these segments, those that they ask about, and no more to be remembered than they need."""
    known = {segment.id: segment for segment in catalog.segments}
    wanted: set[str] = set()
    waiting = [name for name in segments if name in known]
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += [other for other in references_of(known[name]) if other in known]
    kept = tuple(segment for segment in catalog.segments if segment.id in wanted)
    conditions = [part for segment in kept for part in (segment.when, segment.exclude) if part is not None]
    needs = needs_of(conditions)
    asks = asks_of(conditions, events=(name for need in needs.values() for name in need.names))
    return replace(catalog, segments=kept, needs=needs, asks=asks, _index=[])


def draft_in(catalog: Catalog, document: Any) -> Segment:
    """The segment that a draft's document became."""
    name = document.get("id", DRAFT) if isinstance(document, Mapping) and "when" in document else DRAFT
    return next(segment for segment in catalog.segments if segment.id == name)
