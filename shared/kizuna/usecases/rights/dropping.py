"""What was on its way when somebody was erased: it brings nobody back.

An event that leads to a living person is that person's. One that would make a new person is dropped if it came before
the erasure of somebody who was known by one of its identifiers. Whoever comes after that is a new person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kizuna.core.events import Event
from kizuna.core.ports import IdentityKey, People
from kizuna.usecases.identity.resolving import Directory


@dataclass(frozen=True, slots=True)
class Kept:
    """The events that go on, with what ties each to others, and how many were dropped."""

    events: list[Event]
    ties: list[set[IdentityKey]]
    dropped: int


def without_erased(
    events: Sequence[Event],
    ties: Sequence[set[IdentityKey]],
    directory: Directory,
    people: People,
    *,
    told_at: datetime | None = None,
) -> Kept:
    """Drop what belongs to the erased. `ties` are those of `resolving.joints`: identifiers, and who holds them.

    `told_at` is when all of them reached us, if that was before they were read: the rows of a file.
    One read for the whole batch, and none where everybody is known. Raises Unavailable.
    """
    strangers = [
        {*tie, *_told(event)}
        if _is_stranger(event, tie, directory)
        else set[IdentityKey]()  # somebody living is meant
        for event, tie in zip(events, ties, strict=True)
    ]
    erased = people.erased(set().union(*strangers))
    if not erased:
        return Kept(list(events), list(ties), 0)
    from kizuna.core.rights.erasure import came_at  # rare: of most batches nobody was erased

    keeps = [
        not any((told_at or came_at(event)) <= erased[key] for key in known if key in erased)
        for event, known in zip(events, strangers, strict=True)
    ]
    kept = [(event, tie) for event, tie, keep in zip(events, ties, keeps, strict=True) if keep]
    return Kept([event for event, _ in kept], [tie for _, tie in kept], len(events) - len(kept))


def _is_stranger(event: Event, tie: set[IdentityKey], directory: Directory) -> bool:
    return directory.living(event.profile_id) is None and directory.owners.keys().isdisjoint(tie)


def _told(event: Event) -> set[IdentityKey]:
    """The profile that we wrote into an event ourselves, when we knew the person."""
    if not event.profile_id:
        return set()
    from kizuna.core.rights.erasure import PROFILE_KIND  # such events are our own: no SDK sends them

    return {(PROFILE_KIND, event.profile_id)}
