"""Lists of people that are kept by hand: staff, friends of the house, people to leave in peace.

    kizuna list add, the admin API ──▶ an event of the person ──▶ its record ──▶ the list's index

To put somebody on a list is an event like any other: counted once, kept in the timeline with who did it and when,
carried over by a merge, gone with an erasure. Only Kizuna itself may tell such an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.durations import instant_from_text, instant_to_text
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.ids import digest
from kizuna.core.people import Listing, Profile
from kizuna.core.restraint.staff_holds import ENDED, HOLD

LISTED = "List Joined"
UNLISTED = "List Left"
HELD = "Hold Placed"
RELEASED = "Hold Released"
DESK = Source("lists", SourceKind.SYSTEM)
INDEX_PREFIX = "list:"  # of a list's name in the membership index; no segment is called so


class StaticListDefinition(BaseModel):
    """A list as it stands in the workspace. Who is on it is not: that is said one by one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    name: str = Field(min_length=1)
    description: str = ""
    owner: str = ""  # who answers for it


def listing_event(person: str, name: str, *, inside: bool, by: str, at: datetime, request: str) -> Event:
    """The event that puts a person on a list or takes them off. `request` makes a repeat of it one and the same."""
    return Event(
        type="track",
        id=digest("listing", name, person, str(inside), request),
        source=DESK,
        at=at,
        received_at=at,
        name=LISTED if inside else UNLISTED,
        properties={"list": name, "by": by},
        profile_id=person,
    )


def hold_event(
    person: str,
    *,
    inside: bool,
    by: str,
    reason: str,
    at: datetime,
    request: str,
    until: datetime | None = None,
) -> Event:
    """The event by which a member of staff holds promotion back from a person, or releases them (`inside=False`)."""
    told = {"list": HOLD, "by": by, "reason": reason}
    return Event(
        type="track",
        id=digest("hold", person, str(inside), request),
        source=DESK,
        at=at,
        received_at=at,
        name=HELD if inside else RELEASED,
        properties={**told, "until": instant_to_text(until)} if until else told,
        profile_id=person,
    )


def ended_event(person: str, hold: str, *, by: str, reason: str, at: datetime) -> Event:
    """The event by which a member of staff ends a tone hold of the policy for one person."""
    return Event(
        type="track",
        id=digest("ended", person, hold, by, reason, at.isoformat()),
        source=DESK,
        at=at,
        received_at=at,
        name=ENDED,
        properties={"hold": hold, "by": by, "reason": reason},
        profile_id=person,
    )


def tells_of_list(event: Event) -> bool:
    """Whether an event says who is on a list; the same name from anybody else is just a name."""
    return (
        event.source.kind is SourceKind.SYSTEM
        and event.source.id == DESK.id
        and event.name in (LISTED, UNLISTED, HELD, RELEASED)
    )


def listed(lists: Mapping[str, Listing], event: Event) -> dict[str, Listing]:
    """A person's lists after one such event, whatever the order in which they come: the latest word stays."""
    name = event.properties.get("list")
    if not isinstance(name, str):
        return dict(lists)
    inside = event.name in (LISTED, HELD)
    by, why = (str(event.properties.get(key, "")) for key in ("by", "reason"))
    told = Listing(inside, event.at, by, _until(event.properties.get("until")), why)
    held = lists.get(name)
    return {**lists, name: told if held is None else max(held, told, key=_rank)}


def _until(told: Any) -> datetime | None:
    return instant_from_text(told) if isinstance(told, str) else None


def _rank(listing: Listing) -> tuple[datetime, bool, str]:
    """Of two words of one moment the one that takes somebody off a list is the last."""
    return (listing.at, not listing.inside, listing.by)


def united_lists(one: Mapping[str, Listing], other: Mapping[str, Listing]) -> dict[str, Listing]:
    """The lists of two people who turn out to be one: on every list that either is on.

    So a list of people to leave in peace loses nobody by a merge.
    """
    both = dict(one)
    for name, listing in other.items():
        held = both.get(name)
        both[name] = listing if held is None else max(held, listing, key=_stricter)
    return both


def _stricter(listing: Listing) -> tuple[Any, ...]:
    """On it before off it, and longer before shorter: a hold without an end is the longest."""
    until = listing.until.timestamp() if listing.until else 0.0
    return (listing.inside, listing.until is None, until, _rank(listing))


def indexed_names(profile: Profile) -> frozenset[str]:
    """The names under which the membership index leads to a person: their segments, and the lists they are on.

    Nobody who lives on in somebody else is led to.
    """
    if profile.merged_into is not None:
        return profile.segments
    return profile.segments | {list_index(name) for name in profile.on_lists}


def list_index(name: str) -> str:
    """The name of a list in the membership index."""
    return INDEX_PREFIX + name
