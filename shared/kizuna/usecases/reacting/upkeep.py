"""One person in line with the definitions in force: what the record remembers, and the segments it stands in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from kizuna.core.aggregates import empty, stale_keys
from kizuna.core.catalog import Catalog
from kizuna.core.durations import instant_to_text
from kizuna.core.folding import settled
from kizuna.core.people import Profile
from kizuna.core.ports import People, PersonWrite
from kizuna.core.segments.backfill import is_behind
from kizuna.usecases.ingesting.consent_memory import with_current_consents
from kizuna.usecases.ingesting.person_write import rebuilt
from kizuna.usecases.ingesting.rewriting import rewrite
from kizuna.usecases.ingesting.stand_memory import with_current_stands


def bring_up_to_date(
    person: str,
    people: People,
    catalog: Catalog,
    *,
    now: datetime,
    alarm: bool,
    read: Profile | None = None,
    recall: Callable[[Profile], Profile] = lambda profile: profile,
) -> bool:
    """Evaluate a person's segments anew. An alarm announces what it changes, a changed definition does not.

    `recall` adds what is read back of what nobody remembered before.

    Guarded by the profile's version: if somebody else wrote meanwhile, it is read and evaluated again. `read` is the
    person as somebody read them just now. False where nothing had to be written. A crash leaves the person as before.
    """

    def write_of(profile: Profile) -> PersonWrite | None:
        if profile.id != person:
            return None  # living on in somebody else
        return brought_up(profile, people, catalog, now=now, alarm=alarm, recall=recall)

    return rewrite(person, people, write_of, read=read)


def brought_up(
    profile: Profile,
    people: People,
    catalog: Catalog,
    *,
    now: datetime,
    alarm: bool = False,
    recall: Callable[[Profile], Profile] = lambda profile: profile,
) -> PersonWrite | None:
    """The write that `bring_up_to_date` does for a person as read; None where nothing has to be written."""
    current = recall(with_current_memory(profile, people, catalog, now=now))
    # An alarm that rings early, or twice, has nothing to announce: what changes now was changed by definitions.
    rang = alarm and profile.due_at is not None and profile.due_at <= now
    cause = instant_to_text(profile.due_at) if rang and profile.due_at else ""
    folded = settled(
        before=profile,
        after=current,
        catalog=catalog,
        now=now,
        alarm=cause,
        announces=bool(cause),
        base=current,
    )
    unchanged = (
        folded.profile.segments == profile.segments
        and folded.profile.due_at == profile.due_at
        and current.aggregates == profile.aggregates
        and current.traits == profile.traits
        and current.consents == profile.consents
        and folded.profile.moves == profile.moves
        and folded.profile.stands == profile.stands
    )
    return None if unchanged else PersonWrite(folded, profile.version)


def with_current_memory(profile: Profile, people: People, catalog: Catalog, *, now: datetime) -> Profile:
    """The person remembering what conditions in force ask for, and nothing else. Writes nothing."""
    profile = with_current_consents(profile, people, catalog, now=now)
    profile = with_current_stands(profile, people, catalog.asks.journeys)
    stale = stale_keys(profile.aggregates, catalog.needs)
    kept = {
        key: state for key, state in profile.aggregates.items() if key in catalog.needs and key not in stale
    }
    if not stale:
        return replace(profile, aggregates=kept)
    states = {**kept, **{key: empty(catalog.needs[key]) for key in stale}}
    return replace(profile, aggregates=rebuilt(states, profile, people, catalog, stale=stale, now=now))


def as_defined(profile: Profile, people: People, catalog: Catalog, *, now: datetime) -> Profile:
    """The person as the definitions in force see them at this moment. Writes nothing.

    The same object where the record was written by these very definitions. Otherwise, between a change of definitions
    and the moment at which a backfill comes by, what a condition asks for may not be remembered yet: whoever decides
    on such a record would take what it does not know for what did not happen.
    """
    if not is_behind(profile, catalog):
        return profile
    current = with_current_memory(profile, people, catalog, now=now)
    standing = catalog.segment_index.standing(catalog.decidable(current), now=now)
    return replace(current, segments=standing.segments)
