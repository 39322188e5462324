"""`kizuna journey`: scenarios that follow the person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import ValidationError

from kizuna.cli.context import Place, place_of
from kizuna.core.catalog_checks.journeys import place_of_step
from kizuna.core.definition_size import bomb_problem
from kizuna.core.errors import InvalidDefinition, KizunaError, NotFound, Problem
from kizuna.core.journeys.checking import journey_problems
from kizuna.core.journeys.counting import counted, total
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.drawing import mermaid_of, svg_of
from kizuna.core.journeys.messages import speaking_problems
from kizuna.core.refusing.faults import faults_of
from kizuna.local.yaml_files import read_yaml

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def draw(
    context: typer.Context,
    journey: Annotated[
        str, typer.Argument(help="A file such as welcome.yaml, or the id of a journey in force.")
    ],
    mermaid: Annotated[bool, typer.Option("--mermaid/--svg", help="As Mermaid text, or as an SVG.")] = False,
    language: Annotated[str, typer.Option("--language", help="en or ja.")] = "en",
    counts: Annotated[
        bool, typer.Option("--counts", help="With how many people each step has seen.")
    ] = False,
) -> None:
    """Draw a journey: a box a step, an arrow a way. Into a file: `kizuna journey draw welcome > it.svg`."""
    place = place_of(context)
    if language not in ("en", "ja"):
        place.fail(InvalidDefinition((Problem("--language", "is en or ja"),)))
    spoken: Literal["en", "ja"] = "ja" if language == "ja" else "en"
    try:
        meant = _meant(place, journey)
    except KizunaError as error:
        place.fail(error)
    seen = counted(total(place.services.journeys.counts(meant.id))) if counts else None
    drawn = (mermaid_of if mermaid else svg_of)(meant, spoken, counts=seen)
    if place.as_json:
        place.show({"journey": meant.id, "mermaid" if mermaid else "svg": drawn}, str)
    else:  # as it is: it is meant for a file
        place.console.print(drawn, end="", markup=False, highlight=False, soft_wrap=True)


def _meant(place: Place, journey: str) -> Journey:
    """The journey of a file, or the one in force by this id."""
    if journey.endswith((".yaml", ".yml")):
        return journey_of_file(Path(journey))
    found = place.services.catalog.current().journeys.get(journey)
    if found is None:
        raise NotFound(f"there is no journey {journey!r} in force")
    return found


def journey_of_file(file: Path) -> Journey:
    """The journey that a file holds, looked at alone: what it names of the workspace is not looked up.

    Raises InvalidDefinition with every problem, each naming its place.
    """
    document = read_yaml(file)
    if not isinstance(document, dict):
        raise InvalidDefinition((Problem(str(file), "holds no definition"),))
    if bomb := bomb_problem(document):
        raise InvalidDefinition((Problem(f"{file}: {bomb[0]}", bomb[1]),))
    try:
        journey = Journey.model_validate(document)
    except ValidationError as error:
        raise InvalidDefinition(
            tuple(
                Problem(f"{file}: {'.'.join(map(str, place_of_step(fault.keys, document)))}", fault.reason)
                for fault in faults_of(error, Journey, document)
            )
        ) from None
    problems = journey_problems(journey, str(file)) + speaking_problems(journey, str(file))
    if problems:
        raise InvalidDefinition(tuple(problems))
    return journey
