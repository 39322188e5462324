"""How messages would look to a real person: rendered as delivery renders them, sent to nobody, stored nowhere.

What is told of the person is what they allow (`telling`). The links are none of ours, so nobody can leave, or open
somebody's page, from a preview that was passed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from kizuna.core.addressing import language_of
from kizuna.core.campaigns import Campaign
from kizuna.core.catalog import Catalog
from kizuna.core.content.facts import ContentFacts, content_facts
from kizuna.core.content.rendering import ContentError, Links, Rendered, TemplateContext, render
from kizuna.core.content.templates import Brand, Template
from kizuna.core.content.told import told_of_rendering
from kizuna.core.errors import NotFound
from kizuna.core.people import Profile
from kizuna.core.ports import Ledger
from kizuna.core.refusing.repeating import asked_for
from kizuna.core.restraint.depth import Told
from kizuna.usecases.decisions.telling import told_of

Started = tuple[str, Mapping[str, Any]]
"""An event that would have started a message: its name and properties."""

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
    event: Started | None = None,
    sensitive: bool = True,
) -> tuple[Previewed, ...]:
    """The template of that name, or every template of the campaign of that name, as this person would get it.

    `event` is what would have started it: its name and properties. Without `sensitive` traits that are declared so
    are told as if nobody knew them. Raises NotFound for an unknown name, and where no template is for `channel`.
    """
    spoken = language or language_of(profile, catalog)
    return tuple(
        _preview(each, profile, ledger, catalog, spoken, event, sensitive=sensitive, now=now)
        for each in wordings(name, catalog, channel=channel)
    )


@dataclass(frozen=True, slots=True)
class Wording:
    """A template, the campaign that speaks by it if there is one, and the brand it speaks as."""

    template: Template
    campaign: Campaign | None
    brand: Brand


def wordings(name: str, catalog: Catalog, *, channel: str = "all") -> tuple[Wording, ...]:
    """The template of that name, or those of the campaign of that name. Raises NotFound."""
    campaign, templates = _named(name, catalog)
    wanted = [each for each in templates if channel in ("all", each.channel)]
    if not wanted:
        raise NotFound(f"{name!r} has no template for {channel}")
    meant = ((each, _campaign_of(each, campaign, catalog)) for each in wanted)
    return tuple(Wording(template, of, _brand(of, catalog)) for template, of in meant)


def _named(name: str, catalog: Catalog) -> tuple[Campaign | None, list[Template]]:
    if name in catalog.templates:
        return None, [catalog.templates[name]]
    campaign = catalog.campaigns.get(name)
    if campaign is None:
        raise NotFound(f"there is no template and no campaign {asked_for(name)}")
    return campaign, [catalog.templates[campaign.template_on(channel)] for channel in campaign.reaches_by]


def _campaign_of(template: Template, campaign: Campaign | None, catalog: Catalog) -> Campaign | None:
    """The campaign that was named, else the first that speaks by the template."""
    if campaign is not None:
        return campaign
    for each in catalog.campaigns.values():
        if template.id in {each.template_on(channel) for channel in each.reaches_by}:
            return each
    return None


def told_to(
    profile: Profile, ledger: Ledger, catalog: Catalog, *, language: str, sensitive: bool, now: datetime
) -> Told:
    """What a template is told of somebody where members of staff see the result."""
    told = told_of(profile, ledger, catalog, language=language, now=now)
    hidden = set() if sensitive else {name for name in told.traits if _is_sensitive(name, catalog)}
    if not hidden:
        return told
    values = {name: value for name, value in told.traits.items() if name not in hidden}
    for name in hidden:
        fallback = catalog.traits[name].fallback_in(language)
        if fallback is not None:
            values[name] = fallback
    return Told(values, told.depth, tuple(sorted({*told.withheld, *hidden})))


def _is_sensitive(name: str, catalog: Catalog) -> bool:
    return name in catalog.traits and catalog.traits[name].sensitive


def context_of(
    wording: Wording, *, language: str, traits: Mapping[str, Any], event: Started | None, links: Links
) -> TemplateContext:
    """What a template sees where no message of ours stands behind it. Where no campaign speaks by it, its own id
    stands for the campaign's id and name."""
    campaign = wording.campaign
    return TemplateContext(
        brand=wording.brand,
        person_language=language,
        traits=traits,
        event_name=event[0] if event else None,
        event_properties=event[1] if event else {},
        campaign_id=campaign.id if campaign else wording.template.id,
        campaign_name=campaign.name if campaign else wording.template.id,
        links=links,
    )


def _preview(
    wording: Wording,
    profile: Profile,
    ledger: Ledger,
    catalog: Catalog,
    language: str,
    event: Started | None,
    *,
    sensitive: bool,
    now: datetime,
) -> Previewed:
    template, brand = wording.template, wording.brand
    told = told_to(profile, ledger, catalog, language=language, sensitive=sensitive, now=now)
    context = context_of(wording, language=language, traits=told.traits, event=event, links=PREVIEW_LINKS)
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
