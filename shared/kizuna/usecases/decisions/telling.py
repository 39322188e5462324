"""What a message is told of the person it goes to: as much as their privacy depth allows."""

from __future__ import annotations

from datetime import datetime

from kizuna.core.addressing import country_of
from kizuna.core.catalog import Catalog
from kizuna.core.consent.standing import is_allowed
from kizuna.core.people import Profile
from kizuna.core.ports import Ledger
from kizuna.core.restraint.depth import PERSONALISATION, Told, told_to_templates


def told_of(profile: Profile, ledger: Ledger, catalog: Catalog, *, language: str, now: datetime) -> Told:
    """The traits for a template. The ledger is read only where a deep trait is known and may be told."""

    def agreed() -> bool:
        return is_allowed(
            ledger.events(profile.parts),
            PERSONALISATION,
            country=country_of(profile),
            policy=catalog.policy.consent,
            now=now,
        )

    return told_to_templates(
        catalog.without_kept_out(profile),
        catalog.traits,
        catalog.policy.privacy_depth,
        language=language,
        agreed=agreed,
    )
