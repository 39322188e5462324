"""What must be true in the end, worked out from the deeds alone: dictionaries, one pass, nothing of the product.

Who shares an identifier is one person. Of a trait the newest counts. An order is an order, told once or ten times.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.crowd import TABLET, Deed

UNSURE = timedelta(seconds=5)  # so close to the edge of a window a corrected clock may fall on either side


@dataclass(slots=True)
class Person:
    """One person as the deeds show them."""

    identifiers: set[tuple[str, str]] = field(default_factory=set)
    deeds: dict[str, Deed] = field(default_factory=dict)

    @property
    def orders(self) -> list[Deed]:
        return sorted(
            (deed for deed in self.deeds.values() if deed.total is not None), key=lambda deed: deed.at
        )

    @property
    def traits(self) -> dict[str, tuple[Any, datetime]]:
        newest: dict[str, tuple[Any, datetime]] = {}
        for deed in sorted(self.deeds.values(), key=lambda deed: deed.at):
            told = deed.traits | ({"email": deed.email} if deed.email else {})
            newest |= {name: (value, deed.at) for name, value in told.items()}
        return newest

    def segments(self, now: datetime) -> tuple[set[str], set[str]]:
        """The segments that the person is in, and those that it may be in."""
        spent = round(sum(order.total or 0 for order in self.orders), 6)
        plan = self.traits.get("plan", (None, now))[0]
        since = now - timedelta(days=2)
        inside = {"everyone"}
        if any(order.at > since for order in self.orders):
            inside.add("buyers")
        if len(self.orders) >= 3:
            inside.add("loyal")
        if spent >= 300:
            inside.add("spenders")
        if plan == "pro":
            inside.add("pros")
        if sum(deed.name == "Product Viewed" for deed in self.deeds.values()) >= 4:
            inside.add("lookers")
        near = any(abs(order.at - since) < UNSURE for order in self.orders)
        return inside, {"buyers"} if near else set()


def identifiers_of(deed: Deed) -> set[tuple[str, str]]:
    """What tells whose deed this is. The tablet tells nothing: its first user keeps it, the others go without."""
    told = {
        ("user_id", deed.user),
        ("anonymous_id", deed.device if deed.device != TABLET else None),
        ("anonymous_id", deed.previous),
        ("email", deed.email),
    }
    return {(kind, value) for kind, value in told if value}


def everybody(deeds: Iterable[Deed]) -> list[Person]:
    """All people that these deeds are of."""
    of: dict[tuple[str, str], Person] = {}
    for deed in deeds:
        if deed.bad is not None:
            continue
        known = identifiers_of(deed)
        people = list({id(of[key]): of[key] for key in known if key in of}.values())
        person, *others = people or [Person()]
        for other in others:
            person.identifiers |= other.identifiers
            person.deeds |= other.deeds
        person.identifiers |= known
        person.deeds[deed.id] = deed
        of |= dict.fromkeys(person.identifiers, person)
    return list({id(person): person for person in of.values()}.values())
