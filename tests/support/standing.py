"""A small shop whose segments ask where people stand, and the means to put people on its list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.usecases.lists.listing import Clerk, keep_list
from tests.support.builders import (
    CAMPAIGN,
    NOON,
    a_catalog,
    some_documents,
)
from tests.support.customers import DAILY
from tests.support.folds import BUYERS
from tests.support.house import House

DAY = timedelta(days=1)


def a_shop(*conditions: Any, campaign: dict[str, Any] | None = None, **documents: Any) -> Catalog:
    """A catalog with a segment for each condition; further documents by `kind__id`."""
    everything: dict[tuple[str, str], Any] = {
        **some_documents(CAMPAIGN | DAILY | (campaign or {})),
        ("segment", "buyers"): BUYERS,
        ("list", "staff"): {"id": "staff", "name": "Staff"},
    }
    for number, when in enumerate(conditions):
        everything["segment", f"s{number}"] = {"id": f"s{number}", "name": "S", "when": when}
    for place, body in documents.items():
        kind, _, name = place.partition("__")
        everything[kind, name] = {"id": name, **body}
    return a_catalog(everything)


def listed(house: House, *references: str, inside: bool = True, request: str = "r1", **more: Any) -> Any:
    clerk = Clerk(house.people, house.ledger, house.new_id)
    found = keep_list(
        "staff", references, clerk, house.catalog, inside=inside, by="mia", request=request,
        now=more.pop("now", NOON), **more,
    )  # fmt: skip
    house.settle()
    return found
