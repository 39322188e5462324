"""`kizuna import`: files of events or of people, brought in where the stage is.

The command puts a file into the bucket for imports and watches the importer take it: it may be stopped, and so may
the importer; the same command again goes on where that was.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.table import Table

from kizuna.adapters.imports import LocalFile
from kizuna.cli.context import Place, place_of
from kizuna.cli.progress import ProgressLine
from kizuna.core.errors import InvalidDefinition, KizunaError, NotFound, Problem
from kizuna.core.files.csv_safety import csv_line
from kizuna.core.files.jobs import REJECT_COLUMNS, ImportOptions, ImportOrder, Progress, import_id
from kizuna.core.files.limits import DEFAULT_FILE_LIMITS
from kizuna.core.files.mapping import FileMapping, read_mapping
from kizuna.core.files.opening import opened
from kizuna.local.yaml_files import read_yaml
from kizuna.usecases.ingesting.rehearsing import Rehearsal, rehearse

FilesArgument = Annotated[list[Path], typer.Argument(help="CSV or JSON, plain or gzip.", metavar="FILE…")]
SourceOption = Annotated[
    str, typer.Option("--source", help="The source in the workspace that the file speaks for.")
]
MapOption = Annotated[
    Path | None,
    typer.Option("--map", help="A YAML file that says what the columns mean; without one their names do."),
]
KindOption = Annotated[
    Literal["identify", "track"] | None,
    typer.Option("--as", help="What a row is: what is known of somebody, or something that happened."),
]
ContentOption = Annotated[
    Literal["auto", "rows", "events", "pinpoint"],
    typer.Option("--content", help="What the rows hold, where it cannot be told from them."),
]
EncodingOption = Annotated[
    str | None, typer.Option("--encoding", help="Such as shift_jis, where it cannot be found out.")
]
ZoneOption = Annotated[
    str | None, typer.Option("--zone", help="Of times without an offset, such as Asia/Tokyo.")
]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Say what would happen at most; write nothing.")]
QuietOption = Annotated[
    bool, typer.Option("--quiet", help="Nothing in the file starts a message, however fresh.")
]
EditionOption = Annotated[
    str, typer.Option("--edition", help="A new name counts the rows of an imported file once more.")
]

POLL_SECONDS = 0.3


def import_files(
    context: typer.Context,
    files: FilesArgument,
    source: SourceOption,
    mapping: MapOption = None,
    kind: KindOption = None,
    content: ContentOption = "auto",
    encoding: EncodingOption = None,
    zone: ZoneOption = None,
    dry_run: DryOption = False,
    quiet: QuietOption = False,
    edition: EditionOption = "",
) -> None:
    """Bring files in. A row counts once, however often it is imported; what is refused is listed with its reason."""
    place = place_of(context)
    try:
        told = {"as": kind, "encoding": encoding, "zone": zone}
        options = ImportOptions(
            source=source,
            mapping=_mapping(mapping, {name: value for name, value in told.items() if value}),
            content=content,
            quiet=quiet,
            edition=edition,
        )
        known = place.services.catalog.current().sources
        if source not in known:
            raise NotFound(
                f"there is no source {source!r} in the workspace; add it to sources.yaml and apply"
            )
        if dry_run:
            for path in files:
                _rehearse(place, path, options)
            return
        done = [_import(place, path, options) for path in files]
    except KizunaError as error:
        place.fail(error)
    except OSError as error:
        place.fail(NotFound(f"{error.filename}: {error.strerror}"))
    if any(progress.state == "failed" for progress in done):
        raise typer.Exit(1)


def _mapping(path: Path | None, told: dict[str, Any]) -> FileMapping:
    """The mapping of a file with what the command line says over it."""
    plain: Any = {}
    if path is not None:
        plain = read_yaml(path) or {}
        if not isinstance(plain, dict):
            raise InvalidDefinition((Problem(str(path), "must be a mapping of names"),))
    return read_mapping({**plain, **told}, file=path.name if path else "options")


def _rehearse(place: Place, path: Path, options: ImportOptions) -> None:
    wired, file = place.services, LocalFile(path)
    line = ProgressLine(place, file.name)
    found = rehearse(
        options,
        file,
        wired.people,
        fingerprint=file.fingerprint(),
        now=wired.now(),
        told=lambda so_far: line.show(0.0, so_far.rows, sum(so_far.rejected.values())),
    )
    line.end()
    place.show({"file": file.name, **found.body()}, lambda: _rehearsed(file.name, found))


def _rehearsed(name: str, found: Rehearsal) -> Table:
    table = Table("dry run", "at most", title=name, title_justify="left")
    form = found.form
    shape = f"{form.layout}{', gzip' if form.is_gzip else ''}, {form.encoding}"
    table.add_row(f"rows ({shape})", f"{found.rows:,}")
    table.add_row("events", f"{found.events:,}")
    table.add_row("people created", f"{found.created:,}")
    table.add_row("known people attached", f"{found.attached:,}")
    table.add_row("people merged", f"{found.merged:,}")
    for what, count in sorted(found.consents.items()):
        table.add_row(f"consent: {what}", f"{count:,}")
    for code, count in found.rejected.most_common():
        table.add_row(f"refused: {code}", f"{count:,}")
    if found.unmapped:
        table.add_row("columns without a meaning", ", ".join(found.unmapped))
    captions = [*found.examples, *([found.failure] if found.failure else []), "nothing was written"]
    table.caption = "\n".join(captions)
    return table


def _import(place: Place, path: Path, options: ImportOptions) -> Progress:
    wired, file = place.services, LocalFile(path)
    fingerprint = file.fingerprint()
    name = import_id(fingerprint, options)
    # What cannot be read at all is found out here, before it is sent anywhere.
    opened(options, file, scope=name, began=wired.now(), limits=DEFAULT_FILE_LIMITS)
    found = wired.imports.get(name)
    is_new = found is None or found.state == "running" or found.may_begin_anew
    if is_new:
        order = ImportOrder(options=options, name=file.name, fingerprint=fingerprint)
        wired.import_bucket.put(name, order, path)
        behind = found if found is not None and found.state == "running" else None
        found = _follow(place, name, file.name, behind)
    assert found is not None  # noqa: S101  (it is new, or it was found)
    rejects = _rejects(place, found, path)
    body = {
        "file": file.name,
        "import": found.id,
        "state": found.state,
        "rows": found.rows,
        **found.counts,
        "rejected": dict(found.rejected),
        "rejects": str(rejects) if rejects else None,
        "unmapped": list(found.unmapped),
        "failure": found.failure,
        "already": not is_new,
    }
    place.show(body, lambda: _imported(found, rejects, is_new=is_new))
    return found


def _follow(
    place: Place,
    name: str,
    file: str,
    behind: Progress | None,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Progress:
    """Watch an import until it is over."""
    line = ProgressLine(place, file, rows_before=behind.rows if behind else 0)
    imports = place.services.imports
    while True:
        found = imports.get(name)
        if found is not None:
            line.show(found.share, found.rows, found.rejects)
            if found.state != "running" and not found.may_begin_anew:
                line.end()
                return found
            if found.state == "failed":
                line.end()
                return found
        sleep(POLL_SECONDS)


def _rejects(place: Place, found: Progress, path: Path) -> Path | None:
    """The rows that were not taken, beside the file. Written anew each time: it holds all of them."""
    if not found.rejects:
        return None
    target = path.with_name(path.name + ".rejects.csv")
    with target.open("w", encoding="utf-8", newline="") as file:
        file.write(csv_line(REJECT_COLUMNS))
        for part in place.services.import_bucket.parts(found.id):
            file.write(part)
    return target


def _imported(found: Progress, rejects: Path | None, *, is_new: bool) -> Table:
    table = Table(found.name, "", title_justify="left")
    if not is_new:
        table.add_row("already imported", f"{found.updated:%Y-%m-%d %H:%M} UTC; nothing was done")
    table.add_row("rows", f"{found.rows:,}")
    words = {
        "counted": "events counted",
        "repeats": "repeats, not counted again",
        "created": "people created",
        "merged": "people merged",
        "reported": "reported (kizuna violations)",
    }
    for name, label in words.items():
        if found.counts.get(name):
            table.add_row(label, f"{found.counts[name]:,}")
    for code, count in sorted(found.rejected.items()):
        table.add_row(f"refused: {code}", f"{count:,}")
    if rejects:
        table.add_row("listed in", str(rejects))
    if found.unmapped:
        table.add_row("columns without a meaning", ", ".join(found.unmapped))
    if found.failure:
        table.add_row("[red]stopped[/red]", found.failure)
    return table
