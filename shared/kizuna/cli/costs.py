"""`kizuna cost estimate`: what a run for so many people costs and how long it takes, on paper."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from kizuna.cli.context import place_of
from kizuna.core.campaigning.paper import Paper, on_paper
from kizuna.core.errors import InvalidDefinition, NotFound, Problem

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.callback()
def cost() -> None:
    """What sending costs."""


@app.command()
def estimate(
    context: typer.Context,
    people: Annotated[int, typer.Option("--people", min=1, help="How many the run is for.")],
    campaign: Annotated[str, typer.Option("--campaign", help="For its channel and pace; else e-mail.")] = "",
    heard: Annotated[
        float, typer.Option("--heard", min=0, max=1, help="Which share of them will hear it, 0 to 1.")
    ] = 1.0,
    rate: Annotated[
        float,
        typer.Option(
            "--rate", min=0.01, help="Messages a second that the provider takes; 14 is a new SES account."
        ),
    ] = 14.0,
) -> None:
    """Dollars, units and hours by list prices, quotas and assumed run times: nothing of it was measured on AWS.

    `kizuna campaign simulate` says the same of the people there are.
    """
    place = place_of(context)
    channel, rules = "email", None
    if campaign:
        catalog = place.services.catalog.current()
        if campaign not in catalog.campaigns:
            place.fail(NotFound(f"there is no campaign {campaign!r} in force"))
        channel, rules = catalog.campaigns[campaign].reaches_by[0], catalog.policy.costs
        rate = min(rate, catalog.policy.pace_of(channel) or rate)
    more: dict[str, Any] = {} if rules is None else {"rules": rules}
    try:
        paper = on_paper(people, channel=channel, heard=heard, provider_rate=rate, **more)
    except ValueError as error:
        place.fail(InvalidDefinition((Problem("estimate", str(error)),)))
    place.show(_body(paper), lambda: _table(paper))


def _body(paper: Paper) -> dict[str, Any]:
    return {
        "people": paper.people,
        "sent": paper.sent,
        "cost": {
            "total": round(paper.total, 4),
            "provider": round(paper.provider, 4),
            "dynamodb": round(paper.dynamodb, 4),
            "rest": round(paper.rest, 4),
        },
        "writeUnits": round(paper.write_units),
        "readUnits": round(paper.read_units),
        "seconds": round(paper.takes.total_seconds()),
        "limits": [
            {"what": limit.what, "perSecond": round(limit.per_second, 1), "because": limit.because}
            for limit in paper.limits
        ],
    }


def _table(paper: Paper) -> Table:
    minutes = paper.takes.total_seconds() / 60
    takes = f"{minutes / 60:,.1f} hours" if minutes >= 60 else f"{minutes:,.1f} minutes"
    table = Table("part", "people a second", "set by", title=f"{paper.people:,} people", title_justify="left")
    for limit in paper.limits:
        table.add_row(limit.what, f"{limit.per_second:,.0f}", limit.because)
    table.caption = (
        f"${paper.total:,.2f}: provider {paper.provider:,.2f}, DynamoDB {paper.dynamodb:,.2f}"
        f" ({paper.write_units:,.0f} write units), the rest {paper.rest:,.2f}; {takes}."
        " Texts are priced by the part: simulate."
    )
    return table
