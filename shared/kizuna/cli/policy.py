"""`kizuna policy`: the consent rules on worked cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from kizuna.cli.context import place_of
from kizuna.core.errors import InvalidDefinition, Problem
from kizuna.core.policy_cases import Outcome, evaluate_cases

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def cases(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file like events/consent_cases.json.")],
) -> None:
    """Judge every case of a file and show each mismatch; exit code 1 if there is any."""
    place = place_of(context)
    try:
        report = evaluate_cases(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        place.fail(InvalidDefinition((Problem(str(file), str(error)),)))
    wrong = [
        {
            "case": each.case,
            "title": each.title,
            "expected": _told(each.expected),
            "actual": _told(each.actual),
        }
        for each in report.mismatches
    ]
    lines = [
        f"✗ {each['case']} {each['title']}: expected {each['expected']}, got {each['actual']}"
        for each in wrong
    ]
    summary = f"{report.judged} cases judged, {len(wrong)} differ"
    place.show({"judged": report.judged, "mismatches": wrong}, lambda: "\n".join([*lines, summary]))
    if wrong:
        raise typer.Exit(1)


def _told(outcome: Outcome) -> str:
    later = f" until {outcome.not_before.isoformat()}" if outcome.not_before else ""
    return f"{outcome.decision} {outcome.reason or ''}{later}".strip()


@app.callback()
def root() -> None:
    """Consent rules."""
