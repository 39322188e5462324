"""`kizuna profile`: what is known of somebody."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from kizuna.cli.consents_page import consents_page
from kizuna.cli.context import Place, place_of
from kizuna.cli.ledger import auditor_of
from kizuna.cli.person_page import brief_panel, person_page
from kizuna.core.brief.texts import sections
from kizuna.core.catalog import Catalog
from kizuna.core.errors import NotFound
from kizuna.core.people import Profile
from kizuna.runtime.desks import management_desk
from kizuna.usecases.consents.proof import proof_body
from kizuna.usecases.consents.staff_acts import kept_of_others
from kizuna.usecases.people.bodies import brief_body, person_body
from kizuna.usecases.people.finding import Ambiguous, find_person
from kizuna.usecases.people.view import View, view_of_person

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
    return view_of_person(profile, management_desk(wired), catalog, now=wired.now())


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
def consents(context: typer.Context, person: PersonArgument, language: LanguageOption = "en") -> None:
    """The consents of a person as an auditor wants them: evidence, the texts shown, and whether the chain holds.

    Exit code 1 if anything of it was altered, taken out, moved or cut off.
    """
    place = place_of(context)
    wired = place.services
    profile = person_meant(place, person)
    kept = kept_of_others(profile, wired.ledger)
    body = proof_body(profile, auditor_of(place), wired.catalog.current(), kept=kept, language=language)
    place.show(body, lambda: consents_page(body, language))
    if not body["holds"]:
        raise typer.Exit(1)
