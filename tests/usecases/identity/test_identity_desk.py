"""Pairs that may be one person wait to be looked at, and a verdict settles them."""

from __future__ import annotations

from typing import Literal

import pytest

from kizuna.core.errors import NotFound
from kizuna.core.identity.reviews import Review
from kizuna.usecases.identity.desk import AlreadySettled, settle
from kizuna.usecases.identity.reviewing import open_reviews
from kizuna.usecases.identity.unmerge import CannotMerge
from tests.support.builders import NOON, a_catalog, an_event, some_documents
from tests.support.house import House
from tests.support.unmerging import registry

ALIKE = {"id": "alike", "all_of": [{"trait": "last_name"}, {"trait": "birthday"}]}
RULES = {("identity", "identity"): {"id": "identity", "match_rules": [ALIKE]}}
NAME = {"last_name": "Tanaka", "birthday": "1990-01-02"}


def a_pair(one: dict[str, str], other: dict[str, str]) -> tuple[House, Review]:
    house = House(a_catalog({**some_documents(), **RULES}))
    for number, who in enumerate((one, other)):
        told = {"user_id": None, **who}
        house.ingest(an_event("", type="identify", number=number, traits=NAME, **told))
    (review,) = open_reviews(house.people)
    return house, review


def verdict(house: House, review: Review, said: Literal["same", "different"]) -> Review:
    return settle(
        review.id, said, registry(house), house.catalog, reason="they called", actor="operator", now=NOON
    )


def test_the_same_person_becomes_one_and_the_verdict_says_by_whom() -> None:
    house, review = a_pair({"user_id": "u1"}, {"anonymous_id": "a1"})
    settled = verdict(house, review, "same")
    (person,) = house.living()
    assert {("user_id", "u1"), ("anonymous_id", "a1")} <= set(person.identities)
    assert (settled.verdict, settled.settled_by, settled.settled_at) == ("same", "operator", NOON)
    assert open_reviews(house.people) == ()


def test_two_people_stay_two_and_are_not_asked_about_again() -> None:
    house, review = a_pair({"user_id": "u1"}, {"anonymous_id": "a1"})
    verdict(house, review, "different")
    house.ingest(an_event("", type="identify", number=9, traits=NAME, user_id=None, anonymous_id="a1"))
    assert len(house.living()) == 2
    assert open_reviews(house.people) == ()


def test_a_merge_that_a_limit_forbids_leaves_the_review_open() -> None:
    house, review = a_pair({"user_id": "u1"}, {"user_id": "u2"})
    with pytest.raises(CannotMerge):
        verdict(house, review, "same")
    assert open_reviews(house.people) == (review,)


def test_a_verdict_is_given_once_and_on_what_there_is() -> None:
    house, review = a_pair({"user_id": "u1"}, {"anonymous_id": "a1"})
    verdict(house, review, "different")
    with pytest.raises(AlreadySettled):
        verdict(house, review, "same")
    house.people.opened.clear()
    with pytest.raises(NotFound):
        verdict(house, review, "same")


def test_a_pair_that_became_one_otherwise_is_not_listed_and_one_side_may_live_on_elsewhere() -> None:
    house, review = a_pair({"user_id": "u1"}, {"anonymous_id": "a1"})
    house.ingest(an_event(number=5, user_id=None, anonymous_id="a2"))
    elsewhere = an_event(number=6, type="alias", user_id=None, anonymous_id="a2", previous_id="a1")
    house.ingest(elsewhere)
    (still,) = open_reviews(house.people)
    assert {still.one, still.other} == {
        house.person(*key).id for key in (("user_id", "u1"), ("anonymous_id", "a1"))
    }
    house.ingest(an_event(number=7, user_id="u1", anonymous_id="a1"))
    assert open_reviews(house.people) == ()
    assert still.id == review.id
    assert verdict(house, review, "same").verdict == "same"  # they are one already
