"""Who shares a home: what a trustworthy source told, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kizuna.core.people import Trait
from kizuna.core.restraint.households import Household, home_of
from tests.support.builders import NOON, a_profile

RULE = Household(trait="household_id")


def home(value: Any, *, vouched: bool = True, trait: str = "household_id") -> str:
    traits = {trait: Trait(value, NOON, "shop", vouched=vouched)}
    return home_of(replace(a_profile(), traits=traits), RULE)


def test_a_home_has_a_name_that_never_changes_and_does_not_show_it() -> None:
    """What was counted for it is stored below that name: under another one the cap would begin anew."""
    assert home("h-1") == "hrfvga6km4fnxriaxhbsgidsl5"


@pytest.mark.parametrize(("one", "other"), [("h-1", " h-1 "), (7, "7"), ("七", "七")])
def test_equal_values_are_one_home(one: Any, other: Any) -> None:
    assert home(one) == home(other) != ""


@pytest.mark.parametrize(("one", "other"), [("h-1", "H-1"), ("h-1", "h-2"), ("7", "07")])
def test_other_values_are_another_home(one: Any, other: Any) -> None:
    assert home(one) != home(other)


@pytest.mark.parametrize("value", [None, "", "  ", True, False, 7.0, ["h-1"], {"a": 1}])
def test_what_names_no_home_is_none(value: Any) -> None:
    assert home(value) == ""


def test_by_the_word_of_a_page_nobody_moves_in_with_somebody() -> None:
    assert home("h-1", vouched=False) == ""


def test_where_no_trait_is_declared_or_another_one_is_there_is_no_home() -> None:
    assert home("h-1", trait="household") == ""
    assert (
        home_of(replace(a_profile(), traits={"household_id": Trait("h-1", NOON, "shop", vouched=True)}), None)
        == ""
    )
