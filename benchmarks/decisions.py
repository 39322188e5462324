"""Decisions of the core alone: choosing, the gate, the record of why. No store, not even one in memory."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.messages import documents
from benchmarks.sides import WrongAnswer
from benchmarks.timing import settled_memory
from kizuna.core.campaigns import TRIGGERED
from kizuna.core.catalog import Catalog, build
from kizuna.core.decide import Decided, Occasion, decide
from kizuna.core.messages import State
from kizuna.core.people import Address, Profile, Trait
from kizuna.core.restraint.caps import Heard
from kizuna.core.restraint.pressure import NOTHING
from kizuna.core.segments import EVERYONE

DECISIONS = 4_000
_NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)  # noon in New York
_MONTH_AGO = _NOON - timedelta(days=30)


def decisions_a_second() -> float:
    """Of a promotional mail of the sample workspace, by seconds of CPU. Raises WrongAnswer unless each goes out."""
    catalog = build(documents(), version=1, linted=True)
    people = [_profile(number, catalog) for number in range(DECISIONS)]
    campaign = catalog.campaigns["hello"]
    occasion = Occasion(campaign, 1, TRIGGERED, since=_NOON)

    def decided(profile: Profile) -> Decided:
        return decide(profile, occasion, ledger=(), heard=Heard(NOTHING), catalog=catalog, now=_NOON)

    decided(people[0])  # what is worked out once for a catalog
    with settled_memory():
        began = time.process_time()
        found = [decided(profile) for profile in people]
        seconds = time.process_time() - began
    if not all(each.message.state is State.PENDING for each in found):
        raise WrongAnswer(f"not everybody is written to: {found[0].message.state} {found[0].message.reason}")
    return DECISIONS / seconds


def _profile(number: int, catalog: Catalog) -> Profile:
    person = f"p{number:07d}"
    address = Address("email", f"u{number}@people.example", _MONTH_AGO)
    traits: dict[str, Any] = {"country": "US", "timezone": "America/New_York", "first_name": "Ada"}
    return Profile(
        id=person,
        version=1,
        reach_version=1,
        created_at=_MONTH_AGO,
        updated_at=_MONTH_AGO,
        traits={name: Trait(value, _MONTH_AGO, "shop") for name, value in traits.items()},
        addresses={address.key: address},
        segments=frozenset({EVERYONE}),
        parts=(person,),
        bucket_id=person,
        evaluated=f"{catalog.segment_index.fingerprint}.1",
    )
