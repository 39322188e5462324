"""`kizuna campaign report`: what became of a campaign, as a page, a spreadsheet, JSON or a picture."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, assert_never

import typer
from rich.console import Group

from kizuna.cli.campaign_report_page import report_page, states_table
from kizuna.cli.context import Place, failure_of, place_of
from kizuna.core.errors import KizunaError, Unavailable
from kizuna.core.results.chart import WIDTH, svg_of
from kizuna.core.results.report import By, Report
from kizuna.core.results.tables import csv_of
from kizuna.core.results.words import Language
from kizuna.local.pictures import take_picture
from kizuna.runtime.desks import management_desk
from kizuna.usecases.measuring.report_desk import whole_body
from kizuna.usecases.measuring.reporting import read_report

Format = Literal["table", "csv", "json", "svg", "png"]
NameArgument = Annotated[
    str, typer.Argument(metavar="ID", help="A campaign, or a journey: then all of its messages together.")
]
ByOption = Annotated[By, typer.Option("--by", help="How the figures are cut.")]
FormatOption = Annotated[
    Format, typer.Option("--format", help="A picture and a table of cells go to a file.")
]
LanguageOption = Annotated[Literal["en", "ja"], typer.Option("--language", help="Of names and sentences.")]
GoalOption = Annotated[
    str, typer.Option("--goal", help="By which of its goals; the first unless it is named.")
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="The file; <id>.csv, .svg or .png unless it is named.")
]
StatesOption = Annotated[bool, typer.Option("--states", help="Each run's states, reasons and waves as well.")]


def report(
    context: typer.Context,
    name: NameArgument,
    by: ByOption = "channel",
    format: FormatOption = "table",
    language: LanguageOption = "en",
    goal: GoalOption = "",
    output: OutputOption = None,
    states: StatesOption = False,
) -> None:
    """What became of a campaign's messages: counts, rates with what they are of, money, and what sending did."""
    place = place_of(context)
    wired = place.services
    try:
        found = read_report(
            name,
            by=by,
            goal=goal,
            catalog=wired.catalog.current(),
            runs=wired.runs,
            results=wired.results,
            now=wired.now(),
        )
        _tell(place, found, format, language, output, states=states)
    except KizunaError as error:
        place.fail(error)


def _tell(
    place: Place, found: Report, format: Format, language: Language, output: Path | None, *, states: bool
) -> None:
    match format:
        case "table":
            body = _body(place, found, language)
            parts = [report_page(found, language), *([states_table(body, language)] if states else [])]
            place.show(body, lambda: Group(*parts))
        case "json":
            place.console.print_json(data=_body(place, found, language))
        case "csv":
            _write(place, _file(found, output, "csv"), csv_of(found, language))
        case "svg":
            _write(place, _file(found, output, "svg"), svg_of(found, language))
        case "png":
            picture = svg_of(found, language)
            file = _file(found, output, "png")
            height = re.search(r'height="(\d+)"', picture)
            page = f'<body style="margin:0">{picture}</body>'
            take_picture(page, file, width=WIDTH, height=int(height[1]) if height else WIDTH)
            place.show({"file": str(file)}, lambda: f"written: {file}")
        case _:
            assert_never(format)


def _body(place: Place, found: Report, language: Language) -> dict[str, Any]:
    wired = place.services
    on = management_desk(wired)
    return whole_body(found, language, on, wired.catalog.current(), now=wired.now())


def _file(found: Report, output: Path | None, ending: str) -> Path:
    return output or Path(f"{found.name}.{ending}")


def _write(place: Place, file: Path, text: str) -> None:
    """As it is: a spreadsheet wants the ends of lines that it was given."""
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise Unavailable(failure_of(error)) from error
    place.show({"file": str(file)}, lambda: f"written: {file}")
