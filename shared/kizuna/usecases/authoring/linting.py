"""All templates of a workspace held against what is refused and what would be done better."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from kizuna.core.campaigns import Campaign
from kizuna.core.catalog import Catalog
from kizuna.core.content.depth_lint import depth_problems
from kizuna.core.content.practice import Finding, findings
from kizuna.core.content.templates import Brand, Template
from kizuna.core.durations import FIRST, Duration

PUSH_LIVES = Duration(seconds=3 * 86_400)


def lint_of(
    catalog: Catalog, *, origin: Callable[[str, str], str], only: str | None = None
) -> tuple[Finding, ...]:
    """What is found in each template, or in the one called `only`, in their order; paths begin with the file.

    A template is held against the words of every brand that speaks by it; one that nobody uses against those of all.
    """
    found: list[Finding] = []
    for template in catalog.templates.values():
        if only is None or template.id == only:
            place = origin("template", template.id)
            found += [replace(each, path=f"{place}: {each.path}") for each in _of_template(template, catalog)]
    for campaign in catalog.campaigns.values():
        if "push" in campaign.reaches_by and only in (None, campaign.template_on("push")):
            found += _of_push_campaign(campaign, origin("campaign", campaign.id))
    return tuple(found)


def _of_template(template: Template, catalog: Catalog) -> Iterator[Finding]:
    deep = {name for name, trait in catalog.traits.items() if trait.is_deep}
    told = {name for name in deep if catalog.traits[name].fallback}
    for problem in depth_problems(template, deep=deep, with_fallback=told):
        yield Finding("refused", problem.path, problem.reason, refused=True)
    yield from findings(template, brands=_brands(template, catalog), traits=catalog.traits)


def _brands(template: Template, catalog: Catalog) -> list[Brand]:
    using = {
        campaign.brand
        for campaign in catalog.campaigns.values()
        if template.id in {campaign.template_on(channel) for channel in campaign.reaches_by}
    }
    return [brand for name, brand in catalog.brands.items() if not using or name in using]


def _of_push_campaign(campaign: Campaign, place: str) -> Iterator[Finding]:
    if campaign.expires_after.after(FIRST) > PUSH_LIVES.after(FIRST):
        yield Finding("push-lives-long", f"{place}: expires_after", str(campaign.expires_after))
