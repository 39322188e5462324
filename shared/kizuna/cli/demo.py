"""`kizuna demo`: the whole of Kizuna in half a minute, on this machine, with real purchases."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from kizuna.cli.context import place_of
from kizuna.cli.paths import PURCHASES, WORKSPACE
from kizuna.cli.rfm_page import rfm_grid, rfm_page
from kizuna.cli.workspace_files import read_workspace
from kizuna.core.campaigns import TRIGGERED
from kizuna.core.errors import KizunaError
from kizuna.core.messages import State
from kizuna.local.clock import VirtualClock
from kizuna.local.cloud import LocalCloud
from kizuna.local.report import Report, report_of
from kizuna.local.story import BEGINS, Happened, Story, apply_documents
from kizuna.usecases.authoring.workspace import Applied

PeopleOption = Annotated[
    str, typer.Option("--people", envvar="PEOPLE", help="How many customers, or `all` (2,357).")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Another seed makes up other people.")]
LINKS = "https://links.grooveharbour.example"  # where the links in messages would point, were the shop real

OutboxOption = Annotated[
    Path | None, typer.Option("--outbox", help="Write everything the providers took to this file, as JSON.")
]
LakeOption = Annotated[
    Path | None, typer.Option("--lake", help="Keep the event lake as files in this folder.")
]


def demo(
    context: typer.Context,
    people: PeopleOption = "300",
    seed: SeedOption = 1,
    lake: LakeOption = None,
    outbox: OutboxOption = None,
) -> None:
    """Play a story through the real functions and show what was sent, what was withheld, and why."""
    place = place_of(context)
    logging.disable(logging.WARNING)
    count = _count(people)
    try:
        files = read_workspace(WORKSPACE)
        with LocalCloud(VirtualClock(BEGINS), base_url=LINKS, lake=lake, seed=seed) as cloud:
            happened = _played(
                cloud, count, seed, Console(stderr=True), apply_documents(files.documents, files.origin())
            )
            report = report_of(cloud, happened)
            if outbox is not None:
                taken = [message.as_json() for message in cloud.providers.outbox.messages()]
                outbox.write_text(json.dumps(taken, ensure_ascii=False, indent=1), encoding="utf-8")
    except KizunaError as error:
        place.fail(error)
    place.show(report.to_json(), lambda: _page(report, happened))
    if report.faults:
        raise typer.Exit(1)


def _count(people: str) -> int | None:
    if people == "all":
        return None
    if not people.isdigit() or not int(people):
        raise typer.BadParameter(
            f"{people!r} is neither a number of customers nor `all`", param_hint="--people"
        )
    return int(people)


def _played(
    cloud: LocalCloud,
    count: int | None,
    seed: int,
    console: Console,
    step: Callable[[LocalCloud], Applied],
) -> Happened:
    columns = (SpinnerColumn(), TextColumn("{task.description:32}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("starting the local cloud", total=None)

        def progress(what: str, done: int, total: int) -> None:
            bars.update(task, description=what, completed=done, total=total)

        story = Story(cloud, purchases=PURCHASES, people=count, seed=seed, progress=progress)
        return story.play(step)


def _page(report: Report, happened: Happened) -> Group:
    return Group(
        Text(),
        Panel(
            _opening(report, happened),
            title="Kizuna 絆",
            subtitle="it can prove why it spoke, and why it stayed silent",
        ),
        _channels(report),
        _runs(report),
        _withheld(report),
        *([rfm_page(report.rfm), rfm_grid(report.rfm, "ja")] if report.rfm else []),
        _one_person(report),
        _verdict(report),
    )


def _opening(report: Report, happened: Happened) -> Text:
    text = Text()
    text.append(f"{report.events_sent:,} events came in over HTTP", style="bold")
    text.append(
        f" in {happened.batches} requests: the real purchases of {len(happened.people)} CDNOW customers (1997-98).\n"
    )
    text.append(
        "Their names, addresses, countries and consents are made up by a seeded generator.\n", style="dim"
    )
    text.append(f"{report.people:,} people", style="bold")
    text.append(
        f" on record, {report.merges} anonymous visitors merged into the person they turned out to be.\n"
    )
    sizes = ", ".join(f"{name} {size}" for name, size in report.segments.items())
    text.append(f"Segments at the end: {sizes}.\n")
    text.append(f"{report.quarantined} events in quarantine.")
    return text


def _channels(report: Report) -> Table:
    table = Table(title="What was intended, and what became of it", title_justify="left")
    table.add_column("state")
    channels = list(report.states)
    for channel in channels:
        table.add_column(channel, justify="right")
    for state in State:
        table.add_row(state.value, *(str(report.states[channel][state.value] or "·") for channel in channels))
    table.add_section()
    sums = [str(sum(report.states[channel].values())) for channel in channels]
    table.add_row("= intended", *sums, style="bold")
    table.add_row(
        "taken by the provider", *(str(report.accepted.get(channel, 0)) for channel in channels), style="dim"
    )
    return table


def _runs(report: Report) -> Table:
    table = Table(title="Campaigns", title_justify="left")
    for column in ("campaign", "run", "intended", "states"):
        table.add_column(column, justify="right" if column == "intended" else "left")
    for name, states in report.runs.items():
        campaign, _, run = name.partition(" ")
        if not states and run == TRIGGERED:
            continue  # nothing ever started it
        told = ", ".join(f"{count} {state}" for state, count in states.items())
        table.add_row(campaign, run, str(sum(states.values())), told)
    return table


def _withheld(report: Report) -> Table:
    table = Table(title="Withheld, by reason", title_justify="left")
    table.add_column("reason")
    table.add_column("messages", justify="right")
    for reason, count in report.withheld.items():
        table.add_row(reason, str(count))
    return table


def _one_person(report: Report) -> Panel:
    text = Text()
    for language in ("en", "ja"):
        for sentence in report.explained.get(language, []):
            text.append(f"{sentence}\n")
        text.append("\n" if language == "en" else "")
    return Panel(text, title=f"everything we decided about {report.person}", title_align="left")


def _verdict(report: Report) -> Text:
    if not report.faults:
        return Text(
            "✓ every intended message is in exactly one state, and the providers' own log agrees",
            style="green",
        )
    text = Text("✗ the sums do not hold\n", style="red")
    for fault in report.faults:
        text.append(f"  {fault}\n")
    return text
