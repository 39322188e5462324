"""What the policy names exists: campaigns, calendars, facts to publish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kizuna.core.campaigns import Campaign, OnDigest, OnSegment
from kizuna.core.catalog_checks.typed import Origin, Parsed, policy_of
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.errors import Problem
from kizuna.core.restraint.holds import HELD_SEGMENT
from kizuna.core.restraint.quiet_rules import QuietHours


def policy_problems(parsed: Parsed, origin: Origin) -> Iterator[Problem]:
    for policy in parsed["policy"].values():
        place = origin("policy", policy.id)
        yield from _canary_problems(policy, parsed, place)
        yield from _digest_problems(policy, parsed, place)
        yield from _household_problems(policy, parsed, origin)
        yield from _sequel_problems(policy, parsed, place)
        hours = [(f"quiet_hours.{index}", each) for index, each in enumerate(policy.quiet_hours)]
        yield from _calendar_problems(hours, parsed, place)
        yield from _publish_problems(policy, place)
        yield from _colleague_problems(policy, parsed, place)


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


def _colleague_problems(policy: EngagementPolicy, parsed: Parsed, place: str) -> Iterator[Problem]:
    """Everybody of a host may be sent proofs only where the company itself writes from it: others' are customers."""
    ours = {brand.from_email.rpartition("@")[2].lower() for brand in parsed["brand"].values()}
    for number, host in policy.colleagues.whole_hosts():
        if host not in ours:
            told = ", ".join(f"*@{name}" for name in sorted(ours)) or "none, for there is no brand"
            yield Problem(
                f"{place}: colleagues.email.{number}",
                f"no brand writes from {host}: name the mailboxes one by one (whole hosts may be: {told})",
            )


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


def _sequel_problems(policy: EngagementPolicy, parsed: Parsed, place: str) -> Iterator[Problem]:
    """What is to follow a hold is there, begins when the hold is over, and is what it is called."""
    for hold in policy.tone_holds:
        if hold.then is None:
            continue
        key = "apology" if hold.then.apology else "check_in"
        where, segment = f"{place}: tone_holds.{hold.id}.then.{key}", f"{HELD_SEGMENT}{hold.id}"
        campaign: Campaign | None = parsed["campaign"].get(hold.then.campaign)
        if campaign is None:
            yield Problem(where, f"there is no campaign {hold.then.campaign!r}")
            continue
        if campaign.trigger != OnSegment(segment=segment, at="exit"):
            told = f"{{ type: segment, segment: {segment}, at: exit }}"
            yield Problem(
                where, f"campaign {campaign.id!r} is not set off by the end of the hold: trigger: {told}"
            )
        if key == "apology" and campaign.category != "transactional":
            yield Problem(where, "an apology sells nothing: its category is transactional")
        templates = [parsed["template"].get(campaign.template_on(channel)) for channel in campaign.reaches_by]
        if key == "check_in" and any(each is not None and each.survey is None for each in templates):
            yield Problem(where, "a check-in asks how they are: each of its templates names a survey")


def _household_problems(policy: EngagementPolicy, parsed: Parsed, origin: Origin) -> list[Problem]:
    """Without the trait a household is one person, and the cap would say more than it does."""
    if policy.household is not None:
        return []
    told = [
        (origin("policy", policy.id), "frequency_caps", policy.frequency_caps),
        *((origin("campaign", each.id), "caps", each.caps) for each in parsed["campaign"].values()),
    ]
    why = "no household is known: say in the policy which trait tells it (household: { trait: … })"
    return [
        Problem(f"{place}: {key}.{number}.scope", why)
        for place, key, caps in told
        for number, cap in enumerate(caps)
        if cap.scope == "household"
    ]


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
    policy = policy_of(parsed)
    return [
        Problem(
            f"{place}: {key}.holidays",
            f"there is no calendar {calendar!r}, and no holidays of such a country",
        )
        for key, rule in hours
        for calendar in rule.holidays
        if policy.days_of(calendar) is None
    ]
