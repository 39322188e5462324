"""What a reference to a person may mean."""

from __future__ import annotations

import pytest

from kizuna.core.identity.rules import IdentityDefinition, compiled
from kizuna.core.references import readings


@pytest.mark.parametrize(
    ("reference", "country", "expected"),
    [
        ("user_id:ada", None, [("user_id", "ada")]),
        (" EMAIL:Ada@Example.com", None, [("email", "ada@example.com")]),
        ("phone:090-1234-5678", "jp", [("phone", "+819012345678")]),
        ("phone:０９０ー１２３４ー５６７８", "JP", [("phone", "+819012345678")]),
        ("phone:090-1234-5678", None, []),
        ("phone:+1 (212) 555-0123", "JP", [("phone", "+12125550123")]),
        ("email:nobody", None, []),
        ("user_id:null", None, []),
        ("", None, []),
        (":", None, [("user_id", ":"), ("anonymous_id", ":"), ("push_token", ":")]),
    ],
)
def test_a_kind_in_front_means_that_kind_alone(
    reference: str, country: str | None, expected: list[tuple[str, str]]
) -> None:
    assert list(readings(reference, country=country)) == expected


def test_a_bare_value_may_be_of_any_kind_that_it_fits() -> None:
    assert readings("03-1234-5678", country="JP") == (
        ("user_id", "03-1234-5678"),
        ("phone", "+81312345678"),
        ("anonymous_id", "03-1234-5678"),
        ("push_token", "03-1234-5678"),
    )
    assert ("email", "ada@example.com") in readings("Ada@Example.com")


def test_an_unknown_kind_is_a_custom_one_or_part_of_a_bare_value() -> None:
    assert readings("Loyalty:42") == (
        ("loyalty", "42"),
        ("user_id", "Loyalty:42"),
        ("anonymous_id", "Loyalty:42"),
        ("push_token", "Loyalty:42"),
    )


def test_a_custom_kind_is_read_as_its_policy_says() -> None:
    rules = compiled(
        IdentityDefinition.model_validate({"identifiers": [{"type": "loyalty", "normaliser": "digits"}]})
    )
    assert readings("loyalty:42-17 8", rules=rules)[0] == ("loyalty", "42178")
