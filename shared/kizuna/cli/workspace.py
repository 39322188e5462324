"""`kizuna plan` and `kizuna apply`: the workspace as code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from kizuna.cli.context import place_of
from kizuna.cli.workspace_files import read_workspace
from kizuna.core.catalog import Change
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import KizunaError
from kizuna.usecases import workspace

FolderArgument = Annotated[Path, typer.Argument(help="The workspace folder, such as shared/workspace.")]
_MARKS = {"add": ("+", "green"), "change": ("~", "yellow"), "remove": ("-", "red")}


def plan(context: typer.Context, folder: FolderArgument) -> None:
    """Show what applying a workspace would change. Nothing is written."""
    place = place_of(context)
    try:
        files = read_workspace(folder)
        changes = workspace.plan(files.documents, place.services.catalog, files.origin())
    except KizunaError as error:
        place.fail(error)
    place.show({"changes": [_row(change) for change in changes]}, lambda: _listed(changes, "No changes."))


def apply(context: typer.Context, folder: FolderArgument) -> None:
    """Put a workspace in force: definitions, schedules, and people brought up to date."""
    place = place_of(context)
    wired = place.services
    try:
        files = read_workspace(folder)
        done = workspace.apply(
            files.documents,
            wired.catalog,
            wired.queues,
            wired.schedules,
            origin=files.origin(),
            now=wired.now(),
            actor="cli",
        )
    except KizunaError as error:
        place.fail(error)
    runs = {campaign: instant_to_text(at) for campaign, at in done.next_runs}
    text = _listed(done.changes, "No changes.")
    text.append(f"\nversion {done.version} is in force")
    for campaign, at in runs.items():
        text.append(f"\n{campaign} runs next at {at}")
    place.show(
        {"changes": [_row(change) for change in done.changes], "version": done.version, "nextRuns": runs},
        lambda: text,
    )


def _row(change: Change) -> dict[str, str]:
    return {"act": change.act, "kind": change.kind, "id": change.id}


def _listed(changes: tuple[Change, ...], nothing: str) -> Text:
    if not changes:
        return Text(nothing)
    text = Text()
    for index, change in enumerate(changes):
        mark, style = _MARKS[change.act]
        text.append(("\n" if index else "") + f"{mark} {change.kind} {change.id}", style=style)
    return text
