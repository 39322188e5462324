"""Whose doing a reaction was does not hang on the order in which it is told, however often a mail is told to have
arrived: in every order the same facts hold, and the same reactions are told of as a human's, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core import feedback
from kizuna.core.errors import Unavailable
from kizuna.core.ids import digest
from kizuna.core.messages import Accepted, claimed
from kizuna.core.provider_reports import MessageReport
from kizuna.core.settlement import settled
from tests.support.builders import NOON
from tests.support.customers import decided
from tests.support.house import House

SECOND = timedelta(seconds=1)
EVENTS = {
    "sent": "",
    "delivered": feedback.EMAIL_DELIVERED,
    "opened": feedback.EMAIL_OPENED,
    "clicked": feedback.EMAIL_CLICKED,
    "complained": feedback.EMAIL_COMPLAINED,
}
Told = tuple[str, int, str]  # a fact, how many seconds after noon, and the link that was followed


def report(message: str, told: Told) -> MessageReport:
    fact, seconds, link = told
    made = digest("report", message, fact, str(seconds), link)
    at = NOON + seconds * SECOND
    return MessageReport(made, message, at, "accepted", fact, EVENTS[fact], link=link)


def a_sent_house() -> House:
    house = decided()
    mine = claimed(house.only_message(), owner="w1", now=NOON)
    house.messages.stored[mine.id] = settled(mine, Accepted("provider-1"), now=NOON)
    return house


def outcome(order: Sequence[Told]) -> tuple[object, ...]:
    """What stands when all was told in that order, by a queue that brings again what cannot be judged yet."""
    house = a_sent_house()
    message = house.only_message().id
    left = [report(message, told) for told in order]
    for minutes in (2, 4, 30):
        again = []
        for one in left:
            try:
                house.hear(one, now=NOON + timedelta(minutes=minutes))
            except Unavailable:
                again.append(one)
        left = again
    assert left == []
    person = house.person("user_id", "u1")
    told = (entry.event for entry in house.people.timeline(person.parts))
    human = sorted(
        (event.name, event.at, str(event.properties.get("link", "")))
        for event in told
        if event.properties.get("message_id") == message and not event.properties.get(feedback.MACHINE)
    )
    facts = house.only_message().facts
    return tuple(sorted(facts.items())), tuple(human), tuple(person.addresses.values())


TWICE: Sequence[Told] = (("delivered", 1, ""), ("delivered", 8, ""))
CASES: dict[str, tuple[Sequence[Told], bool]] = {
    "after both windows": ((*TWICE, ("clicked", 19, "https://a.example")), True),
    "after the window of the earlier alone": ((*TWICE, ("clicked", 12, "https://a.example")), True),
    "before both are over": ((*TWICE, ("clicked", 10, "https://a.example")), False),
    "at the very end of the window": ((*TWICE, ("clicked", 11, "https://a.example")), True),
}


@pytest.mark.parametrize(("facts", "is_human"), CASES.values(), ids=CASES)
def test_a_click_is_judged_by_the_earliest_delivery_in_every_order(
    facts: Sequence[Told], is_human: bool
) -> None:
    told = (*facts, ("sent", 0, ""))
    outcomes = {outcome(order) for order in permutations(told)}
    ((facts_known, human, _),) = outcomes
    assert isinstance(facts_known, tuple)
    assert ("clicked" in dict(facts_known)) is is_human
    assert isinstance(human, tuple)
    assert sum(name == feedback.EMAIL_CLICKED for name, _, _ in human) == is_human


def test_the_same_reports_twice_tell_of_no_second_click() -> None:
    told: Sequence[Told] = (("delivered", 8, ""), ("clicked", 12, "https://a.example"), ("delivered", 1, ""))
    assert outcome((*told, *told)) == outcome(told) == outcome((*told, *reversed(told)))


# Two links make no burst; those have their own wait (`feedback.note_ahead`).
FACTS = st.lists(
    st.tuples(st.just("delivered"), st.integers(0, 12), st.just(""))
    | st.tuples(st.just("opened"), st.integers(0, 25), st.just(""))
    | st.tuples(
        st.just("clicked"), st.integers(0, 25), st.sampled_from(["https://a.example", "https://b.example"])
    )
    | st.tuples(st.sampled_from(["sent", "complained"]), st.integers(0, 25), st.just("")),
    min_size=2,
    max_size=6,
    unique=True,
)


@settings(max_examples=80)
@given(FACTS.flatmap(lambda facts: st.tuples(st.just(facts), st.permutations(facts * 2))))
def test_whatever_is_told_in_whatever_order_and_however_often_the_same_stands(
    orders: tuple[list[Told], list[Told]],
) -> None:
    first, second = orders
    if not any(fact == "delivered" for fact, _, _ in first):
        first, second = [*first, ("delivered", 0, "")], [*second, ("delivered", 0, "")]
    assert outcome(first) == outcome(second)
