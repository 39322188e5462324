"""`kizuna profile reviews` and `settle`, `kizuna identity simulate`: who may be one person, and who would be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.table import Table

from kizuna.cli.actors import who
from kizuna.cli.context import Place, place_of
from kizuna.core.errors import InvalidDefinition, KizunaError, Problem
from kizuna.core.identity.reviews import review_to_json
from kizuna.core.identity.rules import IdentityDefinition, IdentityRules, compiled
from kizuna.core.identity.simulation import forecast, forecast_body
from kizuna.core.people import Profile
from kizuna.local.yaml_files import read_yaml
from kizuna.usecases.identity.desk import settle
from kizuna.usecases.identity.reviewing import open_reviews
from kizuna.usecases.identity.unmerge import Registry
from kizuna.usecases.people.everybody import everybody

app = typer.Typer(no_args_is_help=True, help="Who counts as the same person.")
_PAGE = 100


def reviews(context: typer.Context) -> None:
    """Pairs of people who may be one, the oldest first, with the rule and the evidence."""
    place = place_of(context)
    found = open_reviews(place.services.people)

    def table() -> Table:
        shown = Table("review", "since", "one", "other", "rule", "evidence")
        for review in found:
            since = review.at.date().isoformat()
            shown.add_row(review.id, since, review.one, review.other, review.rule, ", ".join(review.evidence))
        shown.caption = "kizuna profile settle REVIEW --same or --different"
        return shown

    place.show({"reviews": [review_to_json(review) for review in found]}, table)


def settle_review(
    context: typer.Context,
    review: Annotated[str, typer.Argument(help="The id of a review.")],
    same: Annotated[
        bool, typer.Option("--same/--different", help="One person: unite them. Or two: do not ask again.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the merge.")] = "reviewed",
) -> None:
    """Give a verdict on a pair. A merge by it can be undone like any other."""
    place = place_of(context)
    wired = place.services
    on = Registry(wired.people, wired.ledger, wired.merges)
    try:
        settled = settle(
            review,
            "same" if same else "different",
            on,
            wired.catalog.current(fresh=True),
            reason=reason,
            actor=who(""),
            now=wired.now(),
        )
    except KizunaError as error:
        place.fail(error)
    place.show(review_to_json(settled), lambda: f"{settled.one} and {settled.other}: {settled.verdict}")


@app.command()
def simulate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An identity.yaml, changed.")],
) -> None:
    """What changed identity rules would do to the people who are stored. Changes nothing."""
    place = place_of(context)
    wired = place.services
    try:
        rules = read_rules(file)
        standing = wired.catalog.current(fresh=True).identity
        body = forecast_body(forecast(_everybody(place), standing, rules, now=wired.now()))
    except KizunaError as error:
        place.fail(error)
    place.show(body, lambda: _forecast_table(body))


def read_rules(file: Path) -> IdentityRules:
    """The rules in a file. Raises InvalidDefinition naming file, key and reason."""
    document = read_yaml(file, place=file.name)
    try:
        if not isinstance(document, dict):
            raise InvalidDefinition(
                (Problem(file.name, "must be one definition: `id: identity`, and its rules"),)
            )
        return compiled(IdentityDefinition.model_validate(document))
    except ValidationError as error:
        told = error.errors(include_url=False, include_input=False)
        problems = [Problem(".".join([file.name, *map(str, each["loc"])]), each["msg"]) for each in told]
        raise InvalidDefinition(tuple(problems)) from error


def _everybody(place: Place) -> Iterator[Profile]:
    """Everybody who lives, a page at a time."""
    for page in everybody(place.services.people, page=_PAGE):
        for profile in page.people:
            # Everybody has to be in memory at once; what a forecast does not ask for does not.
            yield replace(profile, aggregates={}, addresses={}, segments=frozenset(), seen=())


def _forecast_table(body: dict[str, Any]) -> Table:
    shown = Table("would", "how often", "for example")
    words = {
        "merge": "be united",
        "refused": "share something and stay apart",
        "split": "hold more than one person may",
        "loss": "lose identifiers",
    }
    for what, word in words.items():
        told = [
            f"{' + '.join(each['people'])} ({', '.join(filter(None, [*each['types'], each['rule']]))})"
            for each in body[what]["samples"]
        ]
        shown.add_row(word, str(body[what]["count"]), "\n".join(told))
    shown.caption = f"of {body['people']} people"
    return shown
