"""Consent held against what people buy, and why those left who left: over everybody, and nothing is written.

One read of each ledger, and of the timeline of those who said No: there stands the reason, if they told one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kizuna.core.addressing import country_of
from kizuna.core.brief.problems import is_amount
from kizuna.core.catalog import Catalog
from kizuna.core.conditions import AggregateNeed
from kizuna.core.consent.exchange import Exchange, Row, Worth, said_no
from kizuna.core.events import SourceKind
from kizuna.core.feedback import REASON_FOR_LEAVING
from kizuna.core.people import Profile
from kizuna.core.ports import Ledger, People
from kizuna.usecases.people.everybody import everybody

PAGE = 50

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the walk is (0 to 1), and what was found so far."""

    share: float
    found: Exchange


def exchange(
    people: People, ledger: Ledger, catalog: Catalog, *, now: datetime, page: int = PAGE
) -> Iterator[Progress]:
    """Ask everybody's ledger; the last report counts."""
    found = Exchange()
    for walked in everybody(people, page=page):
        for profile in walked.people:
            said = ledger.events(profile.parts)
            if said_no(said):
                found.add_leaving(_reasons(profile, people))
            found.add(
                said,
                country=country_of(profile),
                value=_bought(profile, catalog),
                policy=catalog.policy.consent,
                now=now,
            )
        yield Progress(walked.share, found)


def _reasons(profile: Profile, people: People) -> Iterator[str]:
    """The reasons that somebody told on our own pages; of any other source the name is just a name."""
    for event in (entry.event for entry in people.timeline(profile.parts)):
        reason = event.properties.get("reason")
        ours = event.name == REASON_FOR_LEAVING and event.source.kind is SourceKind.SYSTEM
        if ours and isinstance(reason, str):
            yield reason


def leaving_of(found: Exchange, catalog: Catalog) -> list[tuple[str, Mapping[str, str], int]]:
    """Each reason with its words and how many gave it, the most frequent first; those that nobody gave as well.

    A reason that is no longer offered is told by its id.
    """
    offered = {each.id: each.name for each in catalog.policy.preference_center.leaving_reasons}
    told = [
        (reason, offered.get(reason, {}), found.leaving.get(reason, 0))
        for reason in {**offered, **found.leaving}
    ]
    return sorted(told, key=lambda each: -each[2])


def _bought(profile: Profile, catalog: Catalog) -> float | None:
    """For how much, over all time; nothing at all is 0. None where the record does not remember it (yet)."""
    names = catalog.policy.brief.amounts
    for need in _sums(catalog):
        state: Mapping[str, Any] = profile.aggregates.get(need.key, {})
        if state.get("f") == need.form:
            sums = state.get("s", {})
            return float(next((sums[name] for name in names if is_amount(sums.get(name))), 0.0))
    return None


def remembers_orders(catalog: Catalog) -> bool:
    """Whether some definition has records remember for how much people bought."""
    return bool(_sums(catalog))


def _sums(catalog: Catalog) -> list[AggregateNeed]:
    """What records keep of all purchases: a sum of one of the properties that hold their amount."""
    rules = catalog.policy.brief
    return [
        need
        for need in catalog.needs.values()
        if [need.event] == list(rules.purchases) and not need.where and need.sums & set(rules.amounts)
    ]


def exchange_body(found: Exchange, catalog: Catalog) -> Body:
    """The report as JSON."""
    return {
        "people": found.people,
        "ordersRemembered": remembers_orders(catalog),
        "offers": [
            {
                "wording": offer.wording or None,
                "benefit": offer.benefit or None,
                "channel": offer.channel,
                "purpose": offer.purpose,
                "granted": row.granted,
                "standing": _worth(row.standing),
                "withdrawn": _worth(row.withdrawn),
                "lapsed": _worth(row.lapsed),
                "withdrawnShare": share_of(row),
            }
            for offer, row in found.ordered()
        ],
        "withoutConsent": _worth(found.without),
        "left": found.left,
        "leaving": [
            {"reason": reason, "name": dict(words), "people": people}
            for reason, words, people in leaving_of(found, catalog)
        ],
    }


def share_of(row: Row) -> float | None:
    """Which part of those who said Yes took it back; None where nobody said it."""
    return round(row.withdrawn.people / row.granted, 4) if row.granted else None


def _worth(worth: Worth) -> Body:
    return {
        "people": worth.people,
        "ordersKnownOf": worth.known,
        "orders": round(worth.total, 2) if worth.known else None,
        "mean": worth.mean,
    }
