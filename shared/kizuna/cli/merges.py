"""`kizuna profile merge`, `unmerge` and `merges`: who was taken for one person, why, and how to undo it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from kizuna.cli.context import Place, place_of
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import KizunaError, NotFound
from kizuna.core.merges.log import MergeRecord
from kizuna.core.people import Profile
from kizuna.usecases.identity.unmerge import Registry, last_merge_of, merge_by_hand, merges_of, undo_merge
from kizuna.usecases.people.finding import find_person

Person = Annotated[str, typer.Argument(help="A profile id or any identifier, such as email:a@b.example.")]


def merge(
    context: typer.Context,
    one: Person,
    other: Person,
    reason: Annotated[str, typer.Option("--reason", help="Why they are one person; kept with the merge.")],
) -> None:
    """Make two people one, also if a merge of them was undone before."""
    place = place_of(context)
    wired, on = place.services, _registry(place)
    left, right = _person(place, one).id, _person(place, other).id
    try:
        catalog = wired.catalog.current(fresh=True)
        record = merge_by_hand(left, right, on, catalog, reason=reason, now=wired.now())
    except KizunaError as error:
        place.fail(error)
    place.show(
        merge_body(record), lambda: f"{_others(record)} live on in {record.primary} (merge {record.id})"
    )


def unmerge(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="The id of a merge, or a person: then their newest one.")],
) -> None:
    """Make the people of a merge two again. Running it twice changes nothing more."""
    place = place_of(context)
    wired, on = place.services, _registry(place)
    try:
        record = on.merges.get(what) or last_merge_of(_person(place, what), on)
        done = undo_merge(record.id, on, wired.catalog.current(fresh=True), now=wired.now())
    except KizunaError as error:
        place.fail(error)
    said = "were two again already" if done.again else "are two again"
    place.show(
        {**merge_body(done.record), "again": done.again},
        lambda: f"{record.primary} and {_others(record)} {said}",
    )


def merges(context: typer.Context, person: Person) -> None:
    """Every merge of the last 90 days that a person came out of, the newest first, with its evidence."""
    place = place_of(context)
    found = merges_of(_person(place, person), _registry(place))

    def table() -> Table:
        shown = Table("merge", "at", "absorbed", "because of", "undone")
        for record in found:
            told = [
                f"{each.source} {each.event} ({', '.join(kind for kind, _ in each.identifiers)})"
                for each in record.evidence
            ]
            undone = instant_to_text(record.undone_at) if record.undone_at else ""
            shown.add_row(
                record.id,
                instant_to_text(record.at),
                _others(record),
                record.reason or "\n".join(told),
                undone,
            )
        return shown

    place.show({"merges": [merge_body(record) for record in found]}, table)


def merge_body(record: MergeRecord) -> dict[str, Any]:
    """One merge as plain JSON values. Its evidence is personal: for whoever may see the person."""
    return {
        "id": record.id,
        "at": instant_to_text(record.at),
        "rule": record.rule,
        "reason": record.reason,
        "primary": record.primary,
        "absorbed": [gone.id for gone in record.absorbed],
        "evidence": [
            {
                "source": told.source,
                "event": told.event,
                "at": instant_to_text(told.at),
                "identifiers": [{"type": kind, "value": value} for kind, value in told.identifiers],
            }
            for told in record.evidence
        ],
        "undoneAt": instant_to_text(record.undone_at) if record.undone_at else None,
        "undoableUntil": instant_to_text(record.ends_at),
    }


def _registry(place: Place) -> Registry:
    wired = place.services
    return Registry(wired.people, wired.ledger, wired.merges)


def _person(place: Place, reference: str) -> Profile:
    wired = place.services
    try:
        profile = find_person(reference, wired.people, rules=wired.catalog.current().identity)
    except KizunaError as error:
        place.fail(error)
    if profile is None:
        place.fail(NotFound(f"nobody is known by {reference!r}"))
    return profile


def _others(record: MergeRecord) -> str:
    return ", ".join(gone.id for gone in record.absorbed)
