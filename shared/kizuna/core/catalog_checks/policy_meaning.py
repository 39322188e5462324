"""What a policy says can be meant: what its rules name is there, its hours leave room, and no law is relaxed.

Asked as a policy is saved. A stored one is never refused for it: these rules may be younger than it is, and must not
stop the rest of what is in force.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import get_args

from kizuna.core.catalog_checks.typed import Origin, Parsed
from kizuna.core.content.templates import TemplateChannel
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.errors import Problem
from kizuna.core.policy import (
    STATUTORY_AD_AGE,
    STATUTORY_AGES,
    STATUTORY_CHANNEL,
    ConsentPolicy,
    statutory_window,
)
from kizuna.core.refusing.meant import near, perhaps
from kizuna.core.restraint.house_hours import DAY, open_windows
from kizuna.core.restraint.quiet_rules import QuietHours

_CHANNELS: tuple[str, ...] = get_args(TemplateChannel)
# What consent may be for, beside what a workspace calls its own (`consent.md` 3.1).
_PURPOSES = ("marketing", "analytics", "personalisation", "location", "ad_audience")

_AGE_KEY = re.compile(r"[A-Z]{2}|default")
_LOWEST_AGE = 13  # GDPR Art. 8(1): no member state may go below


def policy_meaning_problems(
    parsed: Parsed, origin: Origin, *, of: Collection[str] | None = None
) -> Iterator[Problem]:
    """What cannot be meant; with `of` only in what stands at these places."""
    for policy in parsed["policy"].values():
        place = origin("policy", policy.id)
        if of is None or place in of:
            yield from _of_policy(policy, parsed, place)
    for campaign in parsed["campaign"].values():
        place = origin("campaign", campaign.id)
        if of is None or place in of:
            told = (("quiet_hours", campaign.quiet_hours), ("send_windows", campaign.send_windows))
            yield from _overlaps([(key, rule) for key, rule in told if rule is not None], place)


def _of_policy(policy: EngagementPolicy, parsed: Parsed, place: str) -> Iterator[Problem]:
    yield from _unknown_names(policy, parsed, place)
    yield from _misspelt(policy, parsed, place)
    hours = [(f"quiet_hours.{number}", rule) for number, rule in enumerate(policy.quiet_hours)]
    yield from _overlaps(hours, place)
    yield from _never_open(policy, place)
    yield from _relaxed(policy.consent, place)


def _unknown_names(policy: EngagementPolicy, parsed: Parsed, place: str) -> Iterator[Problem]:
    """A rule about what is not there holds back nothing, and nobody would notice."""
    known: Mapping[str, Collection[str]] = {
        "channel": _CHANNELS,
        "topic": parsed["topic"],
        "brand": parsed["brand"],
        "campaign or journey": {*parsed["campaign"], *parsed["journey"]},
    }
    for key, kind, name in _named(policy):
        if name not in known[kind]:
            told = f"there is no {kind} {name!r}{perhaps(near(name, sorted(known[kind])))}"
            yield Problem(f"{place}: {key}", told)


def _named(policy: EngagementPolicy) -> Iterator[tuple[str, str, str]]:
    """Each name in a rule: its key, of what kind it is, and the name."""
    caps = [(f"frequency_caps.{number}", cap) for number, cap in enumerate(policy.frequency_caps)]
    for key, cap in caps:
        told = (("channel", cap.channel), ("topic", cap.topic), ("brand", cap.brand))
        yield from ((f"{key}.{kind}", kind, name) for kind, name in told if name is not None)
        if cap.campaign is not None:
            yield f"{key}.campaign", "campaign or journey", cap.campaign
    for number, exempt in enumerate(policy.cap_exemptions):
        key = f"cap_exemptions.{number}"
        yield from ((f"{key}.campaigns", "campaign or journey", name) for name in exempt.campaigns)
        yield from ((f"{key}.topics", "topic", name) for name in exempt.topics)
    for hold in policy.tone_holds:
        key = f"tone_holds.{hold.id}"
        yield from ((f"{key}.channels", "channel", name) for name in hold.channels)
        yield from ((f"{key}.topics", "topic", name) for name in hold.topics)
        yield from ((f"{key}.brands", "brand", name) for name in hold.brands)


def _misspelt(policy: EngagementPolicy, parsed: Parsed, place: str) -> Iterator[Problem]:
    """Tags, products and purposes are nobody's definition, so one may come first in a policy. One that nobody knows
    and that is nearly like one that somebody does is taken for a slip."""
    campaigns, journeys = parsed["campaign"].values(), parsed["journey"].values()
    tags = {tag for each in (*campaigns, *journeys) for tag in each.tags}
    products = {product for each in (*campaigns, *journeys) for product in each.products}
    told: list[tuple[str, str, str, Collection[str]]] = [
        (f"frequency_caps.{number}.tag", "tag", cap.tag, tags)
        for number, cap in enumerate(policy.frequency_caps)
        if cap.tag is not None
    ]
    told += [
        (f"tone_holds.{hold.id}.products", "product", name, products)
        for hold in policy.tone_holds
        for name in hold.products
    ]
    told += [
        (f"consent_categories.{category}", "purpose", name, _PURPOSES)
        for category, name in policy.consent_categories.items()
    ]
    for key, kind, name, known in told:
        like = [] if name in known else near(name, sorted(known))
        if like:
            yield Problem(f"{place}: {key}", f"nobody knows the {kind} {name!r}{perhaps(like)}")


def _overlaps(hours: Iterable[tuple[str, QuietHours]], place: str) -> Iterator[Problem]:
    """Two windows of one day that share an hour: one of the four times is not what was meant."""
    for key, rule in hours:
        for day, spans in rule.windows.items():
            ordered = sorted(spans)
            for one, other in pairwise(ordered):
                if other[0] < one[1]:
                    said = f"{_span(one)} and {_span(other)} overlap: write them as one window"
                    yield Problem(f"{place}: {key}.windows.{day}", said)


def _never_open(policy: EngagementPolicy, place: str) -> Iterator[Problem]:
    """Blocks of hours that hold together and have no minute in common, by the same clock."""
    for channel in _CHANNELS:
        rules = [rule for rule in policy.quiet_hours if rule.concerns(channel, "marketing")]
        clocks = {(rule.zone, rule.fallback_zone) for rule in rules}
        if len(rules) < 2 or len(clocks) > 1:
            continue
        if not any(_together(rules, day) for day in range(7)):
            said = f"no minute of the week is open in all that hold by {channel}: widen one, or name its `channels`"
            yield Problem(f"{place}: quiet_hours", said)
            return


def _together(rules: Iterable[QuietHours], day: int) -> set[int]:
    minutes = set(range(DAY))
    for rule in rules:
        windows = open_windows(rule.week, day, quiet=rule.mode == "quiet")
        minutes &= {minute for window in windows for minute in range(window.start, window.end)}
    return minutes


def _relaxed(consent: ConsentPolicy, place: str) -> Iterator[Problem]:
    """Hours that the law keeps quiet can be kept quiet for longer, never for less (`consent.md` 10); whom it calls a
    minor (5) is one."""
    for key, window in sorted(consent.quiet_hours.items()):
        law = statutory_window(key)
        if law is not None and not (law.start <= window.start and window.end <= law.end):
            if window.start == window.end:
                continue  # closed all day
            said = f"the law is {_span(law)}: a window of {_span(window)} would relax it"
            yield Problem(f"{place}: consent.quiet_hours.{key}", said)
    if STATUTORY_CHANNEL not in consent.quiet_hours_channels:
        said = f"{STATUTORY_CHANNEL} belongs to it: the law has hours for texts"
        yield Problem(f"{place}: consent.quiet_hours_channels", said)
    for country, age in STATUTORY_AGES.items():
        if consent.minor_age_by_country.get(country, age) < age:
            yield Problem(f"{place}: consent.minor_age_by_country.{country}", f"the law asks for {age}")
    for country in consent.minor_age_by_country:
        if not _AGE_KEY.fullmatch(country):
            said = "is no country's code of two capital letters, such as JP, and not `default`"
            yield Problem(f"{place}: consent.minor_age_by_country.{country}", said)
    if consent.minor_age_by_country["default"] < _LOWEST_AGE:
        said = (
            f"no law in the EU allows less than {_LOWEST_AGE}, and `default` holds where no country is known"
        )
        yield Problem(f"{place}: consent.minor_age_by_country.default", said)
    if consent.ca_ad_share_minor_age < STATUTORY_AD_AGE:
        yield Problem(f"{place}: consent.ca_ad_share_minor_age", f"the law asks for {STATUTORY_AD_AGE}")


def _span(span: tuple[int, int]) -> str:
    start, end = span
    end = end if end <= DAY else end - DAY  # of the next day
    return f"{start // 60:02}:{start % 60:02} to {end // 60:02}:{end % 60:02}"
