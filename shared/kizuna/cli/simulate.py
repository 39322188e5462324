"""`kizuna simulate`: play what can go wrong, and see that nothing comes of it.

The simulator is a part of the tests: it plays the real use cases over the stores that the tests hold to the contract
of the real ones. So it is there in a checkout, and not in what is deployed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from kizuna.cli.context import Place, place_of
from kizuna.core.errors import NotFound

app = typer.Typer(no_args_is_help=True, help="Play what can go wrong, and see that nothing comes of it.")

SeedsOption = Annotated[int, typer.Option("--seeds", min=1, help="How many runs, each of a seed of its own.")]
MessagesOption = Annotated[int, typer.Option("--messages", min=1, help="Of each run.")]
FirstOption = Annotated[int, typer.Option("--from", min=0, help="The first seed; the others follow.")]
HarshOption = Annotated[bool, typer.Option("--harsh", help="Five per cent of crashes, thirty of throttles.")]
ChannelOption = Annotated[
    str,
    typer.Option(
        "--channel", help="email, sms, push, line or webhook; each has its turn unless told, mail most often."
    ),
]
JobsOption = Annotated[
    int | None, typer.Option("--jobs", min=1, help="Processes; as many as cores unless told.")
]
_BARS = (
    SpinnerColumn(),
    TextColumn("{task.description:34}"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeRemainingColumn(),
)


@app.callback()
def simulate() -> None:
    """Play what can go wrong, and see that nothing comes of it."""


@app.command()
def delivery(
    context: typer.Context,
    seeds: SeedsOption = 10,
    messages: MessagesOption = 1_000,
    first: FirstOption = 1,
    harsh: HarshOption = False,
    channel: ChannelOption = "",
    jobs: JobsOption = None,
) -> None:
    """Runs of a campaign with crashes, throttles, lost replies and repeats, judged by the provider's own log.

    Meanwhile people turn out to be one, leave, move and ask to be erased, and providers report what bounced. The same
    seeds play the same again. Exit code 1 if anybody was written to twice or after their No, or anything is not
    accounted for.
    """
    place = place_of(context)
    simulator = _simulator(place)
    if channel and channel not in simulator.WAYS:
        raise typer.BadParameter(f"one of {', '.join(simulator.WAYS)}", param_hint="--channel")
    with Progress(*_BARS, console=Console(stderr=True), transient=True, disable=place.as_json) as bars:
        task = bars.add_task("runs of a campaign", total=seeds)

        def progress(tally: Any) -> None:
            wrong = f", {len(tally.faults)} wrong" if tally.faults else ""
            bars.update(task, completed=tally.seeds, description=f"{tally.intended:,} messages{wrong}")

        tally = simulator.play_all(
            range(first, first + seeds),
            messages,
            "harsh" if harsh else "usual",
            channel=channel,
            jobs=jobs,
            progress=progress,
        )
    place.show(tally.to_json(), lambda: simulator.page_of(tally))
    if not tally.is_right:
        raise typer.Exit(1)


def _simulator(place: Place) -> Any:
    try:
        return import_module("tests.simulation.delivery.front")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("tests"):
            place.fail(
                NotFound("the simulator is a part of the tests: run this in a checkout of the project")
            )
        if (error.name or "").startswith("kizuna"):
            raise
        why = f"the simulator is a part of the tests and needs their packages ({error.name} is missing)"
        place.fail(NotFound(f"{why}: `make test` installs them"))
