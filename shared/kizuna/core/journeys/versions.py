"""Paths of older versions, kept for people who walk by them (`version_policy: pin`).

Only what makes the path is kept of a version: its steps, goal, exit rules and holdout. Whatever else the journey says
(its pause, its end, its quiet hours) is that of the version in force, for it is said of everybody. A new version with
the same path leaves nothing behind: people walk on by the one in force, and never notice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.campaigns import Campaign
    from kizuna.core.journeys.definition import Journey

PATH = ("steps", "goal", "exit_rules", "holdout")
KEPT = 10  # paths of one journey; whoever walks by an older one leaves as `migrated_out`

Document = Mapping[str, Any]
Path = tuple[int, int, Document]  # from which version to which it was the path, and what it was
Paths = Mapping[str, Sequence[Path]]  # by journey, the oldest first


def paths_after(
    kept: Paths,
    before: Mapping[tuple[str, str], Document],
    versions: Mapping[str, int],
    wanted: Mapping[tuple[str, str], Document],
) -> dict[str, list[Path]]:
    """The paths to keep once definitions change from `before`, at these versions, to `wanted`.

    Nothing is kept of a journey that is gone, or that moves people on in another way: there nobody walks by it.
    """
    after: dict[str, list[Path]] = {}
    for (kind, journey), document in wanted.items():
        if kind != "journey" or document.get("version_policy", "pin") != "pin":
            continue
        paths = list(kept.get(journey, ()))
        former = before.get((kind, journey))
        if former is not None and path_of(former) != path_of(document):
            since = paths[-1][1] + 1 if paths else 1
            paths.append((since, versions.get(f"journey/{journey}", 0), path_of(former)))
        if paths:
            after[journey] = paths[-KEPT:]
    return after


def path_of(document: Document) -> dict[str, Any]:
    return {name: document[name] for name in PATH if name in document}


def as_walked(document: Document, path: Document) -> dict[str, Any]:
    """The document in force, with the path of an older version."""
    rest = {name: value for name, value in document.items() if name not in PATH}
    return {**rest, **path}


@dataclass(frozen=True, slots=True)
class OldPath:
    """A journey as people walk it who entered by one of these versions, its first and its last."""

    since: int
    until: int
    journey: Journey
    campaigns: Mapping[str, Campaign]  # its steps that speak, by id


def old_paths(
    paths: Paths, documents: Mapping[tuple[str, str], Document], templates: Mapping[str, Any]
) -> dict[str, tuple[OldPath, ...]]:
    """The kept paths as journeys. One that can be walked no longer, because a template of it is gone or a rule of
    ours has changed, is left out: who walks by it leaves."""
    if not paths:
        return {}
    from kizuna.core.journeys.definition import Journey  # where somebody may walk by an older version
    from kizuna.core.journeys.messages import campaigns_of

    found: dict[str, tuple[OldPath, ...]] = {}
    for name, kept in paths.items():
        document = documents.get(("journey", name))
        if document is None:
            continue
        walkable = []
        for since, until, path in kept:
            try:
                journey = Journey.model_validate(as_walked(document, path))
                campaigns = campaigns_of(journey)
            except (ValidationError, ValueError):
                continue
            named = {each.template_on(channel) for each in campaigns.values() for channel in each.reaches_by}
            if named <= templates.keys():
                walkable.append(OldPath(since, until, journey, campaigns))
        if walkable:
            found[name] = tuple(walkable)
    return found
