"""Arms of a campaign: what they may say, what is refused at save with its path, and how each tells the campaign."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.campaigns.arms import as_told, as_varied
from kizuna.core.campaigns.assigning import assigned
from kizuna.core.catalog import Catalog
from kizuna.core.conditions import evaluate
from kizuna.core.content.templates import EmailContent
from kizuna.core.errors import InvalidDefinition
from kizuna.core.experiments import HeldOut, Holdouts, variant_of
from kizuna.core.experiments.standing import Outcome, Standing
from kizuna.core.segments import view_of
from tests.support.builders import CAMPAIGN, NOON, a_catalog, a_profile, some_documents
from tests.support.content import EMAIL, SMS

TEXTS = {"id": "spring-sms", "channel": "sms", "default_language": "en", "languages": {"en": SMS}}
SHORT = {
    "id": "short-email",
    "channel": "email",
    "default_language": "en",
    "languages": {"en": EMAIL | {"subject": "Hi"}},
}
TWO_CHANNELS = {
    "channel": None,
    "template": None,
    "channels": {"order": ["email", "sms"]},
    "templates": {"email": "spring-email", "sms": "spring-sms"},
}
SUBJECT = {"en": {"subject": "Your shelf is full"}}


def a_shop(*arms: dict[str, Any], campaign: dict[str, Any] | None = None, **policy: Any) -> Catalog:
    experiment = {"experiment": {"arms": [{"name": "plain"}, *arms]}} if arms else {}
    documents = {
        **some_documents(CAMPAIGN | experiment | (campaign or {})),
        ("template", "spring-sms"): TEXTS,
        ("template", "short-email"): SHORT,
        ("policy", "policy"): policy,
    }
    return a_catalog(documents)


def refused(*arms: dict[str, Any], campaign: dict[str, Any] | None = None, **policy: Any) -> list[str]:
    with pytest.raises(InvalidDefinition) as error:
        a_shop(*arms, campaign=campaign, **policy)
    return [str(problem) for problem in error.value.problems]


# ── refused when saved ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arm", "path", "why"),
    [
        ({"name": "b"}, "campaign/spring: experiment", "arms.1: b has no content"),
        ({"name": "b", "template": "gone"}, "experiment.arms.1.template", "no template 'gone'"),
        ({"name": "b", "template": "spring-sms"}, "experiment.arms.1.template", "is for sms"),
        ({"name": "b", "channel": "sms"}, "experiment.arms.1.template", "its template for sms"),
        ({"name": "b", "templates": {"sms": "spring-sms"}}, "experiment.arms.1.templates.sms", "no channel"),
        (
            {"name": "b", "patch": {"de": {"subject": "Hallo"}}},
            "experiment.arms.1.patch.de",
            "no such language",
        ),
        (
            {"name": "b", "patch": {"en": {"colour": "red"}}},
            "experiment.arms.1.patch.en.colour",
            "Extra inputs",
        ),
        ({"name": "b", "patch": {"en": {"subject": ""}}}, "experiment.arms.1.patch.en.subject", ""),
        ({"name": "b", "patch": {"en": {"html": "<p>Hi</p>"}}}, "spring-email.spring.b", "unsubscribe"),
        ({"name": "b", "nothing": True, "template": "x"}, "experiment.arms.1", "nothing says nothing"),
        ({"name": "b", "patch": SUBJECT, "patches": {"email": SUBJECT}}, "experiment.arms.1", "either patch"),
    ],
)
def test_an_arm_that_says_nothing_whole_is_refused_with_its_path(
    arm: dict[str, Any], path: str, why: str
) -> None:
    assert any(path in each and why in each for each in refused(arm)), refused(arm)


def test_on_several_channels_an_arm_says_on_which_it_speaks_otherwise() -> None:
    found = refused({"name": "b", "patch": SUBJECT}, campaign=TWO_CHANNELS)
    assert found == [
        "campaign/spring: experiment.arms.1.patch: the campaign has several channels: give patches by channel"
    ]
    found = refused({"name": "b", "template": "short-email"}, campaign=TWO_CHANNELS)
    assert "give templates by channel" in found[0]
    for_all = TWO_CHANNELS | {"channels": {"order": ["email", "sms"], "choose": "all"}}
    found = refused({"name": "b", "channel": "sms"}, campaign=for_all)
    assert any("once for each channel" in each for each in found)


def test_what_people_asked_for_is_kept_from_nobody_and_told_in_words_of_its_own() -> None:
    service = {"category": "transactional", "transactional_basis": "they bought it"}
    found = refused({"name": "b", "nothing": True}, campaign=service | {"holdout": 10})
    assert "campaign/spring: holdout: what is transactional is kept from nobody" in found
    assert "campaign/spring: experiment.arms.1.nothing: what is transactional is kept from nobody" in found


def test_a_holdout_of_a_brand_or_topic_that_does_not_exist_is_refused() -> None:
    found = refused(holdout={"brands": {"gone": {"percent": 5}}, "topics": {"gone": 5}})
    assert found == [
        "policy/policy: holdout.brands.gone: there is no brand 'gone'",
        "policy/policy: holdout.topics.gone: there is no topic 'gone'",
    ]
    assert refused(holdout={"global": 20})[0].startswith("policy/policy: holdout.global.percent")
    assert refused(campaign={"holdout": 60})[0].startswith("campaign/spring: holdout.percent")


# ── as each arm tells it ────────────────────────────────────────────────────────────────────────


def test_a_patched_template_is_a_template_like_any_other() -> None:
    shop = a_shop({"name": "shelf", "patch": SUBJECT})
    campaign = shop.campaigns["spring"]
    assert campaign.experiment is not None
    told = as_told(campaign, campaign.experiment.arms[1])
    assert told.template == "spring-email.spring.shelf"
    content = shop.templates[told.template].content("en")[1]
    assert isinstance(content, EmailContent)
    assert (content.subject, content.html) == ("Your shelf is full", EMAIL["html"])
    assert shop.template_facts(told.template, "shop", "en").has_unsubscribe
    assert shop.version_of("template", told.template) == shop.version_of("template", "spring-email") == 1


def test_an_arm_on_another_channel_speaks_there_alone() -> None:
    shop = a_shop({"name": "texts", "channel": "sms"}, campaign=TWO_CHANNELS)
    campaign = shop.campaigns["spring"]
    assert campaign.experiment is not None
    told = as_told(campaign, campaign.experiment.arms[1])
    assert (told.reaches_by, told.template_on("sms")) == (("sms",), "spring-sms")
    assert as_varied(campaign, variant_of(campaign.experiment, campaign.experiment.arms[1])) == told
    assert as_varied(campaign, "texts~another") == campaign
    assert as_varied(campaign, "") == campaign


def test_one_channel_of_several_may_be_worded_otherwise() -> None:
    shop = a_shop({"name": "shelf", "patches": {"email": SUBJECT}}, campaign=TWO_CHANNELS)
    campaign = shop.campaigns["spring"]
    assert campaign.experiment is not None
    told = as_told(campaign, campaign.experiment.arms[1])
    assert told.templates == {"email": "spring-email.spring.shelf", "sms": "spring-sms"}


# ── who gets which ──────────────────────────────────────────────────────────────────────────────


def everybody(shop: Catalog, *standings: Standing, **changes: Any) -> dict[str, int]:
    campaign = shop.campaigns["spring"]
    found: dict[str, int] = {}
    for number in range(600):
        got = assigned(
            campaign.model_copy(update=changes),
            a_profile(f"p{number}"),
            holdouts=shop.policy.holdout,
            standings={standing.key: standing for standing in standings},
            now=NOON,
        )
        name = got.held_out.level if got.held_out else got.variant.partition("~")[0]
        name += "+" if got.variant.endswith("+") else ""
        found[name] = found.get(name, 0) + 1
    return found


def test_holdouts_come_before_arms_and_an_arm_of_nothing_is_held_out_by_the_experiment() -> None:
    shop = a_shop({"name": "silence", "nothing": True}, campaign={"holdout": 20}, holdout={"global": 10})
    found = everybody(shop)
    assert set(found) == {"global", "campaign", "plain", "experiment"}
    assert found["plain"] + found["experiment"] == pytest.approx(600 * 0.9 * 0.8, abs=45)


def test_after_a_winner_everybody_gets_it_and_counts_in_no_comparison() -> None:
    arms = [{"name": "plain"}, {"name": "b", "template": "short-email"}]
    rest = {"experiment": {"arms": arms, "winner": "rest_gets_best"}}
    shop = a_shop(campaign=rest)
    experiment = shop.campaigns["spring"].experiment
    assert experiment is not None
    won = Standing("spring", experiment.fingerprint, 1, outcome=Outcome("winner", "b", NOON))
    assert everybody(shop, won) == {"b+": 600}
    other = Standing("spring", "another", 1, outcome=Outcome("winner", "b", NOON))
    assert set(everybody(shop, other)) == {"plain", "b"}
    harmed = Standing("spring", experiment.fingerprint, 1, stopped={"b": NOON})
    assert set(everybody(shop, harmed)) == {"plain", "plain+"}
    moved = Standing("spring", experiment.fingerprint, 1, shares={"plain": 0.1, "b": 0.9})
    assert everybody(shop, moved)["b"] == pytest.approx(540, abs=25)


def test_the_levels_of_a_holdout_are_told() -> None:
    holdouts = Holdouts.model_validate({"global": 15})
    shop = a_shop()
    found = [
        assigned(
            shop.campaigns["spring"], a_profile(f"p{each}"), holdouts=holdouts, standings={}, now=NOON
        ).held_out
        for each in range(100)
    ]
    assert HeldOut("global", "global") in found


# ── conditions that ask for an arm ──────────────────────────────────────────────────────────────


def asking(variant: str, shop_arms: list[dict[str, Any]], **leaf: Any) -> Catalog:
    segment = {
        "id": "readers",
        "name": "Readers",
        "description": "Who is in an arm of spring.",
        "when": {"variant": variant, "experiment": "spring", **leaf},
    }
    documents = {
        **some_documents(CAMPAIGN | {"experiment": {"arms": shop_arms}}),
        ("template", "short-email"): SHORT,
        ("segment", "readers"): segment,
    }
    return a_catalog(documents)


def test_a_condition_that_asks_for_an_arm_means_those_who_get_it() -> None:
    arms = [{"name": "plain", "weight": 3}, {"name": "b", "template": "short-email", "weight": 2}]
    shop = asking("b", arms)
    (segment,) = [each for each in shop.segments if each.id == "readers"]
    for number in range(400):
        person = a_profile(f"p{number}")
        got = assigned(shop.campaigns["spring"], person, holdouts=Holdouts(), standings={}, now=NOON)
        inside = evaluate(segment.when, view_of(person), now=NOON).matched
        assert inside is (got.variant.partition("~")[0] == "b")


def test_a_condition_that_asks_for_an_arm_that_there_is_not_is_refused() -> None:
    arms = [{"name": "plain"}, {"name": "b", "template": "short-email"}]
    with pytest.raises(InvalidDefinition, match="'c' is none of the arms: plain, b"):
        asking("c", arms)


@pytest.mark.parametrize(
    ("holdout", "asked", "why"),
    [
        (10, {"holdout": "spring", "percent": 10}, None),
        (10, {"holdout": "winter", "percent": 20}, None),
        (10, {"holdout": "spring", "percent": 20}, "leaves out 10 %, not 20 %"),
        ({"percent": 10, "salt": "s"}, {"holdout": "s", "percent": 5}, "leaves out 10 %, not 5 %"),
        ({"percent": 10, "refresh": "90d"}, {"holdout": "spring", "percent": 10}, "drawn anew every 90d"),
    ],
)
def test_a_condition_that_means_other_people_than_its_holdout_is_refused(
    holdout: Any, asked: dict[str, Any], why: str | None
) -> None:
    segment = {"id": "out", "name": "Out", "description": "Held out.", "when": asked}
    documents = {**some_documents(CAMPAIGN | {"holdout": holdout}), ("segment", "out"): segment}
    if why is None:
        assert a_catalog(documents)
    else:
        with pytest.raises(InvalidDefinition, match=f"segment/out: when: the holdout .* {why}"):
            a_catalog(documents)


def variant_with(template: dict[str, Any], control: dict[str, Any] | None = None) -> str:
    """What somebody gets of an experiment on `short-email` against the campaign's own template."""
    documents = dict(some_documents(CAMPAIGN | {"experiment": {"arms": ARMS}}))
    documents["template", "spring-email"] = {**documents["template", "spring-email"], **(control or {})}
    catalog = a_catalog({**documents, ("template", "short-email"): template})
    spring = catalog.campaigns["spring"]
    return assigned(spring, a_profile("p1"), holdouts=Holdouts(), standings={}, now=NOON).variant


