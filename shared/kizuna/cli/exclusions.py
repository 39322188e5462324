"""`kizuna exclusions`: who gave which product up, for those who advertise or call on our behalf."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from kizuna.cli.context import place_of
from kizuna.core.files.csv_safety import csv_line
from kizuna.core.restraint.exclusion_lists import HEADERS, ListFor, rows_of
from kizuna.usecases.consents.excluding import excluded_people

app = typer.Typer(no_args_is_help=True, help="Products that people gave up.")


@app.command()
def export(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            dir_okay=False, help="The CSV to write; what is there is replaced when it is complete."
        ),
    ],
    purpose: Annotated[
        ListFor, typer.Option("--for", help="ads: hashed addresses. calls: phone numbers, and the reason.")
    ],
    product: Annotated[str | None, typer.Option(help="Of this product alone.")] = None,
) -> None:
    """Write who is not to be offered a product any more."""
    place = place_of(context)
    wired = place.services
    catalog, rows, people, looked_at = wired.catalog.current(), 0, 0, 0
    rules = catalog.policy.product_exclusions
    draft = file.with_suffix(file.suffix + ".new")
    with draft.open("w", encoding="utf-8", newline="") as out:
        out.write(csv_line(HEADERS[purpose]))
        for page in excluded_people(wired.people, catalog, now=wired.now(), product=product):
            looked_at = page.looked_at
            for found in page.found:
                lines = [
                    csv_line(row) for row in rows_of(found.profile, found.products, rules, purpose=purpose)
                ]
                out.writelines(lines)
                rows, people = rows + len(lines), people + bool(lines)
            if not place.as_json and place.console.is_terminal:
                place.console.print(f"{page.share:.0%}  {looked_at:,} people", end="\r")
    draft.replace(file)
    told = {"file": str(file), "for": purpose, "rows": rows, "people": people, "lookedAt": looked_at}
    text = f"{rows:,} rows of {people:,} people (of {looked_at:,}) are in {file}"
    if not rules:
        text += "\nthe policy has no product_exclusions, so nobody is excluded from anything"
    place.show(told, lambda: Text(text))
