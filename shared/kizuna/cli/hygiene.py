"""`kizuna hygiene` and `kizuna inventory`: what is out of date, who is silent, and what data there is at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Group
from rich.table import Column, Table

from kizuna.cli.context import Place, place_of
from kizuna.core.quality.hygiene import Findings
from kizuna.core.quality.hygiene_report import Report
from kizuna.core.quality.inventory import inventory as fields_of
from kizuna.topology import SEGMENT_SHARDS
from kizuna.usecases.quality.hygiene import NoSuchProgress, Progress, progress_from, walk

ApplyOption = Annotated[
    bool,
    typer.Option("--apply", help="Tell of sunset candidates by an event; without it nothing is changed."),
]
IdsOption = Annotated[
    Path | None, typer.Option("--ids", help="Write who was found with what to this file, a JSON line each.")
]
ResumeOption = Annotated[
    Path | None,
    typer.Option("--resume", help="Keep the progress in this file, and go on from it if it is there."),
]


def hygiene(
    context: typer.Context, apply: ApplyOption = False, ids: IdsOption = None, resume: ResumeOption = None
) -> None:
    """Look at everybody's record: stale traits, dead addresses, the silent, and how good each source is."""
    place = place_of(context)
    wired = place.services
    try:
        begin = _begin(place, resume)
    except NoSuchProgress as error:
        place.fail(error)
    progress = begin
    with ExitStack() as closing:
        listed = closing.enter_context(ids.open("a", encoding="utf-8")) if ids else None

        def found(findings: Findings) -> None:
            if listed is not None and (kinds := findings.kinds()):
                listed.write(json.dumps({"person": findings.person, "findings": kinds}) + "\n")

        steps: Iterator[Progress] = walk(
            wired.people,
            wired.catalog.current(),
            begin=begin,
            queues=wired.queues if apply else None,
            found=found,
        )
        for progress in steps:
            if listed is not None:
                listed.flush()
            if resume is not None:
                _keep(resume, progress)
            _say(place, progress)
    body = progress.report.body()
    place.show({**body, "applied": apply}, lambda: _tables(progress.report, body, applied=apply))
    if resume is not None:
        resume.unlink(missing_ok=True)


def _begin(place: Place, resume: Path | None) -> Progress:
    if resume is None or not resume.exists():
        return Progress(place.services.now(), Report())
    try:
        body = json.loads(resume.read_text(encoding="utf-8"))
    except ValueError as error:
        raise NoSuchProgress(f"{resume}: not JSON") from error
    return progress_from(body)


def _keep(file: Path, progress: Progress) -> None:
    """Whole or not at all: a run that is killed here goes on from the page before."""
    draft = file.with_suffix(file.suffix + ".new")
    draft.write_text(json.dumps(progress.body()), encoding="utf-8")
    draft.replace(file)


def _say(place: Place, progress: Progress) -> None:
    if not place.as_json and place.console.is_terminal:
        share = progress.shard / SEGMENT_SHARDS
        place.console.print(f"{share:.0%}  {progress.report.people:,} people", end="\r")


def _tables(report: Report, body: dict[str, Any], *, applied: bool) -> Group:
    sums = Table("people", "of them", show_header=False)
    sums.add_row("looked at", f"{report.people:,}")
    sums.add_row("with no usable address", f"{report.unreachable:,}")
    for row in body["deadAddresses"]:
        sums.add_row(f"{row['channel']} addresses: {row['status']}", f"{row['count']:,}")
    sums.add_row("with a legacy mobile address", f"{report.legacy_addresses:,}")
    sums.add_row("sunset candidates", f"{report.sunset_candidates:,} ({report.told:,} told of before)")
    quality = Table("source", "trait", "values", "stale", "invalid", "unvouched", "score")
    for row in (*body["traits"], *({**each, "trait": "all"} for each in body["sources"])):
        shown = (str(row[name]) for name in ("source", "trait", "held", "stale", "invalid", "unvouched"))
        quality.add_row(*shown, f"{row['score']} %")
    quality.caption = "score: the share of values that are neither stale nor invalid"
    if not applied:
        sums.caption = "nothing was changed; --apply tells of the candidates"
    return Group(sums, quality)


def inventory(
    context: typer.Context,
    language: Annotated[Literal["en", "ja"], typer.Option("--language", help="Of the text.")] = "en",
) -> None:
    """Every field that the definitions know of: meaning, source, licence, owner, use, retention."""
    place = place_of(context)
    fields = fields_of(place.services.catalog.current(), language=language)

    def table() -> Table:
        field, owner, use = (Column(name, overflow="fold") for name in ("field", "owner", "used by"))
        shown = Table("kind", field, "meaning", "source", "licence", owner, use, "kept")
        for each in fields:
            shown.add_row(
                each.kind,
                each.name,
                each.meaning if each.declared else "[red]not declared[/red]",
                ", ".join(each.sources) or "any",
                ", ".join(each.licences),
                each.owner,
                ", ".join(each.use),
                each.retention,
            )
        return shown

    place.show({"fields": [each.body() for each in fields]}, table)
