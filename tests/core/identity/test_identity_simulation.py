"""What changed identity rules would do, told before they are in force."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.identity.rules import DEFAULT_RULES, IdentityDefinition, compiled
from kizuna.core.identity.simulation import SAMPLES, forecast, forecast_body
from kizuna.core.people import Identity, Profile, Trait
from tests.support.builders import NOON, SERVER, a_profile


def holding(
    profile_id: str, *held: tuple[str, str], traits: dict[str, str] | None = None, days: int = 0
) -> Profile:
    at = NOON - timedelta(days=days)
    identities = {pair: Identity(*pair, raw=pair[1], at=at, source=SERVER.id) for pair in held}
    told = {name: Trait(value, NOON, SERVER.id) for name, value in (traits or {}).items()}
    return a_profile(profile_id, identities=identities, traits=told, last_event_at=at)


def told(*profiles: Profile, **definition: Any) -> dict[str, Any]:
    after = compiled(IdentityDefinition.model_validate(definition))
    return forecast_body(forecast(profiles, DEFAULT_RULES, after, now=NOON))


def changes(body: dict[str, Any]) -> dict[str, list[tuple[list[str], str]]]:
    return {
        what: [(each["people"], each["rule"]) for each in body[what]["samples"]]
        for what in ("merge", "refused", "split", "loss")
        if body[what]["count"]
    }


CARDS = (holding("p1", ("card", "47-11")), holding("p2", ("card", "4711")))
CASES: dict[str, tuple[tuple[Profile, ...], dict[str, Any], dict[str, Any]]] = {
    "rules that change nothing": (CARDS, {}, {}),
    "cards compared by their figures": (
        CARDS, {"identifiers": [{"type": "card", "normaliser": "digits"}]}, {"merge": [(["p1", "p2"], "")]},
    ),
    "the same, of two accounts": (
        (holding("p1", ("card", "4-7"), ("user_id", "u1")), holding("p2", ("card", "47"), ("user_id", "u2"))),
        {"identifiers": [{"type": "card", "normaliser": "digits"}]},
        {"refused": [(["p1", "p2"], "limit_of_user_id")]},
    ),
    "the same, of people with other birthdays": (
        (holding("p1", ("card", "4-7"), traits={"born": "1"}), holding("p2", ("card", "47"), traits={"born": "2"})),
        {
            "identifiers": [{"type": "card", "normaliser": "digits"}],
            "not_if": [{"type": "different_trait", "id": "born", "trait": "born"}],
        },
        {"refused": [(["p1", "p2"], "not_if_born")]},
    ),
    "a card that three have": (
        (*CARDS, holding("p3", ("card", "47 11"))),
        {"identifiers": [{"type": "card", "normaliser": "digits"}], "max_profiles": 2},
        {"refused": [(["p1", "p2", "p3"], "max_profiles")]},
    ),
    "a lower limit": (
        (holding("p1", ("email", "a@example.com"), ("email", "b@example.com")),),
        {"identifiers": [{"type": "email", "limit": {"count": 1}}]},
        {"split": [(["p1"], "limit_of_email")]},
    ),
    "a blocked value": (
        (holding("p1", ("email", "shop@example.com"), ("user_id", "u1")),),
        {"identifiers": [{"type": "email", "blocked": ["shop@example.com"]}]},
        {"loss": [(["p1"], "no_longer_usable")]},
    ),
    "a browser that is forgotten": (
        (holding("p1", ("anonymous_id", "a1"), days=31), holding("p2", ("anonymous_id", "a2"), days=29)),
        {"identifiers": [{"type": "anonymous_id", "retention": "30d"}]},
        {"loss": [(["p1"], "no_longer_usable")]},
    ),
    "a type that is not unique any more": (
        (holding("p1", ("card", "1")),),
        {"identifiers": [{"type": "card", "unique": False}]},
        {"loss": [(["p1"], "no_longer_usable")]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_would_change_is_told(case: str) -> None:
    profiles, definition, expected = CASES[case]
    body = told(*profiles, **definition)
    assert changes(body) == expected
    assert body["people"] == len(profiles)


def test_all_are_counted_and_some_are_shown_without_a_value() -> None:
    pairs = [
        holding(f"p{n}{side}", ("card", f"{n}-{mark}{n}"))
        for n in range(1, 31)
        for side, mark in (("a", ""), ("b", "-"))
    ]
    body = told(*pairs, identifiers=[{"type": "card", "normaliser": "digits"}])
    assert (body["merge"]["count"], len(body["merge"]["samples"])) == (30, SAMPLES)
    assert body["merge"]["samples"][0] == {"people": ["p10a", "p10b"], "types": ["card"], "rule": ""}
