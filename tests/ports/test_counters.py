"""The contract of `Counters`: every message is counted in exactly one state, whatever comes how often."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.core.messages import Message, State, move
from kizuna.core.ports import Counters, Messages
from tests.support.builders import NOON, a_message, new
from tests.support.stores import Stores

RUN = ("spring", "20261123T1200Z")
_numbers = count(1)


def history(person: str = "p1") -> list[Message]:
    """The states one message went through: pending, throttled once, sent."""
    first = a_message(person, address=f"{person}@example.com")
    taken = move(first, State.SENDING, now=NOON, reason="consent")
    again = move(taken, State.PENDING, now=NOON, reason="ThrottlingException")
    retaken = move(again, State.SENDING, now=NOON, reason="consent")
    return [first, taken, again, retaken, move(retaken, State.SENT, now=NOON, reason="consent")]


def test_a_message_moves_from_count_to_count(messages: Messages, counters: Counters) -> None:
    states = history()
    messages.create(new(states[0]))
    seen = []
    for state in states:
        assert counters.count(state)
        seen.append(dict(counters.read(*RUN)))
    assert seen == [
        {("email", "PENDING", "consent"): 1},
        {("email", "SENDING", "consent"): 1},
        {("email", "PENDING", "ThrottlingException"): 1},
        {("email", "SENDING", "consent"): 1},
        {("email", "SENT", "consent"): 1},
    ]


def test_a_repeat_and_an_older_state_that_comes_late_change_nothing(
    messages: Messages, counters: Counters
) -> None:
    states = history()
    messages.create(new(states[0]))
    assert counters.count(states[-1])
    for state in states:
        assert not counters.count(state)
    assert counters.read(*RUN) == {("email", "SENT", "consent"): 1}


def test_a_version_that_counts_the_same_is_noted(messages: Messages, counters: Counters) -> None:
    first = a_message()
    second = move(first, State.PENDING, now=NOON, reason=first.reason)
    messages.create(new(first))
    assert counters.count(first)
    assert counters.count(second)
    assert not counters.count(first)
    assert counters.read(*RUN) == {("email", "PENDING", "consent"): 1}


def test_counting_leaves_the_message_alone(messages: Messages, counters: Counters) -> None:
    first, taken, *_ = history()
    messages.create(new(first))
    counters.count(first)
    assert messages.get(first.id) == first
    assert messages.save(taken, expected=0)
    counters.count(taken)
    assert messages.get(first.id) == taken


def test_a_message_that_is_not_stored_is_not_counted(messages: Messages, counters: Counters) -> None:
    assert not counters.count(a_message())
    assert counters.read(*RUN) == {}
    assert messages.get(a_message().id) is None


def test_campaigns_runs_channels_and_reasons_are_counted_apart(
    messages: Messages, counters: Counters
) -> None:
    denied = {"state": State.DENIED, "address": ""}
    made = [
        *(a_message(f"p{number}", address=f"{number}@example.com") for number in range(12)),
        *(a_message(f"d{number}", reason="no_consent", **denied) for number in range(5)),
        a_message("x1", reason="odd # reason/100 %", **denied),
        a_message("x2", reason="", **denied),
        a_message("x3", channel="sms", address="+819012345678"),
        a_message("x4", run="another", **denied),
        a_message("x5", campaign="spring#1", **denied),
    ]
    for message in made:
        messages.create(new(message))
        counters.count(message)
    assert counters.read(*RUN) == {
        ("email", "PENDING", "consent"): 12,
        ("email", "DENIED", "no_consent"): 5,
        ("email", "DENIED", "odd # reason/100 %"): 1,
        ("email", "DENIED", ""): 1,
        ("sms", "PENDING", "consent"): 1,
    }
    assert sum(counters.read("spring", "another").values()) == 1
    assert sum(counters.read("spring#1", RUN[1]).values()) == 1


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(deliveries=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 4)), max_size=8))
def test_the_sum_is_right_for_any_deliveries_in_any_order(
    stores: Stores, deliveries: list[tuple[str, int]]
) -> None:
    run = f"run-{next(_numbers)}"
    told = {name: [replace(m, id=f"{run}-{name}", run=run) for m in history(name)] for name in "ab"}
    for states in told.values():
        stores.messages.create(new(states[0]))
    for name, index in deliveries:
        stores.counters.count(told[name][index])
    newest = {name: max(index for known, index in deliveries if known == name) for name, _ in deliveries}
    expected = Counter(
        ("email", str(told[name][index].state), told[name][index].reason) for name, index in newest.items()
    )
    assert stores.counters.read("spring", run) == expected
