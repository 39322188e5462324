"""`kizuna experiment`: how large it must be, and how it stands."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from kizuna.cli.context import place_of
from kizuna.core.errors import KizunaError
from kizuna.core.experiments.fixed import sample_size
from kizuna.core.experiments.words import figure
from kizuna.usecases.experimenting.status import experiment_status

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def status(
    context: typer.Context,
    campaign: Annotated[str, typer.Argument(help="The id of the campaign, or <journey>.<step>.")],
    japanese: Annotated[bool, typer.Option("--ja", help="Tell the verdict in Japanese.")] = False,
) -> None:
    """The arms of a campaign's experiment, what each did, and the verdict, with an interval for each difference.

    A sequential experiment may be looked at as often as one likes; of a fixed one, looks before the end show
    figures that decide nothing.
    """
    place = place_of(context)
    wired = place.services
    try:
        body = experiment_status(
            campaign, wired.trials, wired.results, wired.runs, wired.catalog.current(), now=wired.now()
        )
    except KizunaError as error:
        place.fail(error)
    place.show(body, lambda: _table(body, language="ja" if japanese else "en"))


@app.command()
def size(
    context: typer.Context,
    baseline: Annotated[float, typer.Option(help="The control's rate, in percent: 5.")],
    mde: Annotated[float, typer.Option(help="The smallest relative change worth finding, in percent: 20.")],
    alpha: Annotated[
        float, typer.Option(min=0.0001, max=0.2, help="How often nothing may look like something.")
    ] = 0.05,
    power: Annotated[
        float, typer.Option(min=0.5, max=0.999, help="How often the change is to be found.")
    ] = 0.8,
    arms: Annotated[int, typer.Option(min=2, max=10, help="How many arms, the control among them.")] = 2,
) -> None:
    """How many people each arm of a fixed experiment on a rate needs."""
    place = place_of(context)
    try:
        n = sample_size(
            baseline=baseline / 100, mde=mde / 100, alpha=alpha, power=power, comparisons=arms - 1
        )
    except ValueError as error:
        place.fail(KizunaError(str(error)))
    changed = baseline * (1 + mde / 100)
    body = {
        "perArm": n,
        "people": n * arms,
        "baseline": baseline,
        "changed": changed,
        "alpha": alpha,
        "power": power,
    }
    place.show(
        body,
        lambda: (
            f"{n:,} people for each of {arms} arms ({n * arms:,} in all) show a change from {baseline:g} % to "
            f"{changed:g} % in {100 * power:g} of 100 cases; where nothing changes, {100 * alpha:g} of 100 show one."
        ),
    )


def _table(body: dict[str, Any], *, language: str) -> Table:
    rate = body["metric"] != "revenue"
    table = Table(
        "arm", "share", "people", body["metric"], "against control", "interval", "p",
        title=body["sentence"][language], title_justify="left",
    )  # fmt: skip
    compared = {each["arm"]: each for each in body["comparisons"]}
    for arm in body["arms"]:
        found = compared.get(arm["arm"])
        name = f"{arm['arm']} (stopped)" if arm["stoppedAt"] else arm["arm"]
        figures = ("control", "", "") if found is None else _figures(found, rate=rate)
        table.add_row(
            name,
            f"{100 * arm['share']:.1f} %",
            f"{arm['exposed']:,}",
            figure(arm["value"], rate=rate),
            *figures,
        )
    return table


def _figures(found: dict[str, Any], *, rate: bool) -> tuple[str, str, str]:
    low, high = (figure(float("inf") if end is None else end, rate=rate) for end in found["difference"])
    change = "–" if found["change"] is None else f"{100 * found['change']:+.1f} %"
    return change, f"{low} to {high}", f"{found['p']:.2g}"
