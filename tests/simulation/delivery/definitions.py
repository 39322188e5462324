"""The definitions of a town, which change while a run is under way, and who still goes by older ones.

A function that is handed work from a queue, or from the stream, reads those of the moment with each batch, and goes
by them to its end (`runtime/entrypoints.py`). The others look again once what they know is some seconds old.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kizuna.core.campaigns import Campaign
from kizuna.core.catalog import Catalog
from kizuna.usecases.outcomes.braking import Handbrake

# As `Settings.catalog_seconds` has it: who does not ask for the very ones of the moment knows what was so back then.
REFRESHED_AFTER = timedelta(seconds=5)


class Definitions:
    """As much of the port `CatalogStore` as readers use, and the versions of before."""

    def __init__(self, catalog: Catalog, *, since: datetime) -> None:
        self._versions = [(since, catalog)]

    @property
    def first(self) -> Catalog:
        return self._versions[0][1]

    def current(self, *, fresh: bool = False) -> Catalog:
        return self._versions[-1][1]

    def known(self, chance: random.Random, *, now: datetime) -> Catalog:
        """What somebody knows who looked at any moment of the last seconds."""
        ends = [at for at, _ in self._versions[1:]]
        known = [
            catalog
            for (_, catalog), until in zip(self._versions, [*ends, None], strict=True)
            if until is None or until > now - REFRESHED_AFTER
        ]
        return known[0] if len(known) == 1 else chance.choice(known)

    def change(self, campaign: Campaign, *, now: datetime) -> None:
        """Put a campaign in force as it is now, as `apply` does: with the next version of its own and of all."""
        before, name = self.current(), f"campaign/{campaign.id}"
        versions = {**before.versions, name: before.versions[name] + 1}
        campaigns = {**before.campaigns, campaign.id: campaign}
        after = replace(before, campaigns=campaigns, versions=versions, version=before.version + 1)
        self._versions.append((now, after))


@dataclass(slots=True)
class Seen:
    """What one batch has read and goes by to its end: the brakes, and the definitions once somebody read them."""

    brakes: Handbrake
    catalog: Catalog | None = None
