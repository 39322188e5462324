"""How deep a message may look into a person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kizuna.core.people import Profile, Trait
from kizuna.core.restraint.depth import Depth, PrivacyDepth, depth_of, told_to_templates
from kizuna.core.traits import TraitDefinition

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MEANING = {"en": "something"}
PLAIN = TraitDefinition(id="first_name", meaning=MEANING)
DEEP = TraitDefinition(id="genre", meaning=MEANING, depth="deep", fallback={"en": "music", "ja": "音楽"})
SENSITIVE = TraitDefinition(id="birthday", meaning=MEANING, sensitive=True)
SHOWN = TraitDefinition(id="city", meaning=MEANING, sensitive=True, depth="basic")
DEFINITIONS = {each.id: each for each in (PLAIN, DEEP, SENSITIVE, SHOWN)}
VALUES: dict[str, Any] = {"first_name": "Ada", "genre": "Jazz", "birthday": "1990-01-01", "city": "Kyoto"}


def a_person(*, vouched: bool = True, **traits: Any) -> Profile:
    held = {name: Trait(value, NOW, "shop", vouched=vouched) for name, value in traits.items()}
    return Profile(id="p", version=1, created_at=NOW, updated_at=NOW, traits=held)


def told(profile: Profile, *, agreed: bool, default: Depth = "full", language: str = "en") -> dict[str, Any]:
    found = told_to_templates(
        profile, DEFINITIONS, PrivacyDepth(default=default), language=language, agreed=lambda: agreed
    )
    return dict(found.traits)


@pytest.mark.parametrize(
    ("default", "agreed", "expected"),
    [
        ("full", True, VALUES),
        ("full", False, {"first_name": "Ada", "city": "Kyoto", "genre": "music"}),
        ("basic", True, {"first_name": "Ada", "city": "Kyoto", "genre": "music"}),
        ("none", True, {"genre": "music"}),
    ],
)
def test_a_template_is_told_as_much_as_the_depth_allows(
    default: Depth, agreed: bool, expected: dict[str, Any]
) -> None:
    assert told(a_person(**VALUES), agreed=agreed, default=default) == expected


@pytest.mark.parametrize(("language", "word"), [("ja", "音楽"), ("ja-JP", "音楽"), ("de", "music")])
def test_the_fallback_is_said_in_the_language_of_the_message(language: str, word: str) -> None:
    assert told(a_person(genre="Jazz"), agreed=False, language=language) == {"genre": word}


def test_what_was_held_back_is_named() -> None:
    found = told_to_templates(
        a_person(**VALUES), DEFINITIONS, PrivacyDepth(), language="en", agreed=lambda: False
    )
    assert (found.depth, found.withheld) == ("basic", ("birthday", "genre"))


def test_a_trait_that_nobody_declared_is_told_unless_nothing_is() -> None:
    person = a_person(first_name="Ada", shoe_size=39)
    assert told(person, agreed=False) == {"first_name": "Ada", "shoe_size": 39}
    assert told(person, agreed=True, default="none") == {}


def test_consent_is_asked_only_where_a_deep_trait_is_known_and_may_be_told() -> None:
    def never() -> bool:
        raise AssertionError("was asked")

    for profile, default in ((a_person(first_name="Ada"), "full"), (a_person(**VALUES), "basic")):
        told_to_templates(
            profile,
            DEFINITIONS,
            PrivacyDepth.model_validate({"default": default}),
            language="en",
            agreed=never,
        )


@pytest.mark.parametrize(
    ("wish", "vouched", "default", "depth"),
    [
        ("basic", True, "full", "basic"),
        ("full", True, "none", "full"),
        ("full", False, "basic", "basic"),
        ("none", False, "full", "none"),
        ("as little as you can", True, "full", "none"),
        (7, True, "full", "none"),
        (None, True, "basic", "basic"),
    ],
)
def test_a_wish_of_the_person_goes_before_the_default_and_a_claim_only_makes_it_less(
    wish: Any, vouched: bool, default: Depth, depth: Depth
) -> None:
    person = a_person(vouched=vouched, privacy_depth=wish)
    assert depth_of(person, PrivacyDepth(default=default)) == depth
