"""The summary of a person's ledger on the record, made anew where it is not that of the ledger as it stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from kizuna.core.people import Profile
from kizuna.core.ports import People

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog


def with_current_consents(profile: Profile, people: People, catalog: Catalog, *, now: datetime) -> Profile:
    """The person with what conditions may ask of consents, and without it where none asks. Writes nothing.

    The ledger is read only where the summary is missing or another chain's: a chain grows in writes of its person
    alone, and these make the summary anew (`folding.settled`).
    """
    if not catalog.asks_consents:
        return profile if profile.consents is None else replace(profile, consents=None)
    return with_consents(profile, people, now=now)


def with_consents(profile: Profile, people: People, *, now: datetime) -> Profile:
    """The same, whether or not a condition in force asks: for whoever answers those that are to come."""
    from kizuna.core.consent.summary import chain_mark, summary_of  # where some condition asks for it

    if profile.consents is not None and profile.consents.mark == chain_mark(
        profile.parts, profile.ledger_length
    ):
        return profile
    is_new = profile.ledger_length == 0 and set(profile.parts) <= {profile.id}
    told = () if is_new else people.recorded_consents(profile.parts)
    return replace(
        profile, consents=summary_of(told, parts=profile.parts, length=profile.ledger_length, now=now)
    )
