"""How messages would look to a real person: rendered as delivery renders them, sent to nobody, stored nowhere.

What is told of the person is what they allow (`telling`). The links are none of ours, so nobody can leave, or open
somebody's page, from a preview that was passed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from kizuna.core.campaigns import Campaign
from kizuna.core.catalog import Catalog
from kizuna.core.content.facts import ContentFacts, content_facts
from kizuna.core.content.rendering import ContentError, Links, Rendered, TemplateContext, render
from kizuna.core.content.templates import Brand, RenderedEmail, Template
from kizuna.core.errors import NotFound
from kizuna.core.people import Profile
from kizuna.core.ports import Ledger
from kizuna.usecases.telling import told_of

PREVIEW_LINKS = Links(
    unsubscribe="https://preview.invalid/u/preview",
    preferences="https://preview.invalid/preferences/preview",
    visit="https://preview.invalid/preferences/preview",
    confirm="https://preview.invalid/confirm/preview",
    survey="https://preview.invalid/s/preview",
)


@dataclass(frozen=True, slots=True)
class Previewed:
    """One rendering, or why there would be none: `reason` names field and cause, and no value."""

    template: str
    channel: str
    brand: str
    language: str
    rendered: Rendered | None
    reason: str = ""
    facts: ContentFacts = field(default_factory=ContentFacts)
    withheld: tuple[str, ...] = ()


def previews(
    name: str,
    profile: Profile,
    ledger: Ledger,
    catalog: Catalog,
    *,
    now: datetime,
    channel: str = "all",
    language: str | None = None,
    event: tuple[str, Mapping[str, Any]] | None = None,
) -> tuple[Previewed, ...]:
    """The template of that name, or every template of the campaign of that name, as this person would get it.

    `event` is what would have started it: its name and properties. Raises NotFound for an unknown name, and where no
    template is for `channel`.
    """
    campaign, templates = _named(name, catalog)
    wanted = [each for each in templates if channel in ("all", each.channel)]
    if not wanted:
        raise NotFound(f"{name!r} has no template for {channel}")
    spoken = language or profile.language or catalog.policy.default_language
    return tuple(
        _preview(
            template, _campaign_of(template, campaign, catalog), profile, ledger, catalog, spoken, event, now
        )
        for template in wanted
    )


def _named(name: str, catalog: Catalog) -> tuple[Campaign | None, list[Template]]:
    if name in catalog.templates:
        return None, [catalog.templates[name]]
    campaign = catalog.campaigns.get(name)
    if campaign is None:
        raise NotFound(f"there is no template and no campaign {name!r}")
    return campaign, [catalog.templates[campaign.template_on(channel)] for channel in campaign.reaches_by]


def _campaign_of(template: Template, campaign: Campaign | None, catalog: Catalog) -> Campaign | None:
    """The campaign that was named, else the first that speaks by the template."""
    if campaign is not None:
        return campaign
    for each in catalog.campaigns.values():
        if template.id in {each.template_on(channel) for channel in each.reaches_by}:
            return each
    return None


def _preview(
    template: Template,
    campaign: Campaign | None,
    profile: Profile,
    ledger: Ledger,
    catalog: Catalog,
    language: str,
    event: tuple[str, Mapping[str, Any]] | None,
    now: datetime,
) -> Previewed:
    brand = _brand(campaign, catalog)
    told = told_of(profile, ledger, catalog, language=language, now=now)
    context = TemplateContext(
        brand=brand,
        person_language=language,
        traits=told.traits,
        event_name=event[0] if event else None,
        event_properties=event[1] if event else {},
        campaign_id=campaign.id if campaign else "",
        campaign_name=campaign.name if campaign else "",
        links=PREVIEW_LINKS,
    )
    about = (template.id, template.channel, brand.id)
    try:
        rendered = render(template, language=language, context=context)
        facts = content_facts(rendered, brand)
    except ContentError as error:
        return Previewed(*about, language, None, str(error), withheld=told.withheld)
    return Previewed(*about, template.content(language)[0], rendered, facts=facts, withheld=told.withheld)


def _brand(campaign: Campaign | None, catalog: Catalog) -> Brand:
    if campaign is not None:
        return catalog.brands[campaign.brand]
    first = next(iter(catalog.brands.values()), None)
    if first is None:
        raise NotFound("there is no brand to speak as")
    return first


def told_of_rendering(rendered: Rendered) -> dict[str, Any]:
    """What a person would see of it, part by part, as JSON can hold it. Files that go with it by their names."""
    told = asdict(rendered)
    for held in ("links", "language"):
        told.pop(held, None)
    if isinstance(rendered, RenderedEmail):
        told["attachments"] = [each.name for each in rendered.attachments]
        told["calendar"] = rendered.calendar.title if rendered.calendar else None
    return {name: value for name, value in told.items() if value not in (None, [], (), {}, "")}


def preview_body(each: Previewed) -> dict[str, Any]:
    return {
        "template": each.template,
        "channel": each.channel,
        "brand": each.brand,
        "language": each.language,
        "message": None if each.rendered is None else told_of_rendering(each.rendered),
        "reason": each.reason,
        "facts": asdict(each.facts),
        "not_told": list(each.withheld),
    }
