"""What people decided about a campaign beside its definition: who approved of which content, and if it is paused.

applied by one ──▶ draft ── approved by another ──▶ approved ──▶ …
                     ▲                                 │
                     └── an edit of who hears what ────┘
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from kizuna.core.campaigns import Campaign, OnAsked, OnDigest, OnJourney, OnSegment
from kizuna.core.campaigns.arms import arms_as_told
from kizuna.core.catalog import Catalog
from kizuna.core.errors import KizunaError
from kizuna.core.ids import digest
from kizuna.core.restraint.approvals import ApprovalRule
from kizuna.core.segments import Segment, asked_about, references_of


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody looked at this content and answers for it."""

    content: str  # `content_of`
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Halt:
    """Somebody let the campaign stand still."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Control:
    """Version 0: nobody decided anything. Every change makes a new version, and that is what guards it."""

    campaign: str
    version: int = 0
    approval: Approval | None = None
    halt: Halt | None = None


class NotApprovable(KizunaError):
    """This person may not approve of this, or there is nothing to approve of."""


class NotPaused(KizunaError):
    """What does not stand still cannot go on."""


def content_of(campaign: Campaign, catalog: Catalog) -> str:
    """A fingerprint of who hears what: the campaign, its templates with those of its arms, its brand, the segments
    that decide who hears it, and those that these ask about. Whatever the layout, and whatever a newer release adds
    that this campaign does not use."""
    parts = [
        campaign,
        catalog.brands.get(campaign.brand),
        *(catalog.templates.get(name) for name in _templates_of(campaign)),
        *_segments_of(campaign, catalog),
    ]
    plain = [
        each.model_dump(mode="json", by_alias=True, exclude_defaults=True) if each is not None else None
        for each in parts
    ]
    return digest("campaign content", json.dumps(plain, sort_keys=True, ensure_ascii=False))


def parts_of(campaign: Campaign, catalog: Catalog) -> tuple[tuple[str, str], ...]:
    """What `content_of` is made of: kind and id of each definition, the campaign first."""
    return (
        ("campaign", campaign.id),
        ("brand", campaign.brand),
        *(("template", name) for name in _templates_of(campaign)),
        *(("segment", each.id) for each in _segments_of(campaign, catalog)),
    )


def _templates_of(campaign: Campaign) -> list[str]:
    told = [campaign, *(each for _, each in arms_as_told(campaign))]
    return sorted({each.template_on(channel) for each in told for channel in each.reaches_by})


def _segments_of(campaign: Campaign, catalog: Catalog) -> list[Segment]:
    """The segments that decide who hears it, however far down, by their ids."""
    audience, trigger = campaign.audience, campaign.trigger
    names = set((*audience.segments, *audience.excluded) if audience else ())
    if isinstance(trigger, OnSegment):
        names.add(trigger.segment)
    if campaign.when is not None:
        names |= asked_about(campaign.when)
    for segment in reversed(catalog.segments):  # each comes after those that it asks about
        if segment.id in names:
            names |= references_of(segment)
    return sorted((each for each in catalog.segments if each.id in names), key=lambda each: each.id)


def is_same_person(one: str, other: str) -> bool:
    """Whether two names may be those of one person: without regard to case, width, spaces and invisible signs, to
    what follows a plus in an address, and to whether it is the address or the name before its @. Rather once too
    often: two who are taken for one find a third, one who is taken for two has nobody look."""
    first, second = _plain(one), _plain(other)
    if "@" in first and "@" in second:
        return first == second
    return first.partition("@")[0] == second.partition("@")[0]


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    seen = "".join(sign for sign in folded if unicodedata.category(sign)[0] not in "CZ")
    before, at, domain = seen.partition("@")
    return (before.partition("+")[0] or before) + at + domain


def needs_approval(campaign: Campaign, rule: ApprovalRule | None, *, people: int | None = None) -> bool:
    """Whether somebody has to approve first; `people` is how many a planned run is for, None where nobody knows."""
    if rule is None or campaign.category not in rule.categories:
        return False
    if isinstance(campaign.trigger, OnAsked | OnDigest | OnJourney):
        return False
    return people is None or people >= rule.from_people


def is_approved(campaign: Campaign, control: Control, catalog: Catalog) -> bool:
    """Whether somebody approved of just what it says now."""
    return control.approval is not None and control.approval.content == content_of(campaign, catalog)


def approved(
    control: Control,
    campaign: Campaign,
    catalog: Catalog,
    *,
    by: str,
    applied_by: Mapping[str, str],
    reason: str,
    now: datetime,
) -> Control:
    """The control with an approval. `applied_by` tells who put each part of the content in force that nobody approved
    of since, by the name of the part. Raises NotApprovable if it is by one of them, or twice."""
    if not _plain(by):
        raise NotApprovable("an approval needs somebody who answers for it; tell who by --actor")
    own = next((part for part, author in applied_by.items() if is_same_person(by, author)), None)
    if own is not None:
        raise NotApprovable(f"{own} was applied by {applied_by[own]}, so somebody else has to approve of it")
    if is_approved(campaign, control, catalog):
        raise NotApprovable(f"{campaign.id} is approved as it stands")
    approval = Approval(content_of(campaign, catalog), by, now, reason)
    return replace(control, version=control.version + 1, approval=approval)


def halted(control: Control, *, by: str, reason: str, now: datetime) -> Control:
    """The control of a campaign that stands still; as it is where it did already."""
    if control.halt is not None:
        return control
    return replace(control, version=control.version + 1, halt=Halt(by, now, reason))


def going_on(control: Control) -> Control:
    """Raises NotPaused."""
    if control.halt is None:
        raise NotPaused(f"campaign {control.campaign} does not stand still")
    return replace(control, version=control.version + 1, halt=None)
