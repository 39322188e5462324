"""`kizuna template`: what would be refused or be done better, and how a message looks to a real person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from kizuna.cli.context import place_of
from kizuna.cli.people import CountryOption, LanguageOption, person_meant
from kizuna.cli.pictures import take_pictures
from kizuna.cli.workspace_files import read_workspace
from kizuna.core.catalog import build
from kizuna.core.content.practice import Finding
from kizuna.core.content.practice_rules import RULES
from kizuna.core.content.templates import RenderedEmail
from kizuna.core.errors import InvalidDefinition, KizunaError, NotFound, Problem
from kizuna.core.sentences import Language
from kizuna.usecases.linting import lint_of
from kizuna.usecases.previewing import Previewed, preview_body, previews, told_of_rendering

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def lint(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="The workspace folder, such as shared/workspace.")],
    template: Annotated[str | None, typer.Option("--template", help="Only this one.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail for advice too.")] = False,
    language: LanguageOption = "en",
) -> None:
    """Judge the templates of a folder. Exit code 1 if any would be refused, with --strict if anything is found."""
    place = place_of(context)
    try:
        files = read_workspace(folder)
        catalog = build(files.documents, origin=files.origin(), linted=True)
    except InvalidDefinition as error:
        found = tuple(Finding("refused", each.path, each.reason, refused=True) for each in error.problems)
    else:
        if template is not None and template not in catalog.templates:
            place.fail(NotFound(f"there is no template {template!r} in {folder}"))
        found = lint_of(catalog, origin=files.origin(), only=template)
    place.show({"findings": [_body(each, language) for each in found]}, lambda: _text(found, language))
    if any(strict or each.refused for each in found):
        raise typer.Exit(1)


@app.command()
def preview(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A template, or a campaign with all of its templates.")],
    person: Annotated[str, typer.Option("--person", help="As whom: an id, a user id, an address.")],
    channel: Annotated[str, typer.Option("--channel", help="email, sms, …, or all.")] = "all",
    in_language: Annotated[str | None, typer.Option("--in", help="Instead of the person's language.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--from", help="A workspace folder, instead of what is in force.")
    ] = None,
    event: Annotated[
        str | None, typer.Option("--event", help='What starts it: {"name": …, "properties": {…}} as JSON.')
    ] = None,
    png: Annotated[Path | None, typer.Option("--png", help="A folder for pictures of e-mail.")] = None,
    country: CountryOption = None,
) -> None:
    """Messages as one real person would get them. Nothing is sent; the links lead nowhere."""
    place = place_of(context)
    wired = place.services
    try:
        if folder is None:
            catalog = wired.catalog.current()
        else:
            files = read_workspace(folder)
            catalog = build(files.documents, origin=files.origin())
        profile = person_meant(place, person, country)
        shown = previews(
            name,
            profile,
            wired.ledger,
            catalog,
            now=wired.now(),
            channel=channel,
            language=in_language,
            event=_event(event),
        )
        pictures = [picture for each in shown for picture in _pictures(each, png)]
    except KizunaError as error:
        place.fail(error)
    place.show(
        {"previews": [preview_body(each) for each in shown], "pictures": pictures},
        lambda: _previewed_text(shown, pictures),
    )
    if any(each.rendered is None for each in shown):
        raise typer.Exit(1)


def _event(text: str | None) -> tuple[str, dict[str, Any]] | None:
    if text is None:
        return None
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("name"), str):
        raise InvalidDefinition((Problem("--event", 'needs {"name": …, "properties": {…}}'),))
    properties = told.get("properties", {})
    if not isinstance(properties, dict):
        raise InvalidDefinition((Problem("--event: properties", "is not an object"),))
    return told["name"], properties


def _pictures(each: Previewed, folder: Path | None) -> list[str]:
    if folder is None or not isinstance(each.rendered, RenderedEmail):
        return []
    name = f"{each.template}-{each.language}"
    return [str(picture) for picture in take_pictures(each.rendered.html, folder, name)]


def _previewed_text(shown: tuple[Previewed, ...], pictures: list[str]) -> Text:
    text = Text()
    for each in shown:
        text.append(f"{each.channel} {each.template} [{each.brand}, {each.language}]\n", style="bold")
        if each.rendered is None:
            text.append(f"✗ {each.reason}\n", style="red")
        else:
            for key, value in told_of_rendering(each.rendered).items():
                text.append(f"{key}: ", style="dim").append(f"{value}\n")
        if each.withheld:
            text.append(f"not told: {', '.join(each.withheld)}\n", style="yellow")
    for picture in pictures:
        text.append(f"{picture}\n", style="dim")
    return text


def _body(found: Finding, language: Language) -> dict[str, Any]:
    return {
        "rule": found.rule,
        "refused": found.refused,
        "path": found.path,
        "detail": found.detail,
        "why": found.why(language),
        "mend": found.mend(language),
    }


def _text(found: tuple[Finding, ...], language: Language) -> Text:
    text = Text()
    for each in found:
        mark, style = ("✗", "red") if each.refused else ("!", "yellow")
        text.append(f"{mark} ", style=style).append(f"{each.path} ", style="bold").append(f"[{each.rule}]")
        text.append(f" {each.detail}\n" if each.detail else "\n")
        if not each.refused:
            text.append(f"  {each.why(language)}\n  → {each.mend(language)}\n", style="dim")
    refused = sum(each.refused for each in found)
    said = {
        "en": f"{refused} refused, {len(found) - refused} pieces of advice, by {len(RULES)} rules",
        "ja": f"保存できないもの {refused}件、助言 {len(found) - refused}件({len(RULES)}の規則で確認)",
    }
    return text.append(said[language])
