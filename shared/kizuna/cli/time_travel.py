"""Journeys and triggered campaigns ahead of time: `kizuna journey simulate` plays one story, `kizuna test` many."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from kizuna.cli.context import place_of
from kizuna.cli.paths import WORKSPACE
from kizuna.cli.workspace_files import Workspace, read_workspace, workspace_around
from kizuna.core.catalog import Catalog, build
from kizuna.core.errors import InvalidDefinition, KizunaError, Problem
from kizuna.core.sentences import Language
from kizuna.local.time_travel.cases import Case, TestFile
from kizuna.local.time_travel.judging import Difference, differences
from kizuna.local.time_travel.playing import Played, Unplayable, play
from kizuna.local.time_travel.reading import found_in, read_as, read_tests
from kizuna.local.time_travel.stories import Story
from kizuna.local.time_travel.telling import Line, kind_in_words, lines_of, what_of, why_of
from kizuna.local.time_travel.world import NeverEnds
from kizuna.local.yaml_files import read_yaml

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        help="The folder of definitions that it is played with.",
        show_default="that of the file; else shared/workspace",
    ),
]
LanguageOption = Annotated[Literal["en", "ja"], typer.Option("--language", help="Of what is printed.")]


def simulate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The journey, such as journeys/welcome.yaml.")],
    person: Annotated[
        Path | None, typer.Option("--person", help="Who it is: a person, or people by name (YAML or JSON).")
    ] = None,
    events: Annotated[
        Path | None, typer.Option("--events", help="What happens: a list, or a story (YAML or JSON).")
    ] = None,
    test: Annotated[
        Path | None, typer.Option("--test", help="People and events of a test file instead.")
    ] = None,
    case: Annotated[
        str | None, typer.Option("--case", help="Which test of the file; else the first.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="As far as it is played: 30d, …")] = None,
    starts: Annotated[
        str | None, typer.Option("--starts", help="When it begins: 2026-11-23 09:00, or an instant.")
    ] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="Whose local times are meant.")] = None,
    workspace: WorkspaceOption = None,
    language: LanguageOption = "en",
) -> None:
    """Play a journey for somebody, and tell what happens when, and why. Nothing is sent, nothing is stored."""
    place = place_of(context)
    try:
        document = _journey_in(file)
        told = _story(person, events, test, case)
        changed = {"until": until, "starts": starts, "zone": zone}
        told |= {name: value for name, value in changed.items() if value is not None}
        story = read_as(Story, told, "the story")
        catalog = _catalog_with(document, file, _folder_of(file, workspace))
        played = play(story, catalog)
    except KizunaError as error:
        place.fail(error)
    lines = lines_of(played, journey=str(document["id"]))
    shown = _as_table(played, lines, language)
    place.show(_as_data(played, lines), lambda: shown if lines else f"{shown}\n{_BEGIN[language]}")


def run_tests(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Test files (*.test.yaml), or folders of them; else those of the workspace."),
    ] = None,
    workspace: WorkspaceOption = None,
    only: Annotated[str | None, typer.Option("--only", help="Tests whose name has this text.")] = None,
    language: LanguageOption = "en",
) -> None:
    """Play the tests of a workspace; exit code 1 if one fails, with what was expected and the path that was taken."""
    place, began = place_of(context), time.perf_counter()
    try:
        files = {path: _folder_of(path, workspace) for path in found_in(paths or [workspace or WORKSPACE])}
        catalogs = {folder: _catalog_of(read_workspace(folder)) for folder in dict.fromkeys(files.values())}
        verdicts = [verdict for path in files for verdict in _verdicts(path, catalogs[files[path]], only)]
    except KizunaError as error:
        place.fail(error)
    failed = [verdict for verdict in verdicts if not verdict["passed"]]
    took = time.perf_counter() - began
    place.show(
        {
            "tests": len(verdicts),
            "failed": len(failed),
            "seconds": round(took, 3),
            "results": _plain(verdicts),
        },
        lambda: _as_verdicts(verdicts, took, language),
    )
    if failed or not verdicts:
        raise typer.Exit(1)


# ── reading ─────────────────────────────────────────────────────────────────────────────────────


def _journey_in(file: Path) -> Mapping[str, Any]:
    document = read_yaml(file)
    if not isinstance(document, dict) or not isinstance(document.get("id"), str):
        raise InvalidDefinition((Problem(str(file), "holds no journey: id is missing"),))
    return document


def _story(person: Path | None, events: Path | None, test: Path | None, case: str | None) -> dict[str, Any]:
    """What is told of people and events by the files, as a story is written."""
    if test is not None:
        file = read_tests(test)
        found = next((each for each in file.tests if case in (None, each.name)), None)
        if found is None:
            raise InvalidDefinition((Problem(str(test), f"there is no test called {case!r}"),))
        return dict(file.story_of(found))
    told = read_yaml(events) if events is not None else []
    story: dict[str, Any] = dict(told) if isinstance(told, dict) else {"events": told}
    if person is not None:
        who = read_yaml(person)
        several = isinstance(who, dict) and "people" in who
        story["people"] = who["people"] if several else {"person": who}
    place = str(events or person or "--events")
    return dict(read_as(Story, story, place))


def _folder_of(file: Path, workspace: Path | None) -> Path:
    """The definitions that a file is played with: those it lies among, unless others are named."""
    return workspace or workspace_around(file) or WORKSPACE


def _catalog_of(workspace: Workspace) -> Catalog:
    """The definitions of a folder, as they would be in force."""
    versions = {f"{kind}/{name}": 1 for kind, name in workspace.documents}
    return build(workspace.documents, version=1, versions=versions, origin=workspace.origin())


def _catalog_with(document: Mapping[str, Any], file: Path, folder: Path) -> Catalog:
    """Those of a folder with one journey in place of what it has by that name."""
    workspace = read_workspace(folder)
    key = ("journey", str(document["id"]))
    workspace.documents[key], workspace.files[key] = dict(document), str(file)
    return _catalog_of(workspace)


# ── telling ─────────────────────────────────────────────────────────────────────────────────────


def _as_data(played: Played, lines: Sequence[Line]) -> dict[str, Any]:
    return {
        "starts": played.starts.isoformat(),
        "ends": played.ends.isoformat(),
        "lines": [line.data() for line in lines],
        "notUsed": [
            {"event": each.event_name, "cause": each.cause, "reason": each.reason}
            for each in played.violations
        ],
    }


_HEADS = {
    "en": ("When", "Who", "", "What", "Why"),
    "ja": ("日時", "だれ", "", "内容", "理由"),
}
_NOTHING = {"en": "Nothing happened.", "ja": "何も起きませんでした。"}
_BEGIN = {
    "en": "Somebody has to enter, and time to pass: give --person and --events, or --test, and --until.",
    "ja": "--personと--events（または--test）で人とイベントを、--untilで期間を指定してください。",
}
_STYLES = {"sent": "green", "withheld": "yellow", "ended": "bold", "happened": "cyan"}


def _as_table(played: Played, lines: Sequence[Line], language: Language) -> object:
    if not lines:
        return _NOTHING[language]
    table = Table(box=None, pad_edge=False)
    for head in _HEADS[language]:
        table.add_column(head, overflow="fold")
    for line in lines:
        table.add_row(
            f"{line.at.astimezone(played.zone):%Y-%m-%d %H:%M}",
            line.who,
            kind_in_words(line.kind, language),
            what_of(line, language),
            why_of(line, played, language),
            style=_STYLES.get(line.kind, ""),
        )
    refused = [
        Text(f"! {each.event_name or 'event'}: {each.path}: {each.reason}", "yellow")
        for each in played.violations
    ]
    return Group(table, *refused)


# ── tests ───────────────────────────────────────────────────────────────────────────────────────


PLAYABLE = "a story that can be played"


def _verdicts(path: Path, catalog: Catalog, only: str | None) -> list[dict[str, Any]]:
    file = read_tests(path)
    return [_verdict(path, file, case, catalog) for case in file.tests if only is None or only in case.name]


def _verdict(path: Path, file: TestFile, case: Case, catalog: Catalog) -> dict[str, Any]:
    began, played = time.perf_counter(), None
    try:
        played = play(file.story_of(case), catalog)
        found = differences(case, file, played)
    except InvalidDefinition as error:  # the others are played all the same
        found = tuple(Difference(each.path, PLAYABLE, each.reason) for each in error.problems)
        played = error.played if isinstance(error, Unplayable) else None
    except NeverEnds as error:
        found = (Difference("until", PLAYABLE, str(error)),)
    return {
        "file": str(path),
        "test": case.name,
        "passed": not found,
        "milliseconds": round(1000 * (time.perf_counter() - began), 1),
        "differences": found,
        "played": played,
        "journey": file.journey,
    }


def _plain(verdicts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    shown = []
    for verdict in verdicts:
        told: dict[str, Any] = {key: verdict[key] for key in ("file", "test", "passed", "milliseconds")}
        if not verdict["passed"]:
            told["differences"] = [_difference_data(each) for each in verdict["differences"]]
            played = verdict["played"]
            told["lines"] = (
                [each.data() for each in lines_of(played, journey=verdict["journey"])] if played else []
            )
        shown.append(told)
    return shown


def _difference_data(difference: Difference) -> dict[str, str]:
    return {"path": difference.path, "expected": difference.expected, "got": difference.got}


_WORDS = {
    "en": ("expected", "got", "{} tests, {} failed, {:.2f} s", "There are no tests here."),
    "ja": ("期待", "結果", "テスト{}件、失敗{}件、{:.2f}秒", "テストがありません。"),
}


def _as_verdicts(verdicts: Sequence[Mapping[str, Any]], took: float, language: Language) -> object:
    expected, got, summary, nothing = _WORDS[language]
    if not verdicts:
        return nothing
    shown: list[Any] = []
    for verdict in verdicts:
        mark = ("✓", "green") if verdict["passed"] else ("✗", "red")
        shown.append(Text.assemble(mark, f" {Path(verdict['file']).name}: {verdict['test']}"))
        for each in verdict["differences"]:
            shown.append(Text(f"    {each.path}"))
            shown.append(Text(f"      {expected}: {each.expected}", "green"))
            shown.append(Text(f"      {got}: {each.got}", "red"))
        if not verdict["passed"] and verdict["played"] is not None:
            shown.append(
                _as_table(
                    verdict["played"], lines_of(verdict["played"], journey=verdict["journey"]), language
                )
            )
    failed = sum(not verdict["passed"] for verdict in verdicts)
    shown.append(Text(summary.format(len(verdicts), failed, took)))
    return Group(*shown)
