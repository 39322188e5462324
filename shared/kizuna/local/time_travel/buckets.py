"""People in RFM buckets: what a run over everybody would have found, told by a story about one person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.errors import InvalidDefinition, Problem
from kizuna.core.people import Profile
from kizuna.core.ports import People
from kizuna.core.rfm.scores import Bucket, scores_in, standing_of
from kizuna.usecases import rfm
from kizuna.usecases.reacting.upkeep import with_current_memory


def put_into(
    buckets: Mapping[str, Bucket],
    profile: Profile,
    people: People,
    catalog: Catalog,
    *,
    now: datetime,
    where: str,
) -> None:
    """Store the buckets of a person as a run of each definition would, with what follows from it.

    Raises InvalidDefinition, naming `where`, for a definition that there is not, or a bucket that its grid has not.
    """
    for name, bucket in buckets.items():
        definition = catalog.rfm.get(name)
        if definition is None:
            raise InvalidDefinition((Problem(f"{where}.{name}", f"there is no rfm {name!r}"),))
        scores = scores_in(bucket, definition)
        if scores is None:
            raise InvalidDefinition((Problem(f"{where}.{name}", f"its grid has no bucket {bucket!r}"),))
        stored = people.profiles([profile.id])[profile.id]
        current = with_current_memory(stored, people, catalog, now=now)
        after = rfm.with_standing(current, name, standing_of(scores, definition), at=now)
        people.commit(rfm.write_of(after, stored, current, catalog, cause=f"rfm {name} told", now=now))
