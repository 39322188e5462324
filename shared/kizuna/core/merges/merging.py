"""Two profiles turn out to be one person. Nothing is lost, no consent is loosened, nothing is announced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from kizuna.core.aggregates import State, empty, united
from kizuna.core.consent import ConsentEvent, carried_over
from kizuna.core.consent.signals import united_words
from kizuna.core.devices import DEVICES, united_devices
from kizuna.core.durations import FIRST
from kizuna.core.ids import digest
from kizuna.core.merges.survivorship import survivor
from kizuna.core.people import Address, Apart, Identity, Profile, Trait
from kizuna.core.restraint import exclusions
from kizuna.core.seen import united_marks
from kizuna.core.segments.lists import united_lists
from kizuna.core.segments.moves import united_moves
from kizuna.core.segments.stands import Stands, asked_stands, united_stands

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Merge:
    """The person that results, and the opt-outs that are carried over into the primary's ledger.

    `id` begins with the id of the primary, in whose partition the record of the merge lies.
    """

    id: str
    profile: Profile
    absorbed: tuple[Profile, ...]
    carried: tuple[ConsentEvent, ...]
    as_stored: tuple[Profile, ...] = ()  # the absorbed before this


def merge(
    primary: Profile,
    absorbed: Sequence[Profile],
    ledgers: Mapping[str, Sequence[ConsentEvent]],
    catalog: Catalog,
    *,
    now: datetime,
) -> Merge:
    """Unite profiles into `primary`, which keeps its id. `ledgers` holds the consent events per profile id.

    Every opt-out that stands on either side is carried over with the time of the merge, so that only a
    grant given after it can lift one (`consent.md` 3.4).
    """
    # With the versions, so that merging again after an unmerge is another merge.
    sides = sorted(f"{profile.id}@{profile.version}" for profile in (primary, *absorbed))
    merge_id = f"{primary.id}.{digest('merge', *sides)}"
    after = primary
    for other in absorbed:
        after = _united(after, other, catalog)
    carried: dict[str, ConsentEvent] = {}
    for profile in (primary, *absorbed):
        for copy in carried_over(ledgers.get(profile.id, ()), merge_id=merge_id, at=now):
            carried[copy.id] = _stricter(copy, carried.get(copy.id, copy))
    gone = tuple(
        replace(
            other,
            version=other.version + 1,
            reach_version=other.reach_version + 1,
            merged_into=primary.id,
            segments=frozenset(),
            due_at=None,
            updated_at=now,
        )
        for other in absorbed
    )
    return Merge(merge_id, after, gone, tuple(carried.values()), tuple(absorbed))


def _stricter(copy: ConsentEvent, twin: ConsentEvent) -> ConsentEvent:
    """Of an opt-out that stood on several sides (a STOP of a shared phone): only what lifted it on all lifts it."""
    return replace(copy, lifted_by=tuple(grant for grant in copy.lifted_by if grant in twin.lifted_by))


def _united(one: Profile, other: Profile, catalog: Catalog) -> Profile:
    older = min(one, other, key=lambda profile: (profile.created_at, profile.bucket_id))
    return replace(
        one,
        created_at=min(one.created_at, other.created_at),
        identities=_pick(one.identities, other.identities, _first_evidence),
        traits=_traits(one.traits, other.traits, catalog),
        addresses=_addresses(one.addresses, other.addresses),
        aggregates=united(_remembered(one, catalog), _remembered(other, catalog), catalog.needs),
        held_rows={**one.held_rows, **other.held_rows},
        seen=united_marks(one.seen, other.seen),
        seen_pages=tuple(dict.fromkeys((*one.seen_pages, *other.seen_pages))),
        parts=tuple(dict.fromkeys((*one.parts, *other.parts))),
        bucket_id=older.bucket_id,
        status="restricted" if "restricted" in (one.status, other.status) else one.status,
        gpc=one.gpc or other.gpc,
        **_last_seen(one, other),
        consent_scopes=united_words(one.consent_scopes, other.consent_scopes),
        last_event_at=max(filter(None, (one.last_event_at, other.last_event_at)), default=None),
        purchased_at=max(filter(None, (one.purchased_at, other.purchased_at)), default=None),
        exclusions=exclusions.united(one.exclusions, other.exclusions),
        apart=_apart(one, other),
        consents=None,  # of more chains now: made anew by the merge's own write
        moves=united_moves(one.moves, other.moves),
        stands=united_stands(_stands(one, catalog), _stands(other, catalog)),
        lists=united_lists(one.lists, other.lists),
    )


def _apart(one: Profile, other: Profile) -> tuple[Apart, ...]:
    """Whom either was once taken for; but not each other, if somebody said that they are one after all."""
    parts = {*one.parts, *other.parts}
    return tuple(sorted(pair for pair in {*one.apart, *other.apart} if not {pair.part, pair.other} <= parts))


def _remembered(profile: Profile, catalog: Catalog) -> Mapping[str, State]:
    """What a profile remembers of its events. One that is not stored yet has none, and so knows all of them."""
    if profile.version > 0:
        return profile.aggregates
    return {key: empty(need) for key, need in catalog.needs.items()} | dict(profile.aggregates)


def _stands(profile: Profile, catalog: Catalog) -> Stands:
    return asked_stands(profile.stands, catalog.asks.journeys, is_new=profile.version == 0)


def _last_seen(one: Profile, other: Profile) -> dict[str, Any]:
    """Zone and language as they were seen last on either side."""
    zones = [(side.zone_at or FIRST, side.zone) for side in (one, other) if side.zone]
    languages = [(side.language_at or FIRST, side.language) for side in (one, other) if side.language]
    zone_at, zone = max(zones, default=(None, None))
    language_at, language = max(languages, default=(None, None))
    return {"zone": zone, "zone_at": zone_at, "language": language, "language_at": language_at}


def _pick(one: Mapping[K, V], other: Mapping[K, V], rank: Callable[[V], Any]) -> dict[K, V]:
    """Both maps as one; where both hold a key the higher rank is kept."""
    merged = dict(one)
    for key, value in other.items():
        merged[key] = max(merged[key], value, key=rank) if key in merged else value
    return merged


def _traits(one: Mapping[str, Trait], other: Mapping[str, Trait], catalog: Catalog) -> dict[str, Trait]:
    survivors = dict(one)
    for name, trait in other.items():
        survivors[name] = survivor(name, survivors.get(name), trait, catalog.traits)
    seen_on = united_devices(one.get(DEVICES), other.get(DEVICES))
    return survivors | ({DEVICES: seen_on} if seen_on is not None else {})


def _first_evidence(identity: Identity) -> tuple[float, str, str]:
    return (-identity.at.timestamp() if identity.at else float("-inf"), identity.source, identity.raw)


def _addresses(
    one: Mapping[tuple[str, str], Address], other: Mapping[tuple[str, str], Address]
) -> dict[tuple[str, str], Address]:
    """All addresses; of one known on both sides the newest mention and the worse status survive."""
    merged = dict(one)
    for key, address in other.items():
        held = merged.get(key)
        if held is None:
            merged[key] = address
            continue
        newest, older = sorted((held, address), key=_latest_mention, reverse=True)
        worse = max(held, address, key=lambda found: found.how_bad)
        merged[key] = replace(
            newest,
            status=worse.status,
            status_at=worse.status_at,
            platform=newest.platform or older.platform,
            zone=newest.zone or older.zone,
            heard_at=max(filter(None, (newest.heard_at, older.heard_at)), default=None),
        ).with_soft_bounces(older.soft_bounces)
    return merged


def _latest_mention(address: Address) -> tuple[datetime, str, str]:
    return (address.at, address.platform, address.zone or "")
