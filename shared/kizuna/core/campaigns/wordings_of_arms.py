"""Templates in the words of an experiment's arm, made when the catalog is built.

From then on they are templates like any other: linted, rendered, asked by the gate what they show. So an arm that
forgets what the law asks of advertising is refused as a template would be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from kizuna.core.campaigns.arms import CampaignArm, Languages, as_told, misfits, patched_template, patches_of
from kizuna.core.campaigns.definition import Campaign
from kizuna.core.content.templates import Template

Fault = tuple[str, str, str]  # campaign, key, reason


def worded(
    campaigns: Mapping[str, Campaign], templates: Mapping[str, Template]
) -> tuple[dict[str, Template], list[Fault]]:
    """The templates that the arms of all campaigns are told with, by id, and what is wrong with some of them."""
    made: dict[str, Template] = {}
    faults: list[Fault] = []
    for campaign, number, arm in _patching(campaigns):
        for channel, patch in patches_of(arm, campaign).items():
            key = f"experiment.arms.{number}." + ("patch" if arm.patch else f"patches.{channel}")
            base = templates.get(as_told(campaign, arm, patched=False).template_on(channel))
            if base is None:
                continue  # that it is missing is told where it is named
            found = _in_words(base, patch, patched_template(base.id, campaign.id, arm.name))
            if isinstance(found, Template):
                made[found.id] = found
            else:
                faults += [(campaign.id, f"{key}.{where}" if where else key, why) for where, why in found]
    return made, faults


def _patching(campaigns: Mapping[str, Campaign]) -> Iterator[tuple[Campaign, int, CampaignArm]]:
    for campaign in campaigns.values():
        if campaign.experiment is None or misfits(campaign):
            continue
        for number, arm in enumerate(campaign.experiment.arms):
            if arm.patch or arm.patches:
                yield campaign, number, arm


def _in_words(base: Template, patch: Languages, name: str) -> Template | list[tuple[str, str]]:
    faults = [
        (language, f"the template {base.id!r} has no such language")
        for language in patch
        if language not in base.languages
    ]
    silent = [language for language in base.languages if language not in patch]
    if silent:
        faults.append(
            (
                "",
                f"says nothing in {', '.join(silent)}: people of that language would read another arm's words",
            )
        )
    languages: dict[str, Any] = dict(base.languages)
    for language, parts in patch.items():
        if language not in base.languages:
            continue
        content = base.languages[language]
        try:
            languages[language] = type(content).model_validate({**dict(content), **parts})
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                where = ".".join(str(part) for part in (language, *detail["loc"]))
                faults.append((where, detail["msg"].removeprefix("Value error, ")))
    return faults or base.model_copy(update={"id": name, "languages": languages})
