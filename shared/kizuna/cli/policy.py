"""`kizuna policy`: the consent rules on worked cases, and two policies held against the people there are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from kizuna.cli.context import Place, place_of
from kizuna.cli.policy_diff_page import policy_diff_page
from kizuna.core.catalog import Catalog
from kizuna.core.errors import InvalidDefinition, Problem
from kizuna.core.gate.cases import Outcome, evaluate_cases
from kizuna.local.yaml_files import read_yaml
from kizuna.usecases.decisions.policy_diff import Differences, compare, with_policy

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def cases(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file like events/consent_cases.json.")],
) -> None:
    """Judge every case of a file and show each mismatch; exit code 1 if there is any."""
    place = place_of(context)
    try:
        report = evaluate_cases(json.loads(file.read_text(encoding="utf-8-sig")))
    except InvalidDefinition as error:
        place.fail(error)
    except OSError as error:
        place.fail(InvalidDefinition((Problem(str(file), error.strerror or str(error)),)))
    except ValueError as error:
        place.fail(InvalidDefinition((Problem(str(file), str(error)),)))
    except RecursionError:
        place.fail(InvalidDefinition((Problem(str(file), "lists or objects are nested too deeply"),)))
    wrong = [
        {
            "case": _printable(each.case),
            "title": _printable(each.title),
            "expected": _printable(_told(each.expected)),
            "actual": _told(each.actual),
            "unreadable": _printable(each.unreadable),
        }
        for each in report.mismatches
    ]
    lines = [
        f"✗ {each['case']} {each['title']}: expected {each['expected']}, got {each['actual']}"
        + (f" (cannot be read: {each['unreadable']})" if each["unreadable"] else "")
        for each in wrong
    ]
    summary = f"{report.judged} cases judged, {len(wrong)} differ"
    place.show({"judged": report.judged, "mismatches": wrong}, lambda: "\n".join([*lines, summary]))
    if wrong:
        raise typer.Exit(1)


def _printable(text: str) -> str:
    """Any text of a file, such as one with half a character in it, as a terminal can show it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _told(outcome: Outcome) -> str:
    later = f" until {outcome.not_before.isoformat()}" if outcome.not_before else ""
    return f"{outcome.decision} {outcome.reason or ''}{later}".strip()


@app.command()
def diff(
    context: typer.Context,
    old: Annotated[str, typer.Argument(help="A policy file, or `current` for the one in force.")],
    new: Annotated[str, typer.Argument(help="A policy file, or `current`.")],
    language: Annotated[Literal["en", "ja"], typer.Option("--language", help="Of the reasons.")] = "en",
) -> None:
    """Who of the stored people gains and loses reach by another policy, and why. Changes nothing."""
    place = place_of(context)
    wired = place.services
    try:
        catalogs = [_catalog_with(name, place) for name in (old, new)]
    except InvalidDefinition as error:
        place.fail(error)
    body: dict[str, Any] = Differences().body()
    for progress in compare(
        *catalogs, people=wired.people, ledger=wired.ledger, messages=wired.messages, now=wired.now()
    ):
        body = progress.found.body()
        if not place.as_json and place.console.is_terminal:
            place.console.print(f"{progress.share:.0%}  {body['people']:,} people", end="\r")
    place.show(body, lambda: policy_diff_page(body, language))


def _catalog_with(name: str, place: Place) -> Catalog:
    store = place.services.catalog
    current = store.current()
    if name == "current":
        return current
    document = read_yaml(Path(name), place=name)
    if not isinstance(document, dict):
        raise InvalidDefinition((Problem(name, "is no policy: a mapping of its keys is needed"),))
    return with_policy(store.documents(), document, version=current.version, place=name)


@app.callback()
def root() -> None:
    """Consent rules."""
