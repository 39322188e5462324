"""`kizuna profile` and `explain`: what is known of somebody, and why they heard from us or not."""

from __future__ import annotations

from typing import Annotated, Literal

import typer
from rich.table import Table
from rich.text import Text

from kizuna.cli.context import Place, place_of
from kizuna.cli.person_page import brief_panel, person_page
from kizuna.core.brief.texts import sections
from kizuna.core.catalog import Catalog
from kizuna.core.consent import verify_chain
from kizuna.core.errors import NotFound
from kizuna.core.people import Profile
from kizuna.usecases.desk import Desk
from kizuna.usecases.explain import explain_person
from kizuna.usecases.finding import Ambiguous, find_person
from kizuna.usecases.person_bodies import brief_body, person_body
from kizuna.usecases.person_pages import message_body
from kizuna.usecases.person_view import View, view_of_person

app = typer.Typer(no_args_is_help=True, help="Golden records.")

PersonArgument = Annotated[
    str, typer.Argument(help="A profile id or any identifier, such as email:a@b.example.")
]
LanguageOption = Annotated[Literal["en", "ja"], typer.Option("--language", help="Of the text.")]


CountryOption = Annotated[
    str | None, typer.Option("--country", help="Of a phone number without a country code, such as JP.")
]


def person_meant(place: Place, reference: str, country: str | None = None) -> Profile:
    """Whom a reference means; ends the command if that is nobody, or more than one."""
    try:
        rules = place.services.catalog.current().identity
        profile = find_person(reference, place.services.people, country=country, rules=rules)
    except Ambiguous as several:
        place.fail(several)
    if profile is None:
        place.fail(NotFound(f"nobody is known by {reference!r}"))
    return profile


def _view(place: Place, profile: Profile, catalog: Catalog) -> View:
    wired = place.services
    desk = Desk(wired.people, wired.ledger, wired.messages, wired.counters, wired.runs, wired.merges)
    return view_of_person(profile, desk, catalog, now=wired.now())


@app.command()
def show(
    context: typer.Context,
    person: PersonArgument,
    country: CountryOption = None,
    language: LanguageOption = "en",
    events: Annotated[int, typer.Option("--events", min=1, max=100, help="How many events.")] = 10,
    sensitive: Annotated[
        bool, typer.Option("--sensitive", help="With the values of traits that are declared sensitive.")
    ] = False,
) -> None:
    """Everything that is known of a person, where it comes from, and what may be sent to them now."""
    place = place_of(context)
    catalog = place.services.catalog.current()
    view = _view(place, person_meant(place, person, country), catalog)
    body = person_body(view, catalog, limit=events, sensitive=sensitive)
    place.show(body, lambda: person_page(body, sections(view.brief, catalog, language), language))


@app.command()
def brief(
    context: typer.Context,
    person: PersonArgument,
    country: CountryOption = None,
    language: LanguageOption = "en",
) -> None:
    """What to know before contacting a person: who, last contacts, open problems, do and don't."""
    place = place_of(context)
    catalog = place.services.catalog.current()
    found = _view(place, person_meant(place, person, country), catalog).brief
    place.show(brief_body(found, catalog), lambda: brief_panel(sections(found, catalog, language)))


@app.command()
def consents(context: typer.Context, person: PersonArgument) -> None:
    """The consent events of a person, in their chain, with the result of verifying it."""
    place = place_of(context)
    profile = person_meant(place, person)
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
    profile = person_meant(place, person)
    found = explain_person(
        profile,
        messages=wired.messages,
        catalog=wired.catalog.current(),
        language=language,
        campaign=campaign,
    )
    data = [{**message_body(each.message), "sentence": each.sentence} for each in found]
    place.show(data, lambda: Text("\n".join(each.sentence for each in found) or "Nothing was ever intended."))
