"""Pairs that may be one person: what waits to be looked at."""

from __future__ import annotations

from dataclasses import replace

from kizuna.core.identity.reviews import Review
from kizuna.core.ports import People


def open_reviews(people: People) -> tuple[Review, ...]:
    """The reviews that still ask something, the oldest first: both sides live, and are two.

    A side that was merged since stands for the person it lives on in.
    """
    found = people.reviews()
    living = people.profiles({person for review in found for person in (review.one, review.other)})
    return tuple(
        replace(review, one=living[review.one].id, other=living[review.other].id)
        for review in found
        if review.one in living
        and review.other in living
        and living[review.one].id != living[review.other].id
    )
