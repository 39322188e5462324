"""What a workspace may define about identity: read, refused with its place, and ready to use."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from kizuna.cli.workspace_files import read_workspace
from kizuna.core.catalog import build
from kizuna.core.errors import InvalidDefinition
from kizuna.core.events import Event
from kizuna.core.identity.identifiers import identifiers_of, normalised
from kizuna.core.identity.rules import DEFAULT_RULES, IdentityDefinition, IdentityRules, compiled, search
from tests.support.builders import an_event

SAMPLE = Path(__file__).parents[3] / "shared" / "workspace"


def rules(**definition: Any) -> IdentityRules:
    return compiled(IdentityDefinition.model_validate({"id": "identity"} | definition))


def of_type(kind: str, **told: Any) -> IdentityRules:
    return rules(identifiers=[{"type": kind, **told}])


def identify(**traits: Any) -> Event:
    context = traits.pop("context", {})
    return an_event("", type="identify", user_id="u1", traits=traits, context=context)


def keys(event: Event, in_force: IdentityRules) -> list[tuple[str, str]]:
    return [identity.key for identity in identifiers_of(event, in_force)]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown key": ({"thresholds": 1}, "identity: thresholds: Extra inputs"),
    "another id": ({"id": "mine"}, "identity: id:"),
    "an unknown normaliser": ({"identifiers": [{"type": "x", "normaliser": "rot13"}]}, "identifiers.0.normaliser:"),
    "an address compared otherwise": (
        {"identifiers": [{"type": "email", "normaliser": "nfkc"}]},
        "identifiers.0: normaliser: addresses are compared as email",
    ),
    "a type that poses as a derived one": ({"identifiers": [{"type": "match:x"}]}, "identifiers.0.type:"),
    "a type told twice": (
        {"identifiers": [{"type": "x"}, {"type": "x"}]}, "identifiers: x is defined twice",
    ),
    "user ids that find nobody": (
        {"identifiers": [{"type": "user_id", "unique": False}]}, "identifiers.0: unique:",
    ),
    "a limit of nothing": (
        {"identifiers": [{"type": "x", "limit": {"count": 0}}]}, "identifiers.0.limit.count:",
    ),
    "a window nobody knows": (
        {"identifiers": [{"type": "x", "limit": {"count": 1, "window": "hourly"}}]}, "identifiers.0.limit.window:",
    ),
    "trust beyond certainty": ({"identifiers": [{"type": "x", "trust": 1.1}]}, "identifiers.0.trust:"),
    "a retention of nothing": (
        {"identifiers": [{"type": "x", "retention": "0d"}]}, "identifiers.0: retention:",
    ),
    "a pattern that looks around": (
        {"identifiers": [{"type": "x", "blocked": [{"matches": "(?=a)b"}]}]},
        "identifiers.0.blocked.0.matches: not a pattern that can be matched in linear time",
    ),
    "a pattern that refers back": (
        {"identifiers": [{"type": "x", "blocked": [{"matches": r"(a)\1"}]}]}, "blocked.0.matches:",
    ),
    "a pattern that grows without bounds": (
        {"identifiers": [{"type": "x", "blocked": [{"matches": "((a{99}){99}){99}"}]}]}, "blocked.0.matches:",
    ),
    "a pattern that is too long": (
        {"identifiers": [{"type": "x", "blocked": [{"matches": "a" * 257}]}]}, "blocked.0.matches:",
    ),
    "a negative rule nobody knows": ({"not_if": [{"type": "different_mood", "id": "m"}]}, "not_if.0:"),
    "a rule told twice": (
        {"not_if": [{"type": "shared_device", "id": "a"}, {"type": "shared_device", "id": "a"}]},
        "not_if: a is defined twice",
    ),
    "a fuzzy rule that merges": (
        {"match_rules": [
            {"id": "m", "action": "merge", "all_of": [{"trait": "a"}, {"trait": "b", "like": "initial"}]},
        ]},
        "match_rules.0: all_of: what is only alike never merges by itself",
    ),
    "a merge by a single trait": (
        {"match_rules": [{"id": "m", "action": "merge", "all_of": [{"trait": "a"}]}]}, "match_rules.0: all_of:",
    ),
    "a review above the match": (
        {"match_threshold": 0.4, "review_threshold": 0.5}, "review_threshold: has to lie below",
    ),
    "a merge of a crowd": ({"max_profiles": 21}, "max_profiles:"),
    "a tie breaker nobody knows": ({"tie_breakers": ["tallest"]}, "tie_breakers.0:"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_definition_that_cannot_be_is_refused_with_its_place(case: str) -> None:
    told, expected = REFUSED[case]
    with pytest.raises(InvalidDefinition) as refused:
        build({("identity", "identity"): {"id": "identity"} | told})
    assert any(expected in str(problem) for problem in refused.value.problems), refused.value.problems


def test_the_sample_workspace_says_what_is_in_force() -> None:
    workspace = read_workspace(SAMPLE)
    sample = build(workspace.documents, origin=workspace.origin()).identity
    assert str(sample.policy("anonymous_id").retention) == "30d"
    assert not sample.policy("ga_client_id").unique
    assert [rule.id for rule in sample.not_if] == ["two_cards", "household", "shop_tablet"]


def test_without_a_definition_the_defaults_are_in_force_and_an_empty_one_changes_nothing() -> None:
    assert build({}).identity is DEFAULT_RULES
    assert rules() == DEFAULT_RULES


def test_what_is_not_said_of_a_type_stays_as_it_is() -> None:
    policy = of_type("user_id", retention="1y").policy("user_id")
    standing = DEFAULT_RULES.policy("user_id")
    assert (policy.limit, policy.priority, policy.trust) == (
        standing.limit,
        standing.priority,
        standing.trust,
    )
    assert of_type("email", trust=0.5).policy("email").unverified_trust == 0.5
    assert of_type("email", trust=0.95).policy("email").unverified_trust == 0.6


@pytest.mark.parametrize(
    ("normaliser", "told", "comparable"),
    [
        ("lower_trim", " ＡＢ-7 ", "ab-7"),
        ("nfkc", " Ａb ", "Ab"),
        ("digits", "4711-0815 ６", "471108156"),
        ("digits", "no figures", None),
        ("none", " Ab ", " Ab "),
        ("none", " null ", None),
        ("email", "Ann@Example.com", "ann@example.com"),
        ("e164", "+81 90-1234-5678", "+819012345678"),
        ("lower_trim", "NULL", None),
        ("digits", 4711, "4711"),
        ("lower_trim", True, None),
    ],
)
def test_each_normaliser_makes_values_comparable(normaliser: str, told: Any, comparable: str | None) -> None:
    assert normalised("card", told, of_type("card", normaliser=normaliser)) == comparable


BLOCKED = [
    "Shop@Example.com",
    "+810000000000",
    {"matches": "^(test|dummy)[0-9]*@"},
    {"matches": "@mailinator[.]com$"},
]


@pytest.mark.parametrize(
    ("mailbox", "counts"),
    [
        ("ann@example.com", True),
        ("shop@example.com", False),
        ("SHOP@example.com", False),
        ("test12@example.com", False),
        ("contest@example.com", True),
        ("ann@mailinator.com", False),
    ],
)
def test_a_blocked_value_finds_nobody(mailbox: str, counts: bool) -> None:
    found = keys(identify(email=mailbox), of_type("email", blocked=BLOCKED))
    assert ("email" in [kind for kind, _ in found]) is counts
    assert ("user_id", "u1") in found


def test_a_pattern_takes_no_longer_the_worse_the_value() -> None:
    hits = search("^(a+)+$")
    began = time.thread_time()
    assert not hits("a" * 512 + "b")
    assert time.thread_time() - began < 1
    assert not hits("\ud800")


def test_a_value_without_letters_of_its_own_blocks_no_text_that_is_odd() -> None:
    assert normalised("card", "\ud800x", of_type("card", blocked=[{"matches": "^a$"}])) == "\ud800x"


def test_device_ids_identify_once_the_workspace_defines_them() -> None:
    phone = {"device": {"type": "iOS", "id": "d1", "advertisingId": "ad1", "adTrackingEnabled": True}}
    event = identify(context=phone)
    assert keys(event, DEFAULT_RULES) == [("user_id", "u1")]
    both = rules(identifiers=[{"type": "ios_id"}, {"type": "idfa"}])
    assert keys(event, both) == [("user_id", "u1"), ("idfa", "ad1"), ("ios_id", "d1")]
    refused = {"device": phone["device"] | {"adTrackingEnabled": False}}
    assert keys(identify(context=refused), both) == [("user_id", "u1"), ("ios_id", "d1")]


# ── match rules ─────────────────────────────────────────────────────────────────────────────────

BIRTHDAY = rules(
    match_rules=[
        {"id": "born", "action": "merge", "all_of": [{"trait": "name.last"}, {"trait": "birthday"}]},
        {"id": "alike", "all_of": [{"trait": "name.last", "like": "prefix"}, {"identifier": "phone"}]},
    ]
)


def derived(**traits: Any) -> dict[str, str]:
    return dict(key for key in keys(identify(**traits), BIRTHDAY) if key[0].startswith("match:"))


def test_what_agrees_in_all_parts_has_one_derived_identifier() -> None:
    one = derived(name={"last": "Ｔａｎａｋａ"}, birthday="1990-01-02", phone="+819012345678")
    two = derived(name={"last": " tanaka "}, birthday="1990-01-02", phone="+81 90 1234 5678")
    assert one == two
    assert set(one) == {"match:born", "match:alike"}
    assert "tanaka" not in str(one).lower()
    other = derived(name={"last": "tanaka"}, birthday="1990-01-03", phone="+819012345678")
    assert other["match:born"] != one["match:born"]
    assert other["match:alike"] == one["match:alike"]


@pytest.mark.parametrize("missing", [None, "", "  ", True, ["Tanaka"], {"first": "T"}])
def test_a_part_that_is_not_told_agrees_with_nothing(missing: Any) -> None:
    assert derived(name={"last": missing}, birthday="1990-01-02", phone="+819012345678") == {}


def test_parts_of_a_longer_name_do_not_run_into_each_other() -> None:
    rule = rules(match_rules=[{"id": "m", "action": "merge", "all_of": [{"trait": "a"}, {"trait": "b"}]}])
    assert keys(identify(a="xy", b="z"), rule)[-1] != keys(identify(a="x", b="yz"), rule)[-1]
