"""`kizuna profile`, `explain` and `segment`: what is known of somebody, and why they heard from us or not."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from kizuna.cli.context import Place, place_of
from kizuna.core.catalog import Catalog
from kizuna.core.consent import verify_chain
from kizuna.core.errors import NotFound
from kizuna.core.people import Profile
from kizuna.usecases.admin import Desk, message_body, person_body
from kizuna.usecases.explain import explain_person, find_person

app = typer.Typer(no_args_is_help=True, help="Golden records.")
segments = typer.Typer(no_args_is_help=True, help="Segments and their members.")

PersonArgument = Annotated[
    str, typer.Argument(help="A profile id or any identifier, such as email:a@b.example.")
]
LanguageOption = Annotated[str, typer.Option("--language", help="en or ja.")]


def _person(place: Place, reference: str) -> Profile:
    profile = find_person(reference, place.services.people)
    if profile is None:
        place.fail(NotFound(f"nobody is known by {reference!r}"))
    return profile


@app.command()
def show(context: typer.Context, person: PersonArgument) -> None:
    """Everything that is known of a person, and where it comes from."""
    place = place_of(context)
    wired = place.services
    profile = _person(place, person)
    desk = Desk(wired.people, wired.ledger, wired.messages, wired.counters, wired.runs)
    body = person_body(profile, desk)
    place.show(body, lambda: _card(body))


def _card(body: dict[str, Any]) -> Panel:
    table = Table.grid(padding=(0, 2))
    for identity in body["identities"]:
        table.add_row(identity["type"], identity["value"], f"from {identity['source']}")
    for name, trait in body["traits"].items():
        table.add_row(name, str(trait["value"]), f"from {trait['source']}, {trait['at'][:10]}")
    for address in body["addresses"]:
        table.add_row(address["channel"], address["value"], address["status"])
    table.add_row("segments", ", ".join(body["segments"]), f"next alarm {body['dueAt'] or 'none'}")
    return Panel(table, title=f"{body['id']}  version {body['version']}", expand=False)


@app.command()
def consents(context: typer.Context, person: PersonArgument) -> None:
    """The consent events of a person, in their chain, with the result of verifying it."""
    place = place_of(context)
    profile = _person(place, person)
    ledger = place.services.ledger
    faults: list[str] = []
    rows: list[dict[str, str]] = []
    for part in profile.parts:
        chain = ledger.chain([part])
        head = profile.ledger_head if part == profile.id else None
        faults += [
            f"{part}: entry {fault.position}: {fault.kind}"
            for fault in verify_chain(chain, head=head or None)
        ]
        rows += [
            {
                "at": entry.event.at.isoformat(),
                "act": entry.event.action,
                "channel": entry.event.channel or "",
                "topic": entry.event.topic or "",
                "proof": entry.event.proof or "",
                "hash": entry.hash[:12],
            }
            for entry in chain
            if entry.event is not None
        ]

    def table() -> Table:
        shown = Table("at", "act", "channel", "topic", "proof", "hash")
        for row in rows:
            shown.add_row(*row.values())
        shown.caption = "the chain holds" if not faults else "; ".join(faults)
        return shown

    place.show({"consents": rows, "faults": faults}, table)
    if faults:
        raise typer.Exit(1)


def explain(
    context: typer.Context,
    person: PersonArgument,
    campaign: Annotated[str | None, typer.Argument(help="Only this campaign.")] = None,
    language: LanguageOption = "en",
) -> None:
    """Why a person heard from us, and why not: a sentence for each decision."""
    place = place_of(context)
    wired = place.services
    profile = _person(place, person)
    told: Literal["en", "ja"] = "ja" if language == "ja" else "en"
    found = explain_person(
        profile, messages=wired.messages, catalog=wired.catalog.current(), language=told, campaign=campaign
    )
    data = [{**message_body(each.message), "sentence": each.sentence} for each in found]
    place.show(data, lambda: Text("\n".join(each.sentence for each in found) or "Nothing was ever intended."))


@segments.command()
def count(context: typer.Context) -> None:
    """How many people are in each segment now."""
    place = place_of(context)
    sizes = segment_sizes(place, place.services.catalog.current())

    def table() -> Table:
        shown = Table("segment", "members")
        for name, size in sizes.items():
            shown.add_row(name, str(size))
        return shown

    place.show(sizes, table)


def segment_sizes(place: Place, catalog: Catalog) -> dict[str, int]:
    """Members by segment, counted from the membership index."""
    from kizuna.usecases.audience import count_members

    names = ["everyone", *(segment.id for segment in catalog.segments)]
    return {name: count_members(name, place.services.people) for name in names}
