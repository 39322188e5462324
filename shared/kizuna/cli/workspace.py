"""`kizuna plan` and `kizuna apply`: the workspace as code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from kizuna.cli.actors import ActorOption, who
from kizuna.cli.context import Place, place_of
from kizuna.cli.progress import ProgressLine
from kizuna.cli.workspace_files import read_workspace
from kizuna.core.campaigns import Campaign, OnSchedule
from kizuna.core.catalog import Change, Documents
from kizuna.core.durations import FIRST, instant_to_text
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.errors import InvalidDefinition, KizunaError
from kizuna.core.ramp import never_fits
from kizuna.core.segments import EVERYONE
from kizuna.usecases.authoring import workspace
from kizuna.usecases.campaigning.sizes import count_members
from kizuna.usecases.segments.changes import ENOUGH, Effect, Effects, effects_of, moved_segments
from kizuna.usecases.segments.pages import sums_body

FolderArgument = Annotated[Path, typer.Argument(help="The workspace folder, such as shared/workspace.")]
_MARKS = {"add": ("+", "green"), "change": ("~", "yellow"), "remove": ("-", "red")}


def plan(
    context: typer.Context,
    folder: FolderArgument,
    everybody: Annotated[
        bool,
        typer.Option("--everybody", help=f"Ask everybody, though there are more than {ENOUGH:,} people."),
    ] = False,
) -> None:
    """Show what applying a workspace would change, and who would enter and leave segments. Nothing is written."""
    place = place_of(context)
    try:
        files = read_workspace(folder)
        changes = workspace.plan(
            files.documents, place.services.catalog, files.origin(), now=place.services.now()
        )
        effects, people = _effects(place, files.documents, changes, everybody=everybody)
    except KizunaError as error:
        place.fail(error)
    cards = _cards(changes, files.documents)
    unramped = _unramped(changes, files.documents)
    body = {
        "changes": [_row(change) for change in changes],
        "cards": cards,
        "unramped": unramped,
        "people": people,
        "effects": [_effect(each) for each in effects.segments] if effects else None,
    }

    def text() -> Text:
        said = _listed(changes, "No changes.")
        for card in cards:
            said.append(f"\n{card['campaign']}: ", style="bold")
            said.append(f"needed: {card['what_is_needed']} Why: {card['why']} How: {card['how_to_ask']}")
            said.append(f" Goal: {card['goal']} within {card['within']}.")
        for hasty in unramped:
            said.append(f"\n{hasty['campaign']}: ", style="bold")
            said.append(
                f"a run to {hasty['large']:,} people or more would go out at once: its messages live for "
                f"{hasty['expires_after']} (expires_after), and are too late before the last of three waves (ramp)."
            )
        if effects is None and people is not None:
            said.append(f"\n{people:,} people: --everybody asks them all who would enter and leave")
        for each in effects.segments if effects else ():
            sums = each.sums
            said.append(f"\n{each.segment}: {sums.members:,} of {effects.people:,} people" if effects else "")
            said.append(f", {sums.entering:,} would enter, {sums.leaving:,} would leave")
            for person in sums.moving.people():
                said.append(f"\n    {person}", style="dim")
        return said

    place.show(body, text)


def _cards(changes: tuple[Change, ...], documents: Documents) -> list[dict[str, str]]:
    """The intent card and the goal of each campaign that comes or changes: what is about to be asked of people."""
    moved = [change.id for change in changes if change.kind == "campaign" and change.act != "remove"]
    campaigns = [Campaign.model_validate(documents["campaign", name]) for name in moved]
    return [
        {
            "campaign": campaign.id,
            "what_is_needed": campaign.intent_card.what_is_needed,
            "why": campaign.intent_card.why,
            "how_to_ask": campaign.intent_card.how_to_ask,
            "goal": campaign.goal.event,
            "within": str(campaign.goal.within),
        }
        for campaign in campaigns
    ]


def _unramped(changes: tuple[Change, ...], documents: Documents) -> list[dict[str, object]]:
    """The campaigns that come or change whose runs, however large, would go out without waves, though the policy
    wants them: their messages are too late before the last."""
    ramp = EngagementPolicy.model_validate(documents.get(("policy", "policy"), {})).ramp
    moved = [change.id for change in changes if change.kind == "campaign" and change.act != "remove"]
    campaigns = [Campaign.model_validate(documents["campaign", name]) for name in moved]
    return [
        {"campaign": each.id, "expires_after": str(each.expires_after), "large": ramp.large}
        for each in campaigns
        if ramp is not None
        and each.category == "marketing"
        and isinstance(each.trigger, OnSchedule)
        and never_fits(ramp, life=each.expires_after.after(FIRST) - FIRST)
    ]


def _effects(
    place: Place, wanted: Documents, changes: tuple[Change, ...], *, everybody: bool
) -> tuple[Effects | None, int | None]:
    """Who would enter and leave, and how many people there are; None where no segment moves, or nobody was asked."""
    wired = place.services
    try:
        before = wired.catalog.current()
    except InvalidDefinition:  # stored by another release: it can be replaced, and asked of nobody
        return None, None
    if not changes or not moved_segments(wanted, before)[1]:
        return None, None
    people = count_members(EVERYONE, wired.people)
    if people > ENOUGH and not everybody:
        return None, people
    found: Effects | None = None
    line = ProgressLine(place, "people")
    for found in effects_of(wanted, before, wired.people, now=wired.now()):
        line.show(found.share, found.people, 0)
    line.end()
    return found, people


def _effect(effect: Effect) -> dict[str, object]:
    return {
        "segment": effect.segment,
        **sums_body(effect.sums),
        "sample": effect.sums.moving.people(),
    }


def apply(context: typer.Context, folder: FolderArgument, actor: ActorOption = "") -> None:
    """Put a workspace in force: definitions, schedules, and people brought up to date."""
    place = place_of(context)
    wired = place.services
    try:
        files = read_workspace(folder)
        done = workspace.apply(
            files.documents,
            wired.catalog,
            wired.queues,
            wired.schedules,
            wired.backfills,
            origin=files.origin(),
            now=wired.now(),
            actor=who(actor),
        )
    except KizunaError as error:
        place.fail(error)
    runs = {campaign: instant_to_text(at) for campaign, at in done.next_runs}
    text = _listed(done.changes, "No changes.")
    text.append(f"\nversion {done.version} is in force")
    for campaign, at in runs.items():
        text.append(f"\n{campaign} runs next at {at}")
    if done.backfill is not None:
        text.append("\neverybody is being brought up to date: kizuna segment status")
    body = {
        "changes": [_row(change) for change in done.changes],
        "version": done.version,
        "nextRuns": runs,
        "backfill": done.backfill.number if done.backfill else None,
    }
    place.show(body, lambda: text)


def _row(change: Change) -> dict[str, str]:
    return {"act": change.act, "kind": change.kind, "id": change.id}


def _listed(changes: tuple[Change, ...], nothing: str) -> Text:
    if not changes:
        return Text(nothing)
    text = Text()
    for index, change in enumerate(changes):
        mark, style = _MARKS[change.act]
        text.append(("\n" if index else "") + f"{mark} {change.kind} {change.id}", style=style)
    return text
