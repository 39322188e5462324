"""Walks over everybody and finds who gave which product up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.people import Profile
from kizuna.core.ports import People
from kizuna.core.restraint.exclusions import Exclusion, standing
from kizuna.usecases.people.everybody import everybody

PAGE = 100


@dataclass(frozen=True, slots=True)
class Excluded:
    """One person with the products that are excluded at the moment of the walk."""

    profile: Profile
    products: Mapping[str, Exclusion]


@dataclass(frozen=True, slots=True)
class Page:
    """What one page of people gave, and how far the walk is: `looked_at` people, `share` of all shards (0 to 1)."""

    found: tuple[Excluded, ...]
    looked_at: int
    share: float


def excluded_people(
    people: People, catalog: Catalog, *, now: datetime, product: str | None = None, page: int = PAGE
) -> Iterator[Page]:
    """Everybody who gave something (or that product) up, page by page; memory holds one page."""
    rules = catalog.policy.product_exclusions
    for walked in everybody(people, page=page):
        found = []
        for profile in walked.people:
            excluded = standing(profile.exclusions, rules, now=now)
            products = {name: each for name, each in excluded.items() if product in (None, name)}
            if products:
                found.append(Excluded(profile, products))
        yield Page(tuple(found), walked.looked_at, walked.share)
