"""`kizuna campaign simulate`: what a run would do, on the people there are, before anybody hears of it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from kizuna.cli.context import Place, place_of
from kizuna.cli.progress import ProgressLine
from kizuna.core.campaigning.forecast import Followed, rule_of
from kizuna.core.campaigning.page import page_of
from kizuna.core.campaigning.telling import changes
from kizuna.core.catalog import Catalog
from kizuna.core.durations import instant_from_text, instant_to_text
from kizuna.core.errors import InvalidDefinition, KizunaError, NotFound, Problem
from kizuna.core.messages import State
from kizuna.core.people import Profile
from kizuna.local.yaml_files import read_yaml
from kizuna.runtime.simulating import simulator
from kizuna.usecases.campaigning.simulating import (
    Look,
    Simulator,
    body_of,
    drafted,
    moment_of,
    simulate,
)


def simulate_campaign(
    context: typer.Context,
    campaign: Annotated[
        str, typer.Argument(help="The campaign's id, or a YAML file with one that is not applied yet.")
    ],
    at: Annotated[
        str, typer.Option("--at", help="The instant of the run (RFC 3339); else the next of its schedule.")
    ] = "",
    language: Annotated[Literal["en", "ja"], typer.Option("--language", help="Of the page.")] = "en",
    keep: Annotated[
        bool, typer.Option("--keep/--no-keep", help="Remember it, to say next time what is different.")
    ] = True,
    people: Annotated[
        Path | None, typer.Option("--people", help="Write every message as a line of CSV into this file.")
    ] = None,
) -> None:
    """Who would hear a campaign, when, on which channel; who would not, by which rule; and what it costs.

    Everybody who is stored is looked at. Nothing is sent, and nothing written but the result.
    """
    place = place_of(context)
    wired = place.services
    on = simulator(wired)
    try:
        name, catalog = _meant(campaign, place)
        moment = _moment(at) if at else moment_of(catalog.campaigns[name], now=wired.now())
        with _lines(people) as look:
            body = _simulated(name, on, catalog, moment, place, look)
    except KizunaError as error:
        place.fail(error)
    before = wired.simulations.last(name)
    moved = [] if before is None else changes(dict(before), body)
    if keep:
        wired.simulations.keep(name, body)
    told = {**body, "previous": None if before is None else before["at"], "changes": moved}
    place.show(
        told, lambda: page_of(body, language, before=None if before is None else dict(before), moved=moved)
    )


_COLUMNS = ("person", "channel", "state", "reason", "rule", "variant", "at", "fallback")


@contextmanager
def _lines(file: Path | None) -> Iterator[Look]:
    """Writes each message at its end, with the person's id and nothing else of them. Raises NotFound where the file
    cannot be written."""
    if file is None:
        yield lambda *_: None
        return
    try:
        with file.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened)
            writer.writerow(_COLUMNS)
            yield lambda profile, each: writer.writerow(_line(profile, each))
    except OSError as error:
        raise NotFound(f"--people {file}: {error.strerror}") from error


def _line(profile: Profile, each: Followed) -> tuple[str, ...]:
    message = each.message
    goes_out = message.state is State.SENT
    return (
        profile.id,
        message.channel,
        str(message.state),
        message.reason,
        rule_of(message),
        message.variant,
        instant_to_text(each.at),
        "yes" if goes_out and message.falls_back_from else "",
    )


def _simulated(
    name: str, on: Simulator, catalog: Catalog, at: datetime, place: Place, look: Look
) -> dict[str, Any]:
    line = ProgressLine(place, name)
    last = None
    for progress in simulate(name, on, catalog, at=at, look=look):
        line.show(progress.share, progress.looked_at, 0)
        last = progress.simulated
    line.end()
    if last is None:  # a walk over nobody still has its pages
        raise NotFound("nobody is stored")
    return body_of(last, catalog)


def _meant(campaign: str, place: Place) -> tuple[str, Catalog]:
    """The campaign's id, and the definitions in force, with the campaign of a file among them if one is meant."""
    store = place.services.catalog
    current = store.current()
    if campaign in current.campaigns:
        return campaign, current
    path = Path(campaign)
    if path.suffix not in (".yaml", ".yml") and not path.exists():
        raise NotFound(f"there is no campaign {campaign!r} in force, and no such file")
    document = read_yaml(path, place=campaign)
    if not isinstance(document, dict) or not isinstance(document.get("id"), str):
        raise InvalidDefinition((Problem(campaign, "is no campaign: a mapping with its id is needed"),))
    catalog = drafted(store.documents(), document, version=current.version, place=campaign)
    return document["id"], catalog


def _moment(text: str) -> datetime:
    try:
        return instant_from_text(text).astimezone(UTC)
    except ValueError as error:
        raise InvalidDefinition(
            (Problem("--at", f"{text!r} is no instant such as 2026-11-23T12:00:00Z"),)
        ) from error
