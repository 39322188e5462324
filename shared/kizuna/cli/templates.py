"""`kizuna template`: what would be refused or be done better, and how a message looks to a real person."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from kizuna.cli.actors import ActorOption, who
from kizuna.cli.context import place_of
from kizuna.cli.people import CountryOption, LanguageOption, person_meant
from kizuna.cli.workspace_files import read_workspace
from kizuna.core.catalog import build
from kizuna.core.content.practice import Finding
from kizuna.core.content.practice_rules import RULES
from kizuna.core.content.templates import RenderedEmail
from kizuna.core.content.told import told_of_rendering
from kizuna.core.errors import InvalidDefinition, KizunaError, NotFound, Problem
from kizuna.core.sentences import Language
from kizuna.local.pictures import take_pictures
from kizuna.runtime.desks import proof_desk
from kizuna.usecases.authoring.linting import lint_of
from kizuna.usecases.authoring.previewing import Previewed, preview_body, previews
from kizuna.usecases.authoring.proofs import ask_for_proof, proof_body

app = typer.Typer(no_args_is_help=True, help=__doc__)

SensitiveOption = Annotated[
    bool, typer.Option("--sensitive", help="With the values of traits that are declared sensitive.")
]


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
    sensitive: SensitiveOption = False,
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
            sensitive=sensitive,
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


@app.command("test")
def send_a_proof(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A template, or a campaign.")],
    to: Annotated[
        str,
        typer.Option(
            "--to", help="A simulator's address, such as bounce@simulator.amazonses.com, or a colleague's."
        ),
    ],
    person: Annotated[str | None, typer.Option("--person", help="As whom; else as nobody.")] = None,
    channel: Annotated[
        str, typer.Option("--channel", help="Which one, where a campaign speaks on several.")
    ] = "all",
    in_language: Annotated[str | None, typer.Option("--in", help="Instead of the person's language.")] = None,
    event: Annotated[
        str | None, typer.Option("--event", help='What starts it: {"name": …, "properties": {…}} as JSON.')
    ] = None,
    actor: ActorOption = "",
) -> None:
    """Send a proof of what is in force to a simulator or one of the policy's colleagues; nobody else can be reached.

    It goes by the same sender as everything, says that it is a test, and counts nowhere. `kizuna template tests`
    says what became of it.
    """
    place = place_of(context)
    wired = place.services
    shown_as = person_meant(place, person) if person else None
    try:
        proof = ask_for_proof(
            name,
            to,
            proof_desk(wired),
            wired.catalog.current(),
            by=who(actor),
            now=wired.now(),
            channel=channel,
            person=shown_as,
            language=in_language,
            event=_event(event),
        )
    except KizunaError as error:
        place.fail(error)
    place.show(
        proof_body(proof), lambda: f"{proof.id} is on its way; kizuna template tests says what became of it"
    )


@app.command("tests")
def proofs_sent(
    context: typer.Context,
    days: Annotated[int, typer.Option("--days", min=1, max=30, help="How far back.")] = 1,
) -> None:
    """The proofs that were sent lately, the newest first, and what providers told of them."""
    place = place_of(context)
    wired = place.services
    found = [proof_body(proof) for proof in wired.proofs.since(wired.now() - timedelta(days=days))]
    place.show({"proofs": found}, lambda: _proofs_table(found))


def _proofs_table(found: list[dict[str, Any]]) -> Table:
    table = Table("asked", "template", "to", "by", "state", "told since", "reason")
    for each in found:
        told = ", ".join(each["facts"])
        table.add_row(
            each["at"], each["template"], each["to"], each["by"], each["state"], told, each["reason"]
        )
    if not found:
        table.add_row("nothing", "", "", "", "", "", "no proof was sent")
    return table


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
                said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                text.append(f"{key}: ", style="dim").append(f"{said}\n")
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
        "detail": found.told(language),
        "why": found.why(language),
        "mend": found.mend(language),
    }


def _text(found: tuple[Finding, ...], language: Language) -> Text:
    text = Text()
    for each in found:
        mark, style = ("✗", "red") if each.refused else ("!", "yellow")
        text.append(f"{mark} ", style=style).append(f"{each.path} ", style="bold").append(f"[{each.rule}]")
        told = each.told(language)
        text.append(f" {told}\n" if told else "\n")
        if not each.refused:
            text.append(f"  {each.why(language)}\n  → {each.mend(language)}\n", style="dim")
    refused = sum(each.refused for each in found)
    said = {
        "en": f"{refused} refused, {len(found) - refused} pieces of advice, by {len(RULES)} rules",
        "ja": f"エラー {refused}件、助言 {len(found) - refused}件（{len(RULES)}の規則で確認）",
    }
    return text.append(said[language])
