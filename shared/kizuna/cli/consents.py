"""`kizuna consent`: what people said Yes to, who kept it, and what they buy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import typer
from rich.console import Group
from rich.table import Table

from kizuna.cli.context import place_of
from kizuna.core.consent.exchange import Exchange, Worth
from kizuna.usecases.consents.report import (
    exchange,
    exchange_body,
    leaving_of,
    remembers_orders,
    share_of,
)

app = typer.Typer(no_args_is_help=True, help="Consent, as a whole.")


@app.callback()
def group() -> None:
    """Keeps `report` a command of its own: more are to come beside it."""


@app.command()
def report(context: typer.Context) -> None:
    """For each wording and benefit: how many said Yes, who kept it or took it back, and what they bought; and why
    those left who left.

    Reads everybody; writes nothing.
    """
    place = place_of(context)
    wired = place.services
    catalog, found = wired.catalog.current(), Exchange()
    for progress in exchange(wired.people, wired.ledger, catalog, now=wired.now()):
        found = progress.found
        if not place.as_json and place.console.is_terminal:
            place.console.print(f"{progress.share:.0%}  {found.people:,} people", end="\r")
    body = exchange_body(found, catalog)
    reasons = leaving_of(found, catalog)
    place.show(
        body,
        lambda: Group(_table(found, is_worth_known=remembers_orders(catalog)), _leaving(found.left, reasons)),
    )


def _leaving(left: int, reasons: Sequence[tuple[str, Mapping[str, str], int]]) -> Table:
    table = Table("why they left", "", "people", "of those who told")
    told = sum(people for _, _, people in reasons)
    for reason, words, people in reasons:
        share = f"{people / told:.1%}" if told else "–"
        table.add_row(words.get("en", reason), words.get("ja", ""), f"{people:,}", share)
    table.caption = f"{left:,} people said no to something; who told more than one reason counts in each"
    return table


def _table(found: Exchange, *, is_worth_known: bool) -> Table:
    table = Table("wording", "benefit", "channel", "said yes", "kept", "took back", "lapsed", "bought, each")
    for offer, row in found.ordered():
        table.add_row(
            offer.wording or "–",
            offer.benefit or "–",
            offer.channel,
            f"{row.granted:,}",
            f"{row.standing.people:,}",
            f"{row.withdrawn.people:,} ({share_of(row) or 0:.1%})",
            f"{row.lapsed.people:,}",
            f"{_each(row.standing)} / {_each(row.withdrawn)}",
        )
    without = found.without
    table.add_row("no yes at all", "", "", "", f"{without.people:,}", "", "", _each(without), style="dim")
    table.caption = (
        "bought, each: of those who kept it / of those who took it back, where their records tell"
        if is_worth_known
        else "no segment asks for the sum of all purchases, so no record remembers them, and nothing is told of it"
    )
    return table


def _each(worth: Worth) -> str:
    return "–" if worth.mean is None else f"{worth.mean:,.2f}"
