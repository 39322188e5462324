"""`kizuna list`: people who are put on lists by hand."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from kizuna.cli.actors import who
from kizuna.cli.context import Place, place_of
from kizuna.cli.progress import ProgressLine
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import KizunaError
from kizuna.core.files.csv_safety import csv_line
from kizuna.core.segments.lists import list_index
from kizuna.usecases.campaigning.sizes import count_members
from kizuna.usecases.lists.listing import AT_ONCE, Clerk, Done, everybody_on, keep_list, known_list

app = typer.Typer(no_args_is_help=True, help="Lists of people that are kept by hand.")

ListArgument = Annotated[str, typer.Argument(help="A list of the workspace.", metavar="LIST")]
PeopleArgument = Annotated[
    list[str],
    typer.Argument(help="Profile ids or identifiers, such as email:a@b.example.", metavar="PERSON…"),
]
ByOption = Annotated[
    str, typer.Option("--by", envvar="KIZUNA_ACTOR", help="Who does this, for the record; you, if not told.")
]
CountryOption = Annotated[
    str | None, typer.Option("--country", help="Of phone numbers without a country code, such as JP.")
]


@contextmanager
def _failing(place: Place) -> Iterator[None]:
    try:
        yield
    except KizunaError as error:
        place.fail(error)


@app.command("all")
def all_lists(context: typer.Context) -> None:
    """The lists of the workspace, and how many people are on each."""
    place = place_of(context)
    wired = place.services
    rows = [
        {"id": each.id, "name": each.name, "people": count_members(list_index(each.id), wired.people)}
        for each in wired.catalog.current().lists.values()
    ]

    def table() -> Table:
        shown = Table("list", "name", "people")
        for row in rows:
            shown.add_row(str(row["id"]), str(row["name"]), f"{row['people']:,}")
        return shown

    place.show({"lists": rows}, table)


@app.command()
def add(
    context: typer.Context,
    name: ListArgument,
    people: PeopleArgument,
    by: ByOption = "",
    country: CountryOption = None,
) -> None:
    """Put people on a list. Whoever is on it already stays as they are."""
    _change(place_of(context), name, people, inside=True, by=by, country=country)


@app.command()
def remove(
    context: typer.Context,
    name: ListArgument,
    people: PeopleArgument,
    by: ByOption = "",
    country: CountryOption = None,
) -> None:
    """Take people off a list."""
    _change(place_of(context), name, people, inside=False, by=by, country=country)


@app.command()
def show(
    context: typer.Context,
    name: ListArgument,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many people.")] = 100,
) -> None:
    """Who is on a list, since when, and who put them there."""
    place = place_of(context)
    wired = place.services
    with _failing(place):
        rows = list(islice(everybody_on(name, wired.people, wired.catalog.current()), limit))

    def table() -> Table:
        shown = Table("person", "since", "by")
        for row in rows:
            shown.add_row(row["person"], row["at"], row["by"])
        shown.caption = "the first of them" if len(rows) == limit else None
        return shown

    place.show({"list": name, "people": rows}, table)


@app.command(name="import")
def import_file(
    context: typer.Context,
    name: ListArgument,
    file: Annotated[Path, typer.Argument(help="One person a line, or CSV with --column.", metavar="FILE")],
    column: Annotated[
        str | None, typer.Option("--column", help="The column of a CSV file that says who.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="What stands there, such as email or user_id.")
    ] = None,
    off: Annotated[bool, typer.Option("--remove", help="Take these people off the list.")] = False,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="Where the lines go that name nobody.")
    ] = None,
    by: ByOption = "",
    country: CountryOption = None,
) -> None:
    """Put everybody in a file on a list. Stopped at any point, the same command again does the rest."""
    place = place_of(context)
    wired = place.services
    changed = unchanged = 0
    refused: list[tuple[int, str]] = []
    line = ProgressLine(place, name)
    with _failing(place):
        catalog = wired.catalog.current()
        known_list(name, catalog)
        rows = _references(file, column, kind)
        while part := list(islice(rows, AT_ONCE)):
            done = _keep(place, name, [row for _, row in part], inside=not off, by=by, country=country)
            changed, unchanged = changed + len(done.changed), unchanged + len(done.unchanged)
            refused += [(part[told.place][0], told.problem) for told in done.refused]
            line.show(0, part[-1][0], len(refused))
    line.end()
    if rejects is not None:
        rejects.write_text(
            "".join(map(csv_line, [["line", "reason"], *([str(at), why] for at, why in refused)])), "utf-8"
        )
    body = {"list": name, "changed": changed, "unchanged": unchanged, "refused": len(refused)}
    place.show(body, lambda: _sentence(body, off=off))
    if refused:
        raise typer.Exit(1)


def _references(file: Path, column: str | None, kind: str | None) -> Iterator[tuple[int, str]]:
    """Line numbers and references. The file is read line by line, whatever its size."""
    prefix = f"{kind}:" if kind else ""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        if column is None:
            for number, text in enumerate(lines, start=1):
                if text.strip():
                    yield number, prefix + text.strip()
            return
        reader = csv.DictReader(lines)
        if column not in (reader.fieldnames or ()):
            raise InvalidColumn(f"{file.name} has no column {column!r}: {', '.join(reader.fieldnames or ())}")
        for row in reader:
            told = (row.get(column) or "").strip()
            if told:
                yield reader.line_num, prefix + told


class InvalidColumn(KizunaError):
    """A CSV file that has no such column; says which it has."""


def _change(
    place: Place, name: str, people: list[str], *, inside: bool, by: str, country: str | None
) -> None:
    with _failing(place):
        done = _keep(place, name, people, inside=inside, by=by, country=country)
    refused = [{"place": told.place + 1, "reason": told.problem} for told in done.refused]
    body = {
        "list": name,
        "changed": list(done.changed),
        "unchanged": list(done.unchanged),
        "refused": refused,
    }
    counts = {"changed": len(done.changed), "unchanged": len(done.unchanged), "refused": len(refused)}
    place.show(body, lambda: _sentence({"list": name, **counts}, off=not inside))
    if refused:
        raise typer.Exit(1)


def _keep(place: Place, name: str, people: list[str], *, inside: bool, by: str, country: str | None) -> Done:
    wired = place.services
    now = wired.now()
    return keep_list(
        name,
        people,
        Clerk(wired.people, wired.ledger, wired.new_profile_id),
        wired.catalog.current(),
        inside=inside,
        by=who(by),
        request=instant_to_text(now),
        now=now,
        country=country,
    )


def _sentence(body: dict[str, object], *, off: bool) -> str:
    was = "taken off" if off else "put on"
    told = f"{body['changed']} people {was} {body['list']}, {body['unchanged']} were as they should be"
    return f"{told}; {body['refused']} lines name nobody, or several" if body["refused"] else told
