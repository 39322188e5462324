"""The verdict on a pair that may be one person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Literal

from kizuna.core.catalog import Catalog
from kizuna.core.errors import KizunaError, NotFound
from kizuna.core.identity.reviews import Review
from kizuna.usecases.identity.unmerge import Registry, merge_by_hand


class AlreadySettled(KizunaError):
    """Somebody has given a verdict on this review before."""


def settle(
    review_id: str,
    verdict: Literal["same", "different"],
    on: Registry,
    catalog: Catalog,
    *,
    reason: str,
    actor: str,
    now: datetime,
) -> Review:
    """Give a verdict: `same` unites the two, `different` keeps the pair from being asked about again.

    The merge comes first and may be refused (CannotMerge: two user ids, say); then the review stays open. A crash
    after the merge leaves a review of one person, which is listed no more. Raises NotFound, AlreadySettled.
    """
    review = _of_id(review_id, on.people.reviews())
    if review is None:
        if _of_id(review_id, (*on.people.reviews(verdict="same"), *on.people.reviews(verdict="different"))):
            raise AlreadySettled(f"review {review_id} is settled already")
        raise NotFound(f"there is no review {review_id!r}")
    if verdict == "same":
        living = on.people.profiles([review.one, review.other])
        one, other = (living[side].id if side in living else side for side in (review.one, review.other))
        if one != other:
            merge_by_hand(one, other, on, catalog, reason=reason, now=now)
    settled = replace(review, verdict=verdict, settled_at=now, settled_by=actor)
    if not on.people.settle_review(settled):
        raise AlreadySettled(f"review {review_id} is settled already")
    return settled


def _of_id(review_id: str, reviews: Iterable[Review]) -> Review | None:
    return next((review for review in reviews if review.id == review_id), None)
