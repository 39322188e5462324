"""Brands, lists, sources and webhooks that definitions name exist."""

from __future__ import annotations

from collections.abc import Iterator

from kizuna.core.catalog_checks.typed import Origin, Parsed
from kizuna.core.content.own_content import WebhookContent
from kizuna.core.errors import Problem
from kizuna.core.quality.tracking_plan import PlannedEvent, overlapping


def reference_problems(parsed: Parsed, origin: Origin) -> Iterator[Problem]:
    yield from _brand_problems(parsed, origin)
    yield from _plan_problems(parsed, origin)
    yield from _webhook_problems(parsed, origin)
    yield from _suppression_problems(parsed, origin)
    yield from _survey_problems(parsed, origin)


def _brand_problems(parsed: Parsed, origin: Origin) -> list[Problem]:
    return [
        Problem(f"{origin(kind, each.id)}: brand", f"there is no brand {each.brand!r}")
        for kind in ("segment", "block")
        for each in parsed[kind].values()
        if each.brand is not None and each.brand not in parsed["brand"]
    ]


def _plan_problems(parsed: Parsed, origin: Origin) -> list[Problem]:
    """A source that does not exist would leave its events without the plan that was meant for them."""
    planned: dict[str, PlannedEvent] = dict(parsed["event"])
    unknown = [
        Problem(f"{origin('event', each.id)}: sources", f"there is no source {source!r}")
        for each in planned.values()
        for source in each.sources
        if source not in parsed["source"]
    ]
    twice = [
        Problem(
            origin("event", second),
            f"plans the same event as {first!r}" + (f" for {source}" if source else ""),
        )
        for first, second, source in overlapping(planned.values())
    ]
    return unknown + twice


def _webhook_problems(parsed: Parsed, origin: Origin) -> list[Problem]:
    return [
        Problem(
            f"{origin('template', template.id)}: languages.{language}.webhook",
            f"there is no webhook {content.webhook!r}",
        )
        for template in parsed["template"].values()
        for language, content in template.languages.items()
        if isinstance(content, WebhookContent) and content.webhook not in parsed["webhook"]
    ]


def _survey_problems(parsed: Parsed, origin: Origin) -> list[Problem]:
    """A link to a survey leads to one that is there, and stands only where the template says to which."""
    unknown = [
        Problem(f"{origin('template', template.id)}: survey", f"there is no survey {template.survey!r}")
        for template in parsed["template"].values()
        if template.survey is not None and template.survey not in parsed["survey"]
    ]
    unsaid = [
        Problem(
            f"{origin('template', template.id)}: survey", "links.survey is used: say which survey it leads to"
        )
        for template in parsed["template"].values()
        if template.survey is None
        and any("links.survey" in content.model_dump_json() for content in template.languages.values())
    ]
    return unknown + unsaid


def _suppression_problems(parsed: Parsed, origin: Origin) -> list[Problem]:
    wanted = [
        (origin("suppression", each.id), key, kind, name)
        for each in parsed["suppression"].values()
        for key, kind, name in (
            ("list", "list", each.list),
            ("scope.brand", "brand", each.scope.brand),
            ("scope.topic", "topic", each.scope.topic),
        )
    ]
    return [
        Problem(f"{place}: {key}", f"there is no {kind} {name!r}")
        for place, key, kind, name in wanted
        if name is not None and name not in parsed[kind]
    ]
