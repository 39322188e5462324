"""What the policy names exists: campaigns, calendars, facts to publish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kizuna.core.campaigns import Campaign, OnDigest
from kizuna.core.catalog_checks.typed import Origin, Parsed
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.errors import Problem
from kizuna.core.restraint.quiet_rules import QuietHours


def policy_problems(parsed: Parsed, origin: Origin) -> Iterator[Problem]:
    for policy in parsed["policy"].values():
        place = origin("policy", policy.id)
        yield from _canary_problems(policy, parsed, place)
        yield from _digest_problems(policy, parsed, place)
        hours = [(f"quiet_hours.{index}", each) for index, each in enumerate(policy.quiet_hours)]
        yield from _calendar_problems(hours, parsed, place)
        yield from _publish_problems(policy, place)


def quiet_hours_problems(parsed: Parsed, origin: Origin) -> Iterator[Problem]:
    """Of the hours that campaigns keep of their own."""
    for campaign in parsed["campaign"].values():
        told = (("quiet_hours", campaign.quiet_hours), ("send_windows", campaign.send_windows))
        hours = [(key, rule) for key, rule in told if rule is not None]
        yield from _calendar_problems(hours, parsed, origin("campaign", campaign.id))


def _publish_problems(policy: EngagementPolicy, place: str) -> list[Problem]:
    if not policy.publish:
        return []
    from kizuna.core.bus_events import BUS_EVENTS  # its models are for who publishes

    known = {event.__name__ for event in BUS_EVENTS}
    unknown = [name for name in policy.publish if name not in known]
    return [Problem(f"{place}: publish", f"there is no event {name!r} to publish") for name in unknown]


def _digest_problems(policy: EngagementPolicy, parsed: Parsed, place: str) -> list[Problem]:
    """A cap that gathers what is too much needs a campaign that tells it; else it would wait for nothing."""
    problems = []
    for number, cap in enumerate(policy.frequency_caps):
        campaign: Campaign | None = parsed["campaign"].get(cap.digest) if cap.digest else None
        if cap.digest is None or (campaign and isinstance(campaign.trigger, OnDigest)):
            continue
        why = "is not triggered by a digest" if campaign else f"there is no campaign {cap.digest!r}"
        problems.append(Problem(f"{place}: frequency_caps.{number}.digest", why))
    return problems


def _canary_problems(policy: EngagementPolicy, parsed: Parsed, place: str) -> list[Problem]:
    if policy.canary is None:
        return []
    campaign = parsed["campaign"].get(policy.canary.campaign)
    if campaign is None:
        return [Problem(f"{place}: canary.campaign", f"there is no campaign {policy.canary.campaign!r}")]
    if campaign.category != "marketing" or "email" not in campaign.reaches_by:
        return [
            Problem(f"{place}: canary.campaign", "the canary is asked about a promotional e-mail campaign")
        ]
    return []


def _calendar_problems(hours: Iterable[tuple[str, QuietHours]], parsed: Parsed, place: str) -> list[Problem]:
    """A calendar that does not exist would leave its days without the quiet that was meant for them."""
    policy: EngagementPolicy = next(iter(parsed["policy"].values()), EngagementPolicy())
    return [
        Problem(
            f"{place}: {key}.holidays",
            f"there is no calendar {calendar!r}, and no holidays of such a country",
        )
        for key, rule in hours
        for calendar in rule.holidays
        if policy.days_of(calendar) is None
    ]