ARMS = [{"name": "plain"}, {"name": "b", "template": "short-email"}]
EDITED = {"en": EMAIL | {"subject": "Hi there"}}


def test_with_another_text_in_an_arm_the_experiment_begins_anew_and_with_another_name_it_goes_on() -> None:
    begun = variant_with(SHORT).partition("~")[2]
    assert variant_with({**SHORT, "languages": EDITED}).partition("~")[2] != begun
    assert variant_with(SHORT, {"languages": EDITED}).partition("~")[2] != begun
    assert variant_with({**SHORT, "description": "Written by Ann"}).partition("~")[2] == begun


def test_who_is_asked_for_by_an_arm_is_who_gets_it_after_its_text_was_edited_too() -> None:
    documents = {
        **some_documents(CAMPAIGN | {"experiment": {"arms": ARMS}}),
        ("template", "short-email"): {**SHORT, "languages": EDITED},
        ("segment", "readers"): {
            "id": "readers",
            "name": "Readers",
            "when": {"variant": "b", "experiment": "spring"},
        },
    }
    shop = a_catalog(documents)
    (segment,) = [each for each in shop.segments if each.id == "readers"]
    got = {}
    for number in range(60):
        person = a_profile(f"p{number}")
        told = assigned(shop.campaigns["spring"], person, holdouts=Holdouts(), standings={}, now=NOON)
        got[person.id] = told.variant.partition("~")[0] == "b"
        assert evaluate(segment.when, view_of(person), now=NOON).matched is got[person.id]
    assert set(got.values()) == {True, False}
