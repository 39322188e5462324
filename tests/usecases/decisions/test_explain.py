"""Finding a person by whatever is known of them, and telling what was intended for them and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from kizuna.core.people import PersonStatus
from kizuna.usecases.decisions.explain import explain_person
from kizuna.usecases.people.finding import find_person
from tests.support.builders import MAILBOX, NOON
from tests.support.customers import decided, identify, order, subscribe
from tests.support.house import House
from tests.support.unmerging import unite


def a_known_person() -> House:
    house = decided()
    house.ingest(identify(1, user="u1", anonymous="a1", email=MAILBOX, phone="+81 90 1234 5678"))
    return house


@pytest.mark.parametrize(
    "reference",
    ["u1", "user_id:u1", MAILBOX, "Ann@Example.com", "email:ANN@example.com", "+81-90-1234-5678",
     "phone:+819012345678", "a1", "anonymous_id:a1"],
)  # fmt: skip
def test_a_person_is_found_by_any_identifier_however_it_is_written(reference: str) -> None:
    house = a_known_person()
    assert find_person(reference, house.people) == house.person("user_id", "u1")


@pytest.mark.parametrize("reference", ["", "nobody", "email:", "user_id:nobody", "null", "a:b:c", "phone:u1"])
def test_whoever_is_not_known_is_not_found(reference: str) -> None:
    assert find_person(reference, a_known_person().people) is None


def test_a_profile_id_finds_the_person_it_lives_on_in() -> None:
    house = House(decided().catalog)
    house.ingest(order(1, user=None, anonymous="a1"))
    visitor = house.person("anonymous_id", "a1").id
    house.ingest(order(2))
    house.ingest(identify(3, anonymous="a1"))
    assert find_person(visitor, house.people) == house.person("user_id", "u1")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_everything_intended_is_told_oldest_first_in_words_without_an_address(
    language: Literal["en", "ja"],
) -> None:
    house = decided()
    house.send()
    house.ingest(subscribe("u1", number=2, status="UNSUBSCRIBED", at=NOON))
    house.start("spring", NOON.replace(day=24))
    house.walk(now=NOON.replace(day=24))
    person = house.person("user_id", "u1")
    told = explain_person(person, messages=house.messages, catalog=house.catalog, language=language)
    assert [one.message.reason for one in told] == ["consent", "channel_opt_out"]
    assert all("u1" in one.sentence and "Spring" in one.sentence and "@" not in one.sentence for one in told)
    assert (
        explain_person(person, messages=house.messages, catalog=house.catalog, language="en", campaign="x")
        == ()
    )


def test_of_two_who_turned_out_to_be_one_what_was_meant_for_either_is_told() -> None:
    house = House(decided().catalog)
    visitor = replace(subscribe("a1", "visitor@example.com"), user_id=None, anonymous_id="a1")
    house.ingest(subscribe("u1"), visitor)
    house.settle()
    house.start("spring", NOON)
    house.walk()
    house.settle()
    absorbed = house.person("anonymous_id", "a1").id
    unite(house)
    person = find_person(absorbed, house.people)
    assert person == house.person("user_id", "u1")
    assert person is not None
    told = explain_person(person, messages=house.messages, catalog=house.catalog, language="en")
    assert len(told) == 2
    assert absorbed in {each.message.person for each in told}
    assert all("u1" in each.sentence for each in told)


@pytest.mark.parametrize("status", ["erasing", "erased"])
def test_whoever_was_erased_is_nobody_by_whatever_they_were_known(status: PersonStatus) -> None:
    house = a_known_person()
    person = house.person("user_id", "u1").id
    house.change_person(person, status=status)
    assert [find_person(name, house.people) for name in (person, "u1", MAILBOX)] == [None, None, None]
