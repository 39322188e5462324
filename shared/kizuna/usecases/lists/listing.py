"""Puts people on lists and takes them off: an event of each person, brought in as any other.

Told twice it counts once: the event's id is made from the list, the person and the request (a command, a row of a
file). A crash in between leaves those done who were done; the same request again does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import KizunaError, NotFound, Unavailable
from kizuna.core.events import Event
from kizuna.core.ports import Ledger, People
from kizuna.core.segments.lists import list_index, listing_event
from kizuna.topology import SEGMENT_SHARDS
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.people.finding import Ambiguous, find_person

AT_ONCE = 100  # people of one call
PAGE = 200


class UnknownList(NotFound):
    """The workspace has no such list."""


class InvalidListing(KizunaError):
    """A request that puts nobody on a list; says why."""


@dataclass(frozen=True, slots=True)
class Clerk:
    """The ports that keeping lists needs."""

    people: People
    ledger: Ledger
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one reference: the person, or why there is none."""

    place: int  # in the request, from 0
    person: str = ""
    problem: str = ""  # unknown, ambiguous


@dataclass(frozen=True, slots=True)
class Done:
    """What one request did. `changed` are the people who are on the list, or off it, only since."""

    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    refused: tuple[Told, ...]


def known_list(name: str, catalog: Catalog) -> str:
    """The name of a list that the workspace has. Raises UnknownList."""
    if name not in catalog.lists:
        raise UnknownList(
            f"there is no list {name!r}; define it in lists/{name}.yaml and apply the workspace"
        )
    return name


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request comes to: an event for everybody who is not as asked yet."""

    events: tuple[Event, ...]
    unchanged: tuple[str, ...]
    refused: tuple[Told, ...]


def read_listing(
    name: str,
    references: Sequence[str],
    people: People,
    catalog: Catalog,
    *,
    inside: bool,
    by: str,
    request: str,
    now: datetime,
    country: str | None = None,
) -> Asked:
    """Who is meant, and what is to be told of them. Writes nothing. Raises UnknownList and InvalidListing."""
    known_list(name, catalog)
    if not 1 <= len(references) <= AT_ONCE:
        raise InvalidListing(f"1 to {AT_ONCE} people at once")
    refused: list[Told] = []
    changed: dict[str, Event] = {}
    unchanged: list[str] = []
    for place, reference in enumerate(references):
        try:
            profile = find_person(reference, people, country=country, rules=catalog.identity)
        except Ambiguous:
            refused.append(Told(place, problem="ambiguous"))
            continue
        if profile is None:
            refused.append(Told(place, problem="unknown"))
        elif (name in profile.on_lists) is inside:
            unchanged.append(profile.id)
        else:
            changed[profile.id] = listing_event(
                profile.id, name, inside=inside, by=by, at=now, request=request
            )
    return Asked(tuple(changed.values()), tuple(dict.fromkeys(unchanged)), tuple(refused))


def keep_list(
    name: str,
    references: Sequence[str],
    on: Clerk,
    catalog: Catalog,
    *,
    inside: bool,
    by: str,
    request: str,
    now: datetime,
    country: str | None = None,
) -> Done:
    """Put people on a list, or take them off (`inside=False`), by profile ids or identifiers.

    Whoever is there already stays as they are: no event, no write. Raises UnknownList, InvalidListing, and
    Unavailable where somebody could not be written: then the same request again does what is left.
    """
    asked = read_listing(
        name, references, on.people, catalog, inside=inside, by=by, request=request, now=now, country=country
    )
    if asked.events:
        done = ingest(
            asked.events,
            people=on.people,
            ledger=on.ledger,
            catalog=catalog,
            now=now,
            new_id=on.new_id,
        )
        if done.left_over:
            raise Unavailable(f"list {name}: {len(done.left_over)} people left over: {done.cause}")
    changed = tuple(event.profile_id for event in asked.events if event.profile_id)
    return Done(changed, asked.unchanged, asked.refused)


def on_list(
    name: str,
    people: People,
    catalog: Catalog,
    *,
    shard: int = 0,
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[list[dict[str, str]], tuple[int, str | None] | None]:
    """A page of the people on a list, with who put them there and when, and where the next page starts.

    Read from the index, and answered from the records: somebody of whom the index does not know yet, or still, is as
    the record says on the next reading.
    """
    known_list(name, catalog)
    ids, following = people.members(list_index(name), shard, after=after, limit=limit)
    found = {profile.id: profile for profile in people.profiles(ids).values()}
    rows = [
        {"person": profile.id, "at": instant_to_text(listing.at), "by": listing.by}
        for profile in found.values()
        if (listing := profile.lists.get(name)) is not None and listing.inside
    ]
    if following is not None:
        return rows, (shard, following)
    if shard + 1 < SEGMENT_SHARDS:
        return rows, (shard + 1, None)
    return rows, None


def everybody_on(name: str, people: People, catalog: Catalog) -> Iterator[dict[str, str]]:
    """Everybody on a list, page by page: bounded memory whatever its size."""
    place: tuple[int, str | None] | None = (0, None)
    while place is not None:
        shard, after = place
        rows, place = on_list(name, people, catalog, shard=shard, after=after)
        yield from rows
