"""A policy is held against what is there and against the law, as it is saved and only then."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.catalog import build
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.errors import InvalidDefinition
from kizuna.core.policy import ConsentPolicy, Window
from tests.support.builders import CAMPAIGN, some_documents

WHEN = {"event": "Complaint Received", "window": {"last": "7d"}}
OPEN = {"every_day": [["09:00", "20:00"]]}


def documents(**policy: Any) -> dict[tuple[str, str], Any]:
    campaign = CAMPAIGN | {"tags": ["sale"], "products": ["vinyl-club"]}
    return {**some_documents(campaign), ("policy", "policy"): {"id": "policy", **policy}}


def refusals(**policy: Any) -> list[str]:
    with pytest.raises(InvalidDefinition) as refused:
        build(documents(**policy))
    return [str(problem).removeprefix("policy/policy: ") for problem in refused.value.problems]


def cap(**told: Any) -> dict[str, Any]:
    return {"frequency_caps": [{"count": 1, "window": "7d", **told}]}


def hold(**told: Any) -> dict[str, Any]:
    return {"tone_holds": [{"id": "sad", "name": {"en": "sad"}, "when": WHEN, **told}]}


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (
            cap(channel="emial"),
            "frequency_caps.0.channel: there is no channel 'emial'; did you mean 'email'?",
        ),
        (cap(topic="new"), "frequency_caps.0.topic: there is no topic 'new'; did you mean 'news'?"),
        (cap(brand="q"), "frequency_caps.0.brand: there is no brand 'q'"),
        (cap(campaign="q"), "frequency_caps.0.campaign: there is no campaign or journey 'q'"),
        (cap(tag="sales"), "frequency_caps.0.tag: nobody knows the tag 'sales'; did you mean 'sale'?"),
        (
            {"cap_exemptions": [{"topics": ["q"], "reason": "it has to be so"}]},
            "cap_exemptions.0.topics: there is no topic 'q'",
        ),
        (
            {"cap_exemptions": [{"campaigns": ["q"], "reason": "it has to be so"}]},
            "cap_exemptions.0.campaigns: there is no campaign or journey 'q'",
        ),
        (hold(channels=["q"]), "tone_holds.sad.channels: there is no channel 'q'"),
        (hold(topics=["q"]), "tone_holds.sad.topics: there is no topic 'q'"),
        (hold(brands=["q"]), "tone_holds.sad.brands: there is no brand 'q'"),
        (
            hold(products=["vinyl-clubs"]),
            "tone_holds.sad.products: nobody knows the product 'vinyl-clubs'; did you mean 'vinyl-club'?",
        ),
        (
            {"consent_categories": {"C1": "marketting"}},
            "consent_categories.C1: nobody knows the purpose 'marketting'; did you mean 'marketing'?",
        ),
    ],
)
def test_a_rule_about_what_is_not_there_is_refused_by_its_name(policy: dict[str, Any], reason: str) -> None:
    assert refusals(**policy) == [reason]


@pytest.mark.parametrize(
    "policy",
    [
        cap(channel="task", topic="news", brand="shop", campaign="spring", tag="sale"),
        cap(tag="of-next-year"),
        hold(channels=["inbox"], topics=["news"], brands=["shop"], products=["another"]),
        {"consent_categories": {"C1": "analytics", "C2": "our-own"}},
    ],
)
def test_what_is_there_may_be_named_and_tags_and_products_may_come_later(policy: dict[str, Any]) -> None:
    assert build(documents(**policy)).policy


def test_what_is_stored_is_never_refused_for_a_rule_that_may_be_younger() -> None:
    stored = documents(**cap(topic="gone"))
    assert build(stored, linted=True).policy.frequency_caps
    with pytest.raises(InvalidDefinition):
        build(stored, linted=True, unsaved=(("policy", "policy"),))
    assert build(stored, linted=True, unsaved=(("campaign", "spring"),))


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        ([["09:00", "12:00"], ["11:59", "20:00"]], "09:00 to 12:00 and 11:59 to 20:00 overlap"),
        ([["23:00", "23:30"], ["22:00", "07:00"]], "22:00 to 07:00 and 23:00 to 23:30 overlap"),
    ],
)
def test_windows_of_a_day_that_overlap_are_refused(spans: list[list[str]], said: str) -> None:
    told = refusals(quiet_hours=[{"windows": {"friday": spans}}])
    assert told == [f"quiet_hours.0.windows.friday: {said}: write them as one window"]


def test_windows_that_touch_are_two() -> None:
    touching = {"every_day": [["09:00", "12:00"], ["12:00", "20:00"]]}
    assert build(documents(quiet_hours=[{"windows": touching}]))


def test_the_hours_of_a_campaign_are_read_alike() -> None:
    told = documents()
    spans = {"every_day": [["09:00", "12:00"], ["11:00", "20:00"]]}
    told["campaign", "spring"] |= {"send_windows": {"windows": spans}}
    with pytest.raises(InvalidDefinition, match=r"campaign/spring: send_windows\.windows\.every_day: 09:00"):
        build(told)


@pytest.mark.parametrize(
    ("other", "is_refused"),
    [
        ({"windows": {"every_day": [["20:00", "22:00"]]}}, True),
        ({"windows": {"every_day": [["19:59", "22:00"]]}}, False),
        ({"windows": {"every_day": [["20:00", "22:00"]]}, "channels": ["sms"]}, True),
        ({"windows": {"every_day": [["20:00", "22:00"]]}, "fallback_zone": "Asia/Tokyo"}, False),
        ({"windows": {"every_day": [["08:00", "21:00"]]}, "mode": "quiet"}, True),
    ],
)
def test_hours_that_hold_together_leave_some_minute(other: dict[str, Any], is_refused: bool) -> None:
    both = [{"windows": OPEN}, other]
    if not is_refused:
        assert build(documents(quiet_hours=both))
        return
    (told,) = refusals(quiet_hours=both)
    assert told.startswith("quiet_hours: no minute of the week is open in all that hold by ")


@pytest.mark.parametrize(
    ("consent", "key"),
    [
        ({"quiet_hours": {"US": ["07:59", "21:00"]}}, "quiet_hours.US"),
        ({"quiet_hours": {"US": ["08:00", "21:01"]}}, "quiet_hours.US"),
        ({"quiet_hours": {"US-NY": ["08:00", "22:00"]}}, "quiet_hours.US-NY"),
        ({"quiet_hours": {"US-TX-sunday": ["09:00", "21:00"]}}, "quiet_hours.US-TX-sunday"),
        ({"quiet_hours": {"US-FL-monday": ["08:00", "21:00"]}}, "quiet_hours.US-FL-monday"),
        ({"quiet_hours_channels": ["push"]}, "quiet_hours_channels"),
        ({"minor_age_by_country": {"FR": 14}}, "minor_age_by_country.FR"),
        ({"minor_age_by_country": {"default": 12}}, "minor_age_by_country.default"),
        ({"minor_age_by_country": {"jp": 18}}, "minor_age_by_country.jp"),
        ({"ca_ad_share_minor_age": 15}, "ca_ad_share_minor_age"),
    ],
)
def test_what_the_law_keeps_is_not_relaxed(consent: dict[str, Any], key: str) -> None:
    (told,) = refusals(consent=consent)
    assert told.startswith(f"consent.{key}: ")


@pytest.mark.parametrize(
    "consent",
    [
        {"quiet_hours": {"US": ["10:00", "19:00"], "US-TX": ["12:00", "12:00"], "JP": ["00:00", "24:00"]}},
        {"quiet_hours_channels": ["sms", "push"]},
        {"minor_age_by_country": {"US": 18, "JP": 15, "ES": 14, "default": 13}},
    ],
)
def test_it_may_be_made_stricter_and_what_is_ours_may_be_changed(consent: dict[str, Any]) -> None:
    assert build(documents(consent=consent))


def test_who_adds_a_country_keeps_what_the_law_has_for_the_others() -> None:
    said = {
        "quiet_hours": {"JP": ["09:00", "20:00"]},
        "minor_age_by_country": {"ES": 14},
        "consent_max_age_months": {"JP": 12},
    }
    held, usual = EngagementPolicy.model_validate({"consent": said}).consent, ConsentPolicy()
    assert held.quiet_hours == {**usual.quiet_hours, "JP": Window(540, 1200)}
    assert held.minor_age_by_country == {**usual.minor_age_by_country, "ES": 14}
    assert held.consent_max_age_months == {"EU": 24, "JP": 12}
    again = EngagementPolicy.model_validate({"consent": held.model_dump(mode="json")}).consent
    assert again.version_id == held.version_id


def test_hours_that_are_narrowed_for_a_country_are_narrowed_in_its_regions() -> None:
    held = EngagementPolicy.model_validate({"consent": {"quiet_hours": {"US": ["10:00", "20:30"]}}}).consent
    assert held.quiet_hours == {
        "US": Window(600, 1230),
        "US-FL": Window(600, 1200),
        "US-TX": Window(600, 1230),
        "US-TX-sunday": Window(720, 1230),
    }
    late = EngagementPolicy.model_validate({"consent": {"quiet_hours": {"US": ["08:00", "09:00"]}}}).consent
    assert late.quiet_hours["US-TX-sunday"] == Window(720, 720)


def test_a_policy_that_says_nothing_of_it_is_the_usual_one() -> None:
    for told in ({}, {"revoke_all": False}):
        assert EngagementPolicy.model_validate({"consent": told}).consent == ConsentPolicy()


@pytest.mark.parametrize("odd", [5, [1], {"US": 5}, {5: ["08:00", "21:00"]}])
def test_hours_that_are_none_are_refused_and_never_a_crash(odd: Any) -> None:
    with pytest.raises(InvalidDefinition, match=r"consent\.quiet_hours"):
        build(documents(consent={"quiet_hours": odd}))


@pytest.mark.parametrize(
    ("category", "basis"), [("mandatory", ""), ("mandatory", "  "), ("transactional", " ")]
)
def test_what_passes_an_opt_out_says_on_what_ground(category: str, basis: str) -> None:
    told = documents()
    told["campaign", "spring"] |= {"category": category, "transactional_basis": basis}
    told["template", "spring-email"] |= {"purpose": "transactional"}
    with pytest.raises(InvalidDefinition, match="transactional_basis"):
        build(told)
    told["campaign", "spring"] |= {
        "transactional_basis": "GDPR Art. 34: of a breach those are told whom it may harm"
    }
    assert build(told)
