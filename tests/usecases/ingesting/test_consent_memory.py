"""The summary of a ledger on the record: kept up by every write, a merge and its undoing included."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.consent.summary import summary_of
from kizuna.core.events import Event
from tests.support.builders import (
    MAILBOX,
    NOON,
)
from tests.support.customers import identify, order, subscribe
from tests.support.folds import HOUR
from tests.support.house import House
from tests.support.standing import DAY, a_shop
from tests.support.unmerging import part, two_people, unite

SUBSCRIBED = {"subscription": "news"}


def as_the_chain_says(house: House) -> None:
    """Every living record holds just what a reading of its whole ledger would give."""
    for profile in house.living():
        told = house.ledger.events(profile.parts)
        assert profile.consents is not None
        assert (
            profile.consents.mark
            == summary_of((), parts=profile.parts, length=profile.ledger_length, now=NOON).mark
        )
        assert (
            profile.consents.rows
            == summary_of(told, parts=profile.parts, length=profile.ledger_length, now=NOON).rows
        )


def test_a_grant_and_its_withdrawal_move_somebody_at_once() -> None:
    house = House(a_shop(SUBSCRIBED))
    house.ingest(subscribe("u1"))
    assert "s0" in house.person("user_id", "u1").segments
    house.ingest(subscribe("u1", number=2, status="UNSUBSCRIBED", at=NOON - HOUR))
    assert "s0" not in house.person("user_id", "u1").segments
    as_the_chain_says(house)


def test_the_record_keeps_nothing_of_consents_where_nobody_asks() -> None:
    house = House(a_shop({"reachable": "email"}))
    house.ingest(subscribe("u1"))
    assert house.person("user_id", "u1").consents is None


def test_a_condition_that_comes_later_finds_what_was_said_before() -> None:
    house = House(a_shop())
    house.ingest(subscribe("u1"), subscribe("u2", status="UNSUBSCRIBED"), identify(9, user="u3"))
    house.settle()
    house.put_in_force(replace(a_shop(SUBSCRIBED), version=2))
    house.fill()
    as_the_chain_says(house)
    assert [("s0" in house.person("user_id", user).segments) for user in ("u1", "u2", "u3")] == [
        True,
        False,
        False,
    ]
    house.put_in_force(replace(a_shop(), version=3))
    house.fill()
    assert all(profile.consents is None for profile in house.living())


def test_the_ledger_is_read_only_where_something_is_added_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(a_shop(SUBSCRIBED))
    reads: list[Any] = []
    read = house.people.recorded_consents

    def noted(parts: Any) -> Any:
        reads.append(parts)
        return read(parts)

    monkeypatch.setattr(house.people, "recorded_consents", noted)
    house.ingest(subscribe("u1"))
    house.ingest(order(1), order(2))
    assert reads == []  # of somebody new the chain is known to be empty
    house.ingest(subscribe("u1", number=2, status="UNSUBSCRIBED", at=NOON - HOUR))
    assert len(reads) == 1


def test_a_grant_that_expires_ends_at_that_moment() -> None:
    german = {"country": "FR"}
    house = House(a_shop(SUBSCRIBED))
    said = subscribe("u1")
    house.ingest(replace(said, traits={**said.traits, **german}))
    person = house.person("user_id", "u1")
    assert person.due_at is not None
    assert person.due_at == said.at.replace(year=said.at.year + 2)
    house.ring(now=person.due_at - timedelta(minutes=1))
    assert "s0" in house.person("user_id", "u1").segments
    house.ring(now=person.due_at)
    assert "s0" not in house.person("user_id", "u1").segments


def test_another_policy_is_asked_anew() -> None:
    house = House(a_shop(SUBSCRIBED))
    house.ingest(subscribe("u1"))
    house.settle()
    strict = a_shop(SUBSCRIBED, policy__policy={"consent": {"invalid_wording_versions": ["v2"]}})
    house.put_in_force(replace(strict, version=2))
    house.fill()
    assert "s0" not in house.person("user_id", "u1").segments


def test_a_merge_takes_the_stricter_word_and_an_unmerge_gives_each_its_own() -> None:
    house = House(a_shop(SUBSCRIBED))
    two_people(house)
    house.ingest(subscribe("u1"))
    visitor = subscribe("x", MAILBOX, number=5, status="UNSUBSCRIBED")
    house.ingest(replace(visitor, user_id=None, anonymous_id="a1", traits={}))
    assert "s0" in house.person("user_id", "u1").segments
    unite(house)
    assert "s0" not in house.person("user_id", "u1").segments
    as_the_chain_says(house)
    part(house)
    assert "s0" in house.person("user_id", "u1").segments
    as_the_chain_says(house)


def says(number: int, who: str, status: str, days: int) -> Event:
    said = subscribe(f"m{number % 2}", MAILBOX, number=number, status=status, at=NOON - days * DAY)
    return replace(said, user_id=who if who != "a1" else None, anonymous_id="a1" if who == "a1" else None)


SAYINGS = st.lists(
    st.one_of(
        st.builds(
            says,
            st.integers(0, 999),
            st.sampled_from(["u1", "u2", "a1"]),
            st.sampled_from(["SUBSCRIBED", "UNSUBSCRIBED"]),
            st.integers(1, 900),
        ),
        st.builds(lambda n: identify(2_000 + n, user="u1", anonymous="a1"), st.integers(0, 9)),
        st.builds(lambda n: order(n, user="u2"), st.integers(1, 9)),
    ),
    max_size=8,
)


@settings(max_examples=80)
@given(SAYINGS, st.randoms(use_true_random=False))
def test_whatever_comes_the_summary_is_that_of_the_chain(events: list[Event], chance: random.Random) -> None:
    house = House(a_shop(SUBSCRIBED))
    while events:
        portion = chance.randint(1, len(events))
        house.ingest(*events[:portion])
        events = events[portion:]
        as_the_chain_says(house)
