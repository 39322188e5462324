"""Where a person stands in journeys: kept on the record of those journeys of which some condition asks.

What is kept is told by the person's runs (`journeys.standing`). Of a journey that is not kept nothing is known, and
of one that is kept with nothing that they were never in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

Stands = Mapping[str, frozenset[str]]  # of a journey: in, completed, exited


def united_stands(one: Stands, other: Stands) -> Stands:
    """Of two people who turn out to be one: what both records tell of, together."""
    return {name: one[name] | other[name] for name in sorted(one.keys() & other.keys())}


def asked_stands(stands: Stands, asked: Collection[str], *, is_new: bool) -> Stands:
    """What is kept where these journeys are asked about. Somebody new was never in any."""
    nowhere: Stands = dict.fromkeys(asked, frozenset()) if is_new else {}
    known = {**nowhere, **stands}
    return {name: known[name] for name in sorted(asked) if name in known}


def unknown_journeys(stands: Stands, asked: Collection[str]) -> frozenset[str]:
    """The journeys that are asked about, and of which the record does not tell yet."""
    return frozenset(asked) - stands.keys()
