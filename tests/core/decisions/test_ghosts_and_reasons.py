"""Who is held out is decided about like anybody else; how much a message is about somebody follows from its cause."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kizuna.core.campaigns import OnApi, OnAsked, OnDigest, OnJourney, OnSegment
from kizuna.core.catalog import build
from kizuna.core.decide import Decided, Occasion
from kizuna.core.decisions.ghosts import as_assigned
from kizuna.core.decisions.record import of_choice, of_judgement, of_judgement_again
from kizuna.core.decisions.six_keys import Key, Seen, SixKeys, Why, six_keys
from kizuna.core.experiments.holdout import HeldOut
from kizuna.core.gate import judge
from kizuna.core.messages import State
from kizuna.core.policy import ConsentPolicy
from kizuna.core.restraint.caps import Heard
from kizuna.core.restraint.pressure import Pressure
from tests.support.builders import (
    CAMPAIGN,
    INTENT,
    NOON,
    a_campaign,
    a_catalog,
    a_message,
    a_profile,
    some_documents,
)
from tests.support.consents import NOW, a_request, grant

SPRING = a_campaign()
HEARD = Heard(Pressure())
HELD = HeldOut("campaign", "spring")


def assigned(state: State, **occasion: Any) -> Decided:
    message = a_message(state=state, reason="consent", not_before=NOON, decision={"answer": "allow"})
    return as_assigned(Decided(message, HEARD), Occasion(SPRING, 3, "run", **occasion))


@pytest.mark.parametrize("state", [State.PENDING, State.DEFERRED])
def test_who_is_held_out_is_sent_nothing_and_counts_for_nothing(state: State) -> None:
    ghost = assigned(state, held_out=HELD)
    assert ghost.heard is None
    assert (ghost.message.state, ghost.message.reason, ghost.message.not_before) == (
        State.DENIED,
        "held_out",
        None,
    )
    assert ghost.message.decision == {"answer": "allow", "held_out": True, "holdout": ["campaign", "spring"]}


def test_who_would_have_been_refused_anyway_keeps_the_true_reason() -> None:
    """Were they told apart on one side only, a campaign would seem to move people whom it never reached."""
    refused = assigned(State.DENIED, held_out=HELD)
    assert (refused.message.reason, refused.heard) == ("consent", HEARD)
    assert refused.message.decision == {
        "answer": "allow",
        "held_out": False,
        "holdout": ["campaign", "spring"],
    }


@pytest.mark.parametrize(
    ("state", "variant", "exposed"),
    [
        (State.PENDING, "blue~f1", True),
        (State.DEFERRED, "blue~f1", True),
        (State.DENIED, "blue~f1", False),  # nobody saw it
        (State.PENDING, "blue~f1+", False),  # the draw did not choose it
    ],
)
def test_an_arm_counts_only_where_it_was_drawn_and_goes_out(
    state: State, variant: str, exposed: bool
) -> None:
    found = assigned(state, variant=variant)
    assert found.message.variant == variant
    assert found.message.decision["experiment"] == {"id": "spring~f1", "arm": "blue", "exposed": exposed}
    assert "held_out" not in found.message.decision
    assert (found.message.state, found.heard) == (state, HEARD)


def test_where_there_is_neither_nothing_changes() -> None:
    found = assigned(State.PENDING)
    assert found.message.decision == {"answer": "allow"}
    assert (found.message.state, found.message.not_before, found.message.variant) == (State.PENDING, NOON, "")


# ── relevance ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"trigger": OnAsked.model_validate({"for": "preferences"})}, Key(5, Why.ASKED_FOR)),
        ({"trigger": OnApi()}, Key(5, Why.ASKED_FOR)),
        ({"trigger": OnSegment(segment="buyers")}, Key(4, Why.CAME_TO_FIT)),
        ({"trigger": OnSegment(segment="buyers", at="exit")}, Key(4, Why.IS_OVER)),
        ({"trigger": OnJourney(journey="welcome", step="hello")}, Key(4, Why.ON_THE_WAY)),
        ({"trigger": OnDigest()}, Key(3, Why.GATHERED)),
        ({"audience": None}, Key(1, Why.EVERYBODY)),
        ({"audience": a_campaign(audience={"in": ["buyers"]}).audience}, Key(3, Why.FITS)),
    ],
)
def test_the_less_a_person_has_to_do_with_it_the_lower_its_relevance(
    change: dict[str, Any], expected: Key
) -> None:
    campaign = SPRING.model_copy(update=change)
    seen = Seen(campaign, a_message(), None, False, "", "en", (), False, NOON, None, NOON)
    assert six_keys(seen).relevance == expected


# ── what is pinned ──────────────────────────────────────────────────────────────────────────────

KEYS = SixKeys(*(Key(3, Why.UNKNOWN) for _ in SixKeys._fields))
BUYERS = {"id": "buyers", "name": "Buyers", "when": {"trait": "plan", "op": "exists"}}
CARD = {**INTENT, "best_channel_because": "they read mail", "best_time_because": "it is spring"}


def test_the_segments_and_the_plan_are_kept_as_they_were_then() -> None:
    """Definitions change: why somebody was in an audience is told by the version of that day."""
    audience = {"in": ["readers", "buyers"]}
    told = CAMPAIGN | {"audience": audience, "intent_card": CARD}
    documents = {("segment", "buyers"): BUYERS, ("segment", "readers"): {**BUYERS, "id": "readers"}}
    catalog = build(
        {**some_documents(told), **documents}, version=1, versions={"segment/buyers": 7, "segment/readers": 4}
    )
    campaign = catalog.campaigns["spring"]
    reader = a_profile(segments=frozenset({"everyone", "readers"}))
    record = of_choice("no_address", profile=reader, campaign=campaign, catalog=catalog, now=NOW, keys=KEYS)
    assert record["inside"] == {"readers": 4}
    assert record["outside"] == {"buyers": 7}
    assert (record["why_channel"], record["why_time"]) == ("they read mail", "it is spring")


def test_the_wording_is_kept_by_its_version_also_when_it_is_asked_again() -> None:
    catalog = a_catalog(some_documents(CAMPAIGN))
    judgement = judge(a_request(grant()), ConsentPolicy())
    given: dict[str, Any] = {"profile": a_profile(), "catalog": catalog}
    record = of_judgement(
        judgement, campaign=catalog.campaigns["spring"], template="spring-email", keys=KEYS, **given
    )
    version = catalog.version_of("template", "spring-email")
    assert version
    assert record["template"] == version
    stale = a_message(
        decision=record | {"template": 0, "catalog": "old", "keys": [[5, "fits"], *record["keys"][1:]]}
    )
    again = of_judgement_again(replace(stale, created_at=NOW), judgement, **given)
    assert (again["template"], again["catalog"]) == (version, catalog.version)
    assert again["keys"][1] == [5, "said_yes"]
    assert again["keys"][0] == [5, "fits"]
