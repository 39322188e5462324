"""`kizuna journey report|path|enter|pause|resume`: journeys as they run, and what staff do about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typer
from rich.console import Group
from rich.table import Table

from kizuna.cli.actors import ActorOption, ReasonOption, who
from kizuna.cli.context import Place, place_of
from kizuna.cli.journey_report_page import journey_report_page
from kizuna.cli.people import PersonArgument, person_meant
from kizuna.core.contracts import EnterJourney
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import InvalidDefinition, KizunaError, NotFound, Problem
from kizuna.core.journeys.admitting import Refusal
from kizuna.core.journeys.halts import Timers
from kizuna.core.journeys.refusals import refusal_in_words
from kizuna.usecases.journeys import halting
from kizuna.usecases.journeys.reports import path_body, report_body
from kizuna.usecases.journeys.triggers import called

JourneyArgument = Annotated[str, typer.Argument(help="The journey's id in the workspace.")]


class NotEntered(KizunaError):
    """Somebody was not let into a journey, and why."""


def report(
    context: typer.Context,
    journey: JourneyArgument,
    language: Annotated[Literal["en", "ja"], typer.Option("--language", help="Of the page.")] = "en",
) -> None:
    """Where people stand in a journey now, and how many came to each step, went on, and left, and why."""
    place = place_of(context)
    wired = place.services
    try:
        body = report_body(
            journey, wired.journeys, wired.halts.current(), wired.catalog.current(), language=language
        )
    except KizunaError as error:
        place.fail(error)
    place.show(body, lambda: journey_report_page(body, language))


def path(
    context: typer.Context,
    person: PersonArgument,
    journey: Annotated[str, typer.Argument(help="The journey's id; all of them without it.")] = "",
    language: Annotated[Literal["en", "ja"], typer.Option("--language", help="Of the reasons.")] = "en",
) -> None:
    """The journeys of one person: where they stand, and why they went on as they did."""
    place = place_of(context)
    profile = person_meant(place, person)
    found = place.services.journeys.of_person(profile.parts or (profile.id,))
    runs = [run for run in found if journey in ("", run.journey)]
    if journey and not runs:
        _known(place, journey)
    body = path_body(runs, language)
    place.show({"person": profile.id, "runs": body}, lambda: _walks(body, language))


def enter(
    context: typer.Context,
    journey: JourneyArgument,
    person: PersonArgument,
    request: Annotated[str, typer.Option("--request", help="The same again begins nothing more.")] = "",
    key: Annotated[str, typer.Option("--key", help="What the run is about, in a journey by key.")] = "",
    inputs: Annotated[str, typer.Option("--inputs", help="The `entry` of the run, as JSON.")] = "{}",
) -> None:
    """Let somebody into a journey that is entered by a call."""
    place = place_of(context)
    wired, now = place.services, place.services.now()
    known = _known(place, journey)
    if known.enter.type != "api":
        place.fail(NotFound(f"journey {journey!r} is entered by {known.enter.type}, not by a call"))
    profile = person_meant(place, person)
    asked = EnterJourney(
        journey=journey,
        person=profile.id,
        request=request or instant_to_text(now),
        at=now,
        key=key,
        inputs=_inputs(place, inputs),
    )
    came = called(asked, wired.journey_driver(), wired.catalog.current(), now=now)
    if isinstance(came, Refusal):
        place.fail(NotEntered(f"{profile.id} does not enter {journey}: {refusal_in_words(came)}"))
    place.show(
        {"journey": journey, "person": profile.id, "run": came.id, "step": came.node},
        lambda: f"{profile.id} is in {journey}, at {came.node}",
    )


def pause(
    context: typer.Context, journey: JourneyArgument, reason: ReasonOption, actor: ActorOption = ""
) -> None:
    """Let a journey stand still: nobody enters, and who is inside stays where they are."""
    place = place_of(context)
    wired, by = place.services, who(actor)
    _known(place, journey)
    try:
        halting.pause(journey, wired.halts, wired.catalog.current(), by=by, reason=reason, now=wired.now())
    except KizunaError as error:
        place.fail(error)
    place.show(
        {"journey": journey, "paused": True, "by": by, "reason": reason},
        lambda: f"{journey} stands still; what is in the senders' hands still goes out",
    )


def resume(
    context: typer.Context,
    journey: JourneyArgument,
    timers: Annotated[
        str,
        typer.Option(
            "--timers", help="freeze: waits go on with what was left; catch_up: their time ran on meanwhile."
        ),
    ] = "",
    actor: ActorOption = "",
) -> None:
    """Let a paused journey go on, from where everybody stands."""
    place = place_of(context)
    wired, by = place.services, who(actor)
    known = _known(place, journey)
    if timers not in ("", "freeze", "catch_up"):
        place.fail(InvalidDefinition((Problem("--timers", "is freeze or catch_up"),)))
    how: Timers = "freeze" if (timers or known.on_resume) == "freeze" else "catch_up"
    try:
        halting.resume(
            journey, wired.halts, wired.queues, wired.catalog.current(), by=by, now=wired.now(), timers=how
        )
    except KizunaError as error:
        place.fail(error)
    place.show(
        {"journey": journey, "paused": False, "by": by, "timers": how},
        lambda: f"{journey} goes on ({how})",
    )


def _known(place: Place, journey: str) -> Any:
    found = place.services.catalog.current().journeys.get(journey)
    if found is None:
        place.fail(NotFound(f"there is no journey {journey!r} in force"))
    return found


def _inputs(place: Place, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        place.fail(InvalidDefinition((Problem("--inputs", "is a JSON object"),)))
    return found


def _walks(body: list[dict[str, Any]], language: Literal["en", "ja"]) -> Group | str:
    if not body:
        return "どのジャーニーにも入っていません" if language == "ja" else "has been in no journey"
    tables = []
    for run in body:
        title = _japanese_head(run) if language == "ja" else _head(run)
        heads = ("日時", "ステップ", "理由") if language == "ja" else ("at", "step", "why")
        table = Table(*heads, title=title, title_justify="left")
        for station in run["path"]:
            table.add_row(station["at"], station["step"], station["words"])
        tables.append(table)
    return Group(*tables)


def _head(run: Mapping[str, Any]) -> str:
    about = f" about {run['key']}" if run["key"] else ""
    told = f"{run['journey']} v{run['version']}{about}: {run['state']}"
    told += f" ({run['reason']})" if run["reason"] else f", at {run['step']}"
    told += ", held by a pause" if run["frozen"] else ""
    return told + (f", until {run['dueAt']}" if run["dueAt"] else "")


_STATES = {
    "active": "進行中", "waiting": "待機中", "completed": "完了", "converted": "目標を達成", "exited": "離脱",
    "held_out": "比較のため配信なし", "migrated_out": "変更により離脱", "failed": "失敗",
}  # fmt: skip


def _japanese_head(run: Mapping[str, Any]) -> str:
    about = f"（{run['key']}）" if run["key"] else ""
    told = f"{run['journey']} v{run['version']}{about}：{_STATES.get(run['state'], run['state'])}"
    told += f"（{run['reason']}）" if run["reason"] else f"、ステップ{run['step']}"
    told += "、一時停止中" if run["frozen"] else ""
    return told + (f"、{run['dueAt']}まで" if run["dueAt"] else "")
