"""What a batch makes of a profile, while it is being made: filled event by event, read once at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from kizuna.core.aggregates import State
from kizuna.core.people import Address, Listing, Profile, Trait
from kizuna.core.restraint.exclusions import Exclusions


@dataclass(slots=True)
class Draft:
    """Those parts of a profile that events change one by one. Copying the whole for each would cost more than them.

    `base` is the profile before, untouched; the maps are the draft's own.
    """

    base: Profile
    traits: dict[str, Trait]
    addresses: dict[tuple[str, str], Address]
    zone: str | None
    zone_at: datetime | None
    language: str | None
    language_at: datetime | None
    gpc: bool
    last_event_at: datetime | None
    purchased_at: datetime | None
    exclusions: Exclusions
    lists: Mapping[str, Listing]

    def profile(self, *, aggregates: Mapping[str, State] | None = None) -> Profile:
        """The profile as it is now, with these aggregates if some are given."""
        return replace(
            self.base,
            aggregates=self.base.aggregates if aggregates is None else aggregates,
            traits=dict(self.traits),
            addresses=dict(self.addresses),
            zone=self.zone,
            zone_at=self.zone_at,
            language=self.language,
            language_at=self.language_at,
            gpc=self.gpc,
            last_event_at=self.last_event_at,
            purchased_at=self.purchased_at,
            exclusions=self.exclusions,
            lists=self.lists,
        )


def draft_of(profile: Profile) -> Draft:
    """A draft that still equals the profile."""
    return Draft(
        profile,
        dict(profile.traits),
        dict(profile.addresses),
        profile.zone,
        profile.zone_at,
        profile.language,
        profile.language_at,
        profile.gpc,
        profile.last_event_at,
        profile.purchased_at,
        profile.exclusions,
        profile.lists,
    )
