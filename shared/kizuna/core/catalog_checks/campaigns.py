"""What a campaign names exists, and fits it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kizuna.core.authoring.blocks import Block
from kizuna.core.campaigning.targets import untargeted
from kizuna.core.campaigns import Campaign, OnEvent, OnSegment
from kizuna.core.campaigns.arms import arms_as_told
from kizuna.core.campaigns.triggers import CAMPAIGN_REQUESTED
from kizuna.core.catalog_checks.typed import Origin, Parsed
from kizuna.core.content.templates import Template
from kizuna.core.errors import Problem
from kizuna.core.feedback import MESSAGE_SENT, MESSAGE_WITHHELD
from kizuna.core.refusing.meant import missing
from kizuna.core.restraint.holds import made_by_a_hold
from kizuna.core.segments import EVERYONE, Segment


def campaign_problems(parsed: Parsed, origin: Origin) -> Iterator[Problem]:
    for campaign in parsed["campaign"].values():
        place = origin("campaign", campaign.id)
        yield from _problems_of(campaign, parsed, place)
        for number, told in arms_as_told(campaign):
            yield from _template_problems(told, parsed, place, under=f"experiment.arms.{number}.")


def blast_problems(parsed: Parsed, origin: Origin) -> Iterator[Problem]:
    """Nobody sends to everyone without saying why: asked as definitions are saved. How large a part of all an
    audience is, is seen at the launch."""
    for campaign in parsed["campaign"].values():
        yield from blast_problems_of(campaign, parsed["segment"].values(), origin("campaign", campaign.id))


def basis_problems(parsed: Parsed, origin: Origin) -> Iterator[Problem]:
    """What goes to people who said No, and past the kill switch, says which law wants it: asked as it is saved."""
    for campaign in parsed["campaign"].values():
        if campaign.category == "mandatory" and not campaign.transactional_basis.strip():
            told = "a mandatory notice passes every opt-out: say here which law requires it"
            yield Problem(f"{origin('campaign', campaign.id)}: transactional_basis", told)


def blast_problems_of(campaign: Campaign, segments: Iterable[Segment], place: str) -> Iterator[Problem]:
    """The same of one campaign."""
    name = untargeted(campaign, segments)
    if name is not None and not campaign.override_reason:
        told = f"{name!r} is everyone: narrow it, by a segment or by when, or say why in override_reason"
        yield Problem(f"{place}: audience.in", told)


def _problems_of(campaign: Campaign, parsed: Parsed, place: str) -> list[Problem]:
    wanted: list[tuple[str, str, str]] = [
        ("brand", "brand", campaign.brand),
        ("topic", "topic", campaign.topic),
    ]
    if campaign.audience is not None:
        wanted += [("audience.in", "segment", name) for name in campaign.audience.segments]
        wanted += [("audience.not_in", "segment", name) for name in campaign.audience.excluded]
    if isinstance(campaign.trigger, OnEvent) and campaign.trigger.event in (MESSAGE_SENT, MESSAGE_WITHHELD):
        return [Problem(f"{place}: trigger.event", "tells of our own messages, which start no other message")]
    if isinstance(campaign.trigger, OnEvent) and campaign.trigger.event == CAMPAIGN_REQUESTED:
        told = "is how requests of the API are told; give the campaign the trigger {type: api}"
        return [Problem(f"{place}: trigger.event", told)]
    if isinstance(campaign.trigger, OnSegment):
        wanted.append(("trigger.segment", "segment", campaign.trigger.segment))
    problems = [
        Problem(f"{place}: {key}", missing(kind, name, parsed[kind], because=made_by_a_hold(kind, name)))
        for key, kind, name in wanted
        if name not in parsed[kind] and (kind, name) != ("segment", EVERYONE)
    ]
    return [*problems, *_template_problems(campaign, parsed, place)]


def _template_problems(
    campaign: Campaign, parsed: Parsed, place: str, *, under: str = ""
) -> Iterator[Problem]:
    """Each template that a campaign speaks with, or one of its arms, whose keys stand `under` another."""
    for key, channel, name in _templates_of(campaign):
        where = f"{place}: {under}{key}"
        template = parsed["template"].get(name)
        if template is None:
            yield Problem(where, missing("template", name, parsed["template"]))
            continue
        if template.channel != channel:
            yield Problem(where, f"is for {template.channel}, the campaign speaks by {channel}")
        promotional = campaign.category == "marketing"
        if (template.purpose == "promotional") != promotional:
            yield Problem(where, f"is {template.purpose}, the campaign's category is {campaign.category}")
        yield from _block_problems(template, campaign, parsed["block"], where)


def _block_problems(
    template: Template, campaign: Campaign, blocks: Mapping[str, Block], place: str
) -> Iterator[Problem]:
    """A brand's footer under another brand's mail would name the wrong sender."""
    for name in template.blocks:
        brand = blocks[name].brand if name in blocks else None
        if brand not in (None, campaign.brand):
            yield Problem(place, f"holds the block {name!r} of the brand {brand!r}")


def _templates_of(campaign: Campaign) -> list[tuple[str, str, str]]:
    """Each template that a campaign names: under which key, for which channel, and its id."""
    return [
        (f"templates.{channel}" if campaign.channels else "template", channel, campaign.template_on(channel))
        for channel in campaign.reaches_by
    ]
