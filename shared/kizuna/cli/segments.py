"""`kizuna segment`: which segments there are, who is in them and why, what a draft would be, how a backfill stands.

Where a segment is asked for, a file does as well: YAML or JSON with a whole segment, or with a condition alone. It is
asked of everybody who is stored and saved nowhere.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
import yaml
from rich.console import Group
from rich.table import Table
from rich.text import Text

from kizuna.cli.context import Place, place_of
from kizuna.cli.people import CountryOption, LanguageOption, PersonArgument, person_meant
from kizuna.cli.progress import ProgressLine
from kizuna.cli.segment_tables import count_table, overlap_table, page_text, sample_table, sizes_table
from kizuna.core.catalog import Catalog
from kizuna.core.errors import InvalidDefinition, KizunaError, NotFound, Problem
from kizuna.core.refusing.meant import near, perhaps
from kizuna.core.segments import EVERYONE, Segment
from kizuna.local.yaml_files import read_yaml
from kizuna.usecases.segments.backfill import progress_of
from kizuna.usecases.segments.counts import Position, Walked, walk
from kizuna.usecases.segments.drafts import draft_in, drafted, focused
from kizuna.usecases.segments.overlap import MOST, overlap_of
from kizuna.usecases.segments.pages import (
    draft_body,
    explanation_page,
    members_body,
    overlap_body,
    place_from,
    segment_bodies,
    segment_page,
    sizes_body,
    status_body,
)
from kizuna.usecases.segments.preview import Looker, reach_of_members, sample_of

app = typer.Typer(no_args_is_help=True, help="Segments and their members.")

SegmentArgument = Annotated[str, typer.Argument(help="The id of a segment in force.")]
DraftArgument = Annotated[
    str, typer.Argument(help="The id of a segment in force, or a file with a segment or a condition.")
]


# ── which there are ─────────────────────────────────────────────────────────────────────────────


@app.command("list")
def list_segments(context: typer.Context) -> None:
    """The segments in force, and whether their members are complete."""
    place = place_of(context)
    wired = place.services
    bodies = segment_bodies(wired.catalog.current(), progress_of(wired.backfills))

    def table() -> Table:
        shown = Table("segment", "name", "version", "members")
        for each in bodies:
            state = "complete" if each["complete"] else "[yellow]being filled[/yellow]"
            shown.add_row(each["id"], each["name"], str(each["version"]), state)
        return shown

    place.show({"segments": bodies}, table)


@app.command()
def show(context: typer.Context, segment: SegmentArgument, language: LanguageOption = "en") -> None:
    """One segment: what it asks, in words, how many are in it, and what depends on it."""
    place = place_of(context)
    wired = place.services
    catalog = wired.catalog.current()
    body = segment_page(_defined(place, segment, catalog), wired.people, wired.backfills, catalog)
    place.show(body, lambda: page_text(body, language))


@app.command()
def count(
    context: typer.Context,
    segments: Annotated[
        list[str] | None, typer.Argument(help="Segments, or files; without any all segments in force.")
    ] = None,
    language: LanguageOption = "en",
    lake: Annotated[
        bool,
        typer.Option("--lake", help="Ask the lake in one query: quick over everybody, as of last night."),
    ] = False,
) -> None:
    """How many people are in segments; of a file how many would be, whom it would reach, and whom else it meets."""
    place = place_of(context)
    wired = place.services
    catalog = wired.catalog.current()
    if lake:
        _count_in_lake(place, segments or [segment.id for segment in catalog.segments], catalog)
        return
    if not segments:
        sizes = dict(sizes_body(catalog, wired.people))
        place.show(sizes, lambda: sizes_table(sizes, language))
        return
    found: dict[str, Any] = {}
    for name in segments:
        if Path(name).is_file():
            found[name] = _counted(place, name, language, sample=0)
        else:
            found[name] = {"members": _size(place, name, catalog)}
    place.show(
        {"segments": found},
        lambda: Group(*(count_table(name, each, language) for name, each in found.items())),
    )


def _count_in_lake(place: Place, names: list[str], catalog: Catalog) -> None:
    """Each by one query over the lake, with what it read and how long it took."""
    from kizuna.cli.lake import counts_of, counts_table

    meant = {
        name: _draft(place, name)[1] if Path(name).is_file() else _defined(place, name, catalog)
        for name in names
    }
    found = counts_of(place, meant)
    place.show({"segments": found}, lambda: counts_table(found))


@app.command()
def sample(
    context: typer.Context,
    segment: DraftArgument,
    language: LanguageOption = "en",
    size: Annotated[int, typer.Option("--size", min=1, max=50, help="How many.")] = 10,
) -> None:
    """People drawn from all who are in a segment, or would be, each with the reasons; and whom it would reach."""
    place = place_of(context)
    body = _counted(place, segment, language, sample=size)
    place.show(body, lambda: Group(count_table(segment, body, language), sample_table(body, language)))


@app.command()
def members(
    context: typer.Context,
    segment: SegmentArgument,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many on a page.")] = 100,
    after: Annotated[str, typer.Option("--after", help="The `next` of an earlier page.")] = "",
) -> None:
    """A page of the members, in an order in which nobody is missed or comes twice while others come and go."""
    place = place_of(context)
    catalog = place.services.catalog.current()
    if segment != EVERYONE:
        _defined(place, segment, catalog)
    position = place_from(after) if after else Position()
    if position is None:
        place.fail(NotFound(f"--after {after!r}: not the `next` of a page"))
    body = members_body(segment, place.services.people, position=position, limit=limit)

    def text() -> str:
        more = f"\nmore: --after {body['next']}" if body["next"] else ""
        return "\n".join(body["members"]) + more

    place.show(body, text)


@app.command()
def overlap(
    context: typer.Context,
    segments: Annotated[list[str], typer.Argument(help=f"Two to {MOST} segments in force.")],
    language: LanguageOption = "en",
) -> None:
    """How many people are in several segments at once: exact numbers, of each pair, of any and of all."""
    place = place_of(context)
    catalog = place.services.catalog.current()
    if not 2 <= len(set(segments)) <= MOST:
        place.fail(NotFound(f"name two to {MOST} different segments"))
    for name in segments:
        if name != EVERYONE:
            _defined(place, name, catalog)
    told = overlap_of(segments, place.services.people)

    place.show(overlap_body(told), lambda: overlap_table(told, language))


# ── one person ──────────────────────────────────────────────────────────────────────────────────


@app.command()
def explain(
    context: typer.Context,
    segment: DraftArgument,
    person: PersonArgument,
    country: CountryOption = None,
    language: LanguageOption = "en",
    sensitive: Annotated[
        bool, typer.Option("--sensitive", help="With the values of traits that are declared sensitive.")
    ] = False,
) -> None:
    """Why somebody is in a segment or is not: every question, what it sees, and until when the answer holds."""
    place = place_of(context)
    wired = place.services
    catalog = wired.catalog.current()
    profile = person_meant(place, person, country)
    if Path(segment).is_file():
        catalog, meant = _draft(place, segment)
    else:
        meant = _defined(place, segment, catalog)
    body = explanation_page(
        meant,
        profile,
        wired.people,
        catalog,
        now=wired.now(),
        language=language,
        sensitive=sensitive,
        backfills=wired.backfills,
    )
    place.show(body, lambda: Text("\n".join(body["text"])))


# ── backfills ───────────────────────────────────────────────────────────────────────────────────


@app.command()
def status(context: typer.Context) -> None:
    """How the newest backfill stands: how far it is, and which segments are not complete before it is done."""
    place = place_of(context)
    body = status_body(progress_of(place.services.backfills))

    def lines() -> Text:
        told = body["backfill"]
        if told is None:
            return Text("There never was a backfill.")
        of = f" of {told['total']:,}" if told["total"] is not None else ""
        said = [
            f"backfill {told['number']} for version {told['catalog']}: {told['state']}, {told['share']:.0%}",
            f"{told['people']:,}{of} people looked at, {told['changed']:,} changed",
            f"begun {told['startedAt']}" + (f", done {told['finishedAt']}" if told["finishedAt"] else ""),
        ]
        if told["apart"]:
            said.append(f"{told['apart']:,} could not be written just then, and are tried by themselves")
        if told["waitingFor"]:
            said.append(f"not complete yet: {', '.join(told['waitingFor'])}")
        if told["forgotten"]:
            said.append(f"forgotten: {', '.join(told['forgotten'])}")
        return Text("\n".join(said))

    place.show(body, lines)


# ── from elsewhere ──────────────────────────────────────────────────────────────────────────────


@app.command("from-pinpoint")
def from_pinpoint(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Segments as Amazon Pinpoint exported them (JSON).")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Write a YAML file for each segment into this folder.")
    ] = None,
) -> None:
    """Turn exported Pinpoint segments into ours, and say what could not be taken over."""
    from kizuna.core.segments.pinpoint import converted

    place = place_of(context)
    try:
        found = converted(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        place.fail(InvalidDefinition((Problem(str(file), f"not readable as JSON: {error}"),)))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for each in found:
            if each.is_whole and each.document is not None:
                target = out / f"{each.document['id']}.yaml"
                target.write_text(_yaml(each.document), encoding="utf-8")
    bodies = [
        {
            "name": each.name,
            "segment": each.document,
            "unmapped": list(each.unmapped),
            "notes": list(each.notes),
        }
        for each in found
    ]

    def report() -> Text:
        said = Text()
        for each in found:
            said.append(f"{each.name}: {'taken over' if each.is_whole else 'not taken over whole'}\n")
            if each.document is not None and out is None:
                said.append(_yaml(each.document))
            for reason in each.unmapped:
                said.append(f"  ✗ {reason}\n", style="yellow")
            for note in each.notes:
                said.append(f"  · {note}\n")
        return said

    place.show({"segments": bodies}, report)
    if not all(each.is_whole for each in found):
        raise typer.Exit(1)


def _yaml(document: dict[str, Any]) -> str:
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))


# ── what the commands share ─────────────────────────────────────────────────────────────────────


def _defined(place: Place, segment: str, catalog: Catalog) -> Segment:
    found = next((each for each in catalog.segments if each.id == segment), None)
    if found is None:
        meant = perhaps(near(segment, [each.id for each in catalog.segments]))
        nor_file = ", and no such file" if "." in segment or "/" in segment else ""
        place.fail(NotFound(f"there is no segment {segment!r} in force{nor_file}{meant}"))
    return found


def _size(place: Place, segment: str, catalog: Catalog) -> int:
    from kizuna.usecases.campaigning.sizes import count_members

    if segment != EVERYONE:
        _defined(place, segment, catalog)
    return count_members(segment, place.services.people)


def _draft(place: Place, name: str) -> tuple[Catalog, Segment]:
    """A catalog with the draft of a file in it; ends the command with every path where it cannot be used."""
    store = place.services.catalog
    try:
        document = read_yaml(Path(name), place=name)
        catalog = drafted(document, store.documents(), version=store.current().version, place=name)
    except KizunaError as error:
        place.fail(error)
    return catalog, draft_in(catalog, document)


def _counted(place: Place, name: str, language: Literal["en", "ja"], *, sample: int) -> dict[str, Any]:
    """Everybody asked, with progress; a sample of members and whom they would be reached by."""
    wired = place.services
    now = wired.now()
    if Path(name).is_file():
        catalog, meant = _draft(place, name)
    else:
        in_force = wired.catalog.current()
        meant = _defined(place, name, in_force)
        catalog = focused(in_force, [meant.id])
    last = Walked(Position(), 0, {})
    line = ProgressLine(place, meant.id)
    for last in walk(catalog, (meant.id,), wired.people, now=now):
        line.show(last.share, last.people, 0)
    line.end()
    told = last.sums[meant.id]
    looker = Looker(wired.people, wired.ledger, wired.messages)
    drawn = sample_of(meant.id, told, looker, catalog, now=now, size=sample) if sample else ()
    return draft_body(meant.id, last, drawn, reach_of_members(told, looker, catalog, now=now), language)
