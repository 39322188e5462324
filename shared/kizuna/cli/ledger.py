"""`kizuna ledger`: whether anything in the ledger of consents was altered, taken out, moved or cut off."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer
from rich.table import Table

from kizuna.cli.context import Place, place_of
from kizuna.usecases.consents.anchoring import begin
from kizuna.usecases.consents.ledger_audit import Audit, Auditor, audit

app = typer.Typer(no_args_is_help=True, help="The ledger of consents: proof that it is whole.")


def auditor_of(place: Place) -> Auditor:
    wired = place.services
    return Auditor(wired.people, wired.erasures, wired.ledger.chain, wired.anchors)


@app.command()
def verify(context: typer.Context) -> None:
    """Hold every chain against its links, its profile and the newest anchor, and the anchors against each other.

    Exit code 1 if anything does not hold. Reads everybody; writes nothing.
    """
    place = place_of(context)
    found = Audit()
    for found in audit(auditor_of(place)):
        if not place.as_json and place.console.is_terminal:
            place.console.print(f"{found.people:,} people, {found.chains:,} chains", end="\r")
    body: dict[str, Any] = {
        "holds": found.holds,
        "people": found.people,
        "chains": found.chains,
        "entries": found.entries,
        "anchors": found.anchors,
        "anchoredAt": found.anchored_at.isoformat() if found.anchored_at else None,
        "chainProblems": [asdict(each) for each in found.chain_problems],
        "anchorProblems": [asdict(each) for each in found.anchor_problems],
    }
    place.show(body, lambda: _table(body))
    if not found.holds:
        raise typer.Exit(1)


@app.command()
def anchor(context: typer.Context) -> None:
    """Have the ends of all chains noted now, as it is done once a night."""
    place = place_of(context)
    wired = place.services
    begun = begin(wired.runs, wired.queues, now=wired.now())
    place.show(
        {"anchor": begun}, lambda: f"anchor {begun} begun: kizuna ledger verify tells when it is there"
    )


@app.callback()
def root() -> None:
    """The ledger of consents."""


def _table(body: dict[str, Any]) -> Table:
    shown = Table("what", "where", "entry")
    for each in body["anchorProblems"]:
        shown.add_row(f"anchor {each['cause']}", each["anchor"], "")
    for each in body["chainProblems"]:
        shown.add_row(each["cause"], each["part"], str(each["position"] + 1))
    anchored = (
        f"held against the anchor of {body['anchoredAt'][:16]}" if body["anchoredAt"] else "no anchor yet"
    )
    verdict = "the ledger holds" if body["holds"] else "THE LEDGER DOES NOT HOLD"
    shown.caption = f"{verdict}: {body['chains']:,} chains, {body['entries']:,} entries, {anchored}"
    return shown
