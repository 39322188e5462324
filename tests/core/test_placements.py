"""What a place in a page shows: the best of what is open to a person, or nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from kizuna.core.durations import instant_to_text
from kizuna.core.people import Listing, PersonStatus, Profile, Trait
from kizuna.core.placements import Considered, Placement, choose
from kizuna.core.restraint.holds import ToneHold
from kizuna.core.restraint.staff_holds import HOLD
from tests.support.builders import NOON, SERVER, a_profile

EVERYONE = {"everyone": True}
PRO = {"trait": "plan", "op": "eq", "value": "pro"}
FREE = {"trait": "plan", "op": "eq", "value": "free"}


def a_placement(*actions: tuple[str, dict[str, Any], float]) -> Placement:
    return Placement.model_validate(
        {
            "id": "home-top",
            "name": "Top of the home page",
            "actions": [
                {"id": name, "when": when, "rank": rank, "content": {"title": name}}
                for name, when, rank in actions
            ],
        }
    )


def shown(placement: Placement, profile: Profile) -> tuple[str | None, str]:
    choice = choose(placement, profile, now=NOON)
    return choice.action, choice.reason


def test_the_eligible_action_of_the_highest_rank_is_shown() -> None:
    placement = a_placement(("welcome", EVERYONE, 0), ("upgrade", FREE, 9), ("thanks", PRO, 5))
    assert shown(placement, a_profile()) == ("thanks", "best_ranked")
    choice = choose(placement, a_profile(), now=NOON)
    assert choice.content == {"title": "thanks"}
    assert choice.considered == (
        Considered("welcome", True, 0),
        Considered("upgrade", False, 9),
        Considered("thanks", True, 5),
    )


def test_among_equals_the_first_is_shown() -> None:
    assert shown(a_placement(("one", EVERYONE, 1), ("two", EVERYONE, 1)), a_profile()) == (
        "one",
        "best_ranked",
    )


def test_a_negative_rank_still_beats_nothing() -> None:
    assert shown(a_placement(("last-resort", EVERYONE, -5)), a_profile()) == ("last-resort", "best_ranked")


def test_nothing_is_an_answer() -> None:
    choice = choose(a_placement(("upgrade", FREE, 9)), a_profile(), now=NOON)
    assert (choice.action, choice.reason, choice.content) == (None, "none_eligible", {})


@pytest.mark.parametrize("status", ["restricted", "erased"])
def test_somebody_whose_data_may_not_be_used_is_not_even_considered(status: PersonStatus) -> None:
    choice = choose(a_placement(("welcome", EVERYONE, 0)), a_profile(status=status), now=NOON)
    assert (choice.action, choice.reason, choice.considered) == (None, "restricted", ())


def test_an_answer_says_until_when_it_holds() -> None:
    soon = {"trait": "joined", "op": "within_last", "value": "7d"}
    joined = Trait(instant_to_text(NOON - timedelta(days=6)), NOON, SERVER.id)
    placement = a_placement(("welcome", soon, 1), ("always", EVERYONE, 9))
    assert choose(placement, a_profile(traits={"joined": joined}), now=NOON).flips_at == NOON + timedelta(
        days=1
    )
    assert choose(placement, a_profile(), now=NOON).flips_at is None


GRIEF = {"id": "grief", "name": {"en": "Somebody died", "ja": "ご不幸"}, "when": PRO}


@pytest.mark.parametrize("by", ["policy", "staff"])
def test_what_promotes_is_not_shown_while_a_hold_is_about_everything(by: str) -> None:
    pro = {"traits": {"plan": Trait("pro", NOON, SERVER.id)}}
    until = NOON + timedelta(days=3)
    held = {"lists": {HOLD: Listing(inside=True, at=NOON, until=until)}} if by == "staff" else pro
    holds = [ToneHold.model_validate(GRIEF)] if by == "policy" else []
    placement = a_placement(("offer", EVERYONE, 9), ("help", EVERYONE, 1))
    silent = choose(placement, a_profile(**held), now=NOON, holds=holds)
    assert (silent.action, silent.content, silent.reason) == (None, {}, "held_back")
    assert [each.eligible for each in silent.considered] == [False, False]
    assert silent.flips_at == (until if by == "staff" else None)
    offer, help_ = placement.actions
    serves = placement.model_copy(update={"actions": (offer, help_.model_copy(update={"promotes": False}))})
    assert choose(serves, a_profile(**held), now=NOON, holds=holds).action == "help"
    assert choose(serves, a_profile(traits={}), now=NOON, holds=holds).action == "offer"


@pytest.mark.parametrize("scope", [{"channels": ["email"]}, {"topics": ["news"]}])
def test_a_hold_on_something_else_leaves_a_page_alone(scope: dict[str, Any]) -> None:
    holds = [ToneHold.model_validate(GRIEF | scope)]
    profile = a_profile(traits={"plan": Trait("pro", NOON, SERVER.id)})
    assert choose(a_placement(("offer", EVERYONE, 0)), profile, now=NOON, holds=holds).action == "offer"


def test_a_placement_needs_an_action_and_knows_its_keys() -> None:
    with pytest.raises(ValidationError):
        a_placement()
    with pytest.raises(ValidationError):
        Placement.model_validate(
            {"id": "home", "name": "Home", "actions": [{"id": "a", "when": {"trait": "x"}}]}
        )
