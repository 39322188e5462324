"""Goals of a campaign, and the question whether somebody reached one."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from kizuna.core.campaigns import Goal
from kizuna.core.errors import InvalidDefinition
from tests.support.builders import CAMPAIGN, a_campaign, a_catalog, some_documents

BOUGHT: dict[str, Any] = {"event": "Order Completed"}


def test_a_goal_that_says_nothing_more_is_as_it_always_was() -> None:
    goal = Goal.model_validate(BOUGHT)
    assert (goal.name, str(goal.within), goal.count, goal.needs) == ("goal", "3d", "once", "nothing")


@pytest.mark.parametrize(
    ("goal", "told"),
    [
        ({"within": "31d"}, "at most 30d"),
        ({"within": "0s"}, "longer than nothing"),
        ({"count": "twice"}, "'once' or 'each'"),
        ({"needs": "luck"}, "'nothing' or 'click'"),
        ({"event": ""}, "at least 1 character"),
        ({"name": "My Goal"}, "should match pattern"),
        ({"where": [{"property": "a", "op": "sounds_like", "value": 1}]}, "where"),
    ],
)
def test_a_goal_that_cannot_be_is_refused(goal: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Goal.model_validate(BOUGHT | goal)


def test_four_goals_with_names_of_their_own() -> None:
    further = [{"event": "Tour Booked", "name": f"g{number}"} for number in range(3)]
    assert [goal.name for goal in a_campaign(further_goals=further).goals] == ["goal", "g0", "g1", "g2"]
    with pytest.raises(ValidationError, match="at most 3"):
        a_campaign(further_goals=[*further, {"event": "X", "name": "g3"}])
    with pytest.raises(ValidationError, match="two goals are called 'goal'"):
        a_campaign(further_goals=[BOUGHT])


def test_goals_are_awaited_also_of_a_campaign_that_is_switched_off() -> None:
    off = {
        **CAMPAIGN,
        "enabled": False,
        "goal": BOUGHT,
        "further_goals": [{"event": "Tour Booked", "name": "tour"}],
    }
    catalog = a_catalog(some_documents(off))
    assert catalog.awaited_events == catalog.goal_events == {"Order Completed", "Tour Booked"}


def a_question(**asked: Any) -> dict[str, Any]:
    return {"converted": "Order Completed", "campaign": "spring", "within": "3d", **asked}


GOAL = {**BOUGHT, "where": [{"property": "total", "op": "gte", "value": 50}]}


@pytest.mark.parametrize(
    ("question", "fits"),
    [
        (a_question(where=GOAL["where"]), True),
        (a_question(converted="Tour Booked", within="7d"), True),
        (a_question(), False),
        (a_question(within="2d", where=GOAL["where"]), False),
        (a_question(converted="Else"), False),
    ],
)
def test_a_question_about_a_campaigns_goal_says_what_the_campaign_says(
    question: dict[str, Any], fits: bool
) -> None:
    tour = {"event": "Tour Booked", "name": "tour", "within": "7d"}
    campaign = {**CAMPAIGN, "goal": GOAL, "further_goals": [tour]}
    documents = {
        **some_documents(campaign),
        ("segment", "done"): {"id": "done", "name": "Done", "when": question},
    }
    if fits:
        a_catalog(documents)
        return
    with pytest.raises(InvalidDefinition, match="goal"):
        a_catalog(documents)
