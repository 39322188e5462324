"""A workspace folder as documents: one YAML file a definition, or a list of them in one file.

brands.yaml topics.yaml sources.yaml tracking.yaml policy.yaml identity.yaml wordings.yaml webhooks.yaml blocks.yaml
surveys.yaml segments/*.yaml templates/*.yaml campaigns/*.yaml journeys/*.yaml placements/*.yaml

Beside a definition may lie what tests it (`*.test.yaml`): no definition, and read by `kizuna test`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kizuna.core.errors import InvalidDefinition, Problem
from kizuna.local.yaml_files import read_yaml

_FOLDERS = {
    "brands": "brand",
    "topics": "topic",
    "sources": "source",
    "segments": "segment",
    "templates": "template",
    "campaigns": "campaign",
    "journeys": "journey",
    "placements": "placement",
    "traits": "trait",
    "tracking": "event",
    "policy": "policy",
    "identity": "identity",
    "lists": "list",
    "suppressions": "suppression",
    "rfm": "rfm",
    "wordings": "wording",
    "webhooks": "webhook",
    "blocks": "block",
    "surveys": "survey",
}


@dataclass(slots=True)
class Workspace:
    """Documents by (kind, id), and the file that each came from."""

    documents: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    files: dict[tuple[str, str], str] = field(default_factory=dict)

    def origin(self) -> Callable[[str, str], str]:
        """Names the file of a definition, for errors that say where."""
        return lambda kind, definition_id: self.files.get((kind, definition_id), f"{kind}/{definition_id}")


def is_test(path: Path) -> bool:
    """Whether a file of a workspace says what is expected of its definitions, and defines nothing."""
    return path.name.endswith((".test.yaml", ".test.yml"))


def workspace_around(path: Path) -> Path | None:
    """The workspace that a file or folder belongs to: itself, or the folder above its `journeys`, `segments` …; None
    where nothing tells."""
    folder = path.resolve() if path.is_dir() else path.resolve().parent
    if folder.name in _FOLDERS:
        return folder.parent
    if folder.is_dir() and any(map(_defines, folder.iterdir())):
        return folder
    return next((each.parent for each in folder.parents if each.name in _FOLDERS), None)


def _defines(path: Path) -> bool:
    """Whether this is a folder or file of definitions, and not something else that happens to be called so."""
    return path.stem in _FOLDERS and (path.is_dir() or path.suffix in (".yaml", ".yml"))


def read_workspace(folder: Path) -> Workspace:
    """Read every definition below a folder, and finish each template (`core/authoring`).

    Raises InvalidDefinition naming file and reason.
    """
    from kizuna.core.authoring.composing import (
        composed,  # the template engine: not every command reads a folder
    )

    workspace = Workspace()
    problems: list[Problem] = []
    if not folder.is_dir():
        raise InvalidDefinition((Problem(str(folder), "is not a folder"),))
    for path in sorted(folder.rglob("*.y*ml")):
        name = path.relative_to(folder)
        if is_test(path):
            continue
        kind = _FOLDERS.get(name.parts[0].removesuffix(path.suffix))
        if kind is None:
            known = ", ".join(_FOLDERS)
            problems.append(Problem(str(name), f"belongs to no kind of definition (there are {known})"))
            continue
        problems += _take(path, str(name), kind, workspace)
    if problems:
        raise InvalidDefinition(tuple(problems))
    workspace.documents = {
        key: dict(document)
        for key, document in composed(workspace.documents, origin=workspace.origin()).items()
    }
    return workspace


def _take(path: Path, name: str, kind: str, workspace: Workspace) -> list[Problem]:
    try:
        loaded = read_yaml(path, place=name)
    except InvalidDefinition as unreadable:
        return list(unreadable.problems)
    problems = []
    for index, document in enumerate(loaded if isinstance(loaded, list) else [loaded]):
        place = f"{name}[{index}]" if isinstance(loaded, list) else name
        identifier = document.get("id") if isinstance(document, dict) else None
        if not isinstance(identifier, str):
            problems.append(Problem(place, "id: missing, or not a text"))
            continue
        key = (kind, identifier)
        if key in workspace.documents:
            problems.append(
                Problem(place, f"id: {identifier!r} is defined already in {workspace.files[key]}")
            )
            continue
        workspace.documents[key] = document
        workspace.files[key] = place
    return problems
