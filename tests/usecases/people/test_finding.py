"""Nobody is guessed: one person, nobody, or a list of those it may be."""

from __future__ import annotations

import pytest

from kizuna.core.people import Identity, Profile
from kizuna.usecases.people.finding import Ambiguous, Candidate, find_person
from tests.support.builders import NOON, a_profile
from tests.support.fakes import InMemoryPeople


def known(person: str, *identities: tuple[str, str], **changes: object) -> Profile:
    held = {key: Identity(*key, key[1], NOON, "shop") for key in identities}
    return a_profile(person, identities=held, **changes)


def test_an_identifier_that_fits_two_people_names_both() -> None:
    people = InMemoryPeople(known("p1", ("user_id", "42")), known("p2", ("anonymous_id", "42")))
    with pytest.raises(Ambiguous) as caught:
        find_person("42", people)
    assert caught.value.candidates == (Candidate("user_id", "p1"), Candidate("anonymous_id", "p2"))
    assert "42" not in str(caught.value)
    found = find_person("anonymous_id:42", people)
    assert found is not None
    assert found.id == "p2"


def test_two_readings_of_one_person_are_no_doubt() -> None:
    people = InMemoryPeople(known("p1", ("user_id", "42"), ("anonymous_id", "42")))
    found = find_person("42", people)
    assert found is not None
    assert found.id == "p1"


def test_readings_that_lead_to_merged_profiles_lead_to_the_one_person_they_live_on_in() -> None:
    people = InMemoryPeople(
        known("p1", ("user_id", "42"), parts=("p1", "p2")),
        known("p2", ("anonymous_id", "42"), merged_into="p1"),
    )
    for reference in ("42", "p1", "p2", "anonymous_id:42"):
        found = find_person(reference, people)
        assert found is not None
        assert found.id == "p1"


def test_a_profile_id_that_is_somebody_elses_user_id_is_told_apart() -> None:
    people = InMemoryPeople(known("p1"), known("p2", ("user_id", "p1")))
    with pytest.raises(Ambiguous) as caught:
        find_person("p1", people)
    assert [each.kind for each in caught.value.candidates] == ["profile", "user_id"]


def test_nobody_makes_a_name_ambiguous_by_posing_as_its_kind() -> None:
    people = InMemoryPeople(known("p1", ("user_id", "ada")), known("p2", ("anonymous_id", "user_id:ada")))
    found = find_person("user_id:ada", people)
    assert found is not None
    assert found.id == "p1"


@pytest.mark.parametrize("reference", ["", " ", "x" * 3000, "p1\x00", "日" * 700, "../p1"])
def test_what_is_no_reference_finds_nobody(reference: str) -> None:
    assert find_person(reference, InMemoryPeople(known("p1"))) is None
