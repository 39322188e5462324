"""Two profiles that may be one person: what an operator should look at, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from kizuna.core.durations import instant_from_text, instant_to_text
from kizuna.core.identity.resolution import Suspicion
from kizuna.core.ids import digest

Verdict = Literal["open", "same", "different"]


@dataclass(frozen=True, slots=True)
class Review:
    """A pair of profiles. Its id follows from the pair: seen again it is the same review, settled or not.

    Holds no identifier and no trait: which types agreed, and by which rule, is all that it says.
    """

    id: str
    one: str  # profile ids, in order
    other: str
    rule: str
    evidence: tuple[str, ...]  # types of identifiers
    source: str
    at: datetime
    verdict: Verdict = "open"
    settled_at: datetime | None = None
    settled_by: str = ""


def review_of(person: str, other: str, suspicion: Suspicion, *, source: str, now: datetime) -> Review:
    """The review of a pair, newly opened."""
    one, two = sorted((person, other))
    return Review(digest("review", one, two), one, two, suspicion.rule, suspicion.evidence, source, now)


def review_to_json(review: Review) -> dict[str, Any]:
    """A review as it is stored and shown."""
    return {
        "id": review.id,
        "people": [review.one, review.other],
        "rule": review.rule,
        "evidence": list(review.evidence),
        "source": review.source,
        "at": instant_to_text(review.at),
        "verdict": review.verdict,
        "settledAt": instant_to_text(review.settled_at) if review.settled_at else None,
        "settledBy": review.settled_by,
    }


def review_from_json(body: Mapping[str, Any]) -> Review:
    """The inverse of `review_to_json`."""
    one, other = body["people"]
    settled_at = body["settledAt"]
    return Review(
        body["id"],
        one,
        other,
        body["rule"],
        tuple(body["evidence"]),
        body["source"],
        instant_from_text(body["at"]),
        body["verdict"],
        instant_from_text(settled_at) if settled_at else None,
        body["settledBy"],
    )
