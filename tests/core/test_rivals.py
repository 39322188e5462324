"""Two messages of a run for one person: exactly one goes, whoever looks when and at what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.messages import IN_DOUBT_SINCE, Message, State
from kizuna.core.rivals import Goes, standing_of
from tests.support.builders import NOON, a_message

HOUR = timedelta(hours=1)
OUT = (State.SENDING, State.SENT, State.UNKNOWN)
OVER = (State.DENIED, State.EXPIRED, State.FAILED)
WAITING = (State.PENDING, State.DEFERRED)


def messages(count: int, *states: State) -> list[Message]:
    """The messages of one run for `count` people who are one, the first decided first."""
    made = [a_message(f"p{number}", created_at=NOON + number * HOUR) for number in range(count)]
    return [replace(message, state=state) for message, state in zip(made, states, strict=True)]


@pytest.mark.parametrize("state", State)
def test_a_message_goes_by_the_state_of_the_other(state: State) -> None:
    older, newer = messages(2, State.PENDING, State.PENDING)
    second = standing_of(newer, [replace(older, state=state)], now=NOON).goes
    first = standing_of(older, [replace(newer, state=state)], now=NOON).goes
    if state in OUT:
        assert (first, second) == (Goes.NEVER, Goes.NEVER)
    elif state in OVER:
        assert (first, second) == (Goes.FIRST, Goes.FIRST)
    else:
        assert (first, second) == (Goes.FIRST, Goes.LATER)


@given(
    st.lists(st.sampled_from([*WAITING, *OVER]), min_size=1, max_size=5), st.randoms(use_true_random=False)
)
def test_of_all_that_wait_exactly_one_goes_first(states: list[State], chance: object) -> None:
    crowd = messages(len(states), *states)
    found = {
        message.id: standing_of(message, [each for each in crowd if each is not message], now=NOON).goes
        for message in crowd
        if message.state in WAITING
    }
    assert list(found.values()).count(Goes.FIRST) == (1 if found else 0)
    assert Goes.NEVER not in found.values()


def test_the_order_in_which_others_are_seen_does_not_matter() -> None:
    crowd = messages(4, State.PENDING, State.DEFERRED, State.DENIED, State.PENDING)
    for message in crowd:
        others = [each for each in crowd if each is not message]
        assert len({standing_of(message, order, now=NOON) for order in permutations(others)}) == 1


def test_two_of_one_instant_are_told_apart_by_their_ids() -> None:
    one, two = (a_message(person) for person in ("p1", "p2"))
    found = {standing_of(one, [two], now=NOON).goes, standing_of(two, [one], now=NOON).goes}
    assert found == {Goes.FIRST, Goes.LATER}


def test_who_goes_later_looks_again_after_the_other_should_be_done() -> None:
    older, newer = messages(2, State.DEFERRED, State.PENDING)
    waits = replace(older, not_before=NOON + 3 * HOUR)
    assert standing_of(newer, [waits], now=NOON).look_again > NOON + 3 * HOUR
    assert standing_of(newer, [older], now=NOON).look_again > NOON


def test_one_that_waits_to_be_called_again_under_its_key_may_have_gone_out() -> None:
    """So nobody goes beside it, whoever was decided first; it goes on itself, for its key makes a repeat none."""
    doubt = {IN_DOUBT_SINCE: "2026-11-23T12:00:00Z"}
    first = a_message("p1", channel="webhook")
    second = a_message("p2", channel="webhook", created_at=NOON + timedelta(minutes=1))
    doubtful = replace(second, decision=doubt)
    assert standing_of(first, [doubtful], now=NOON).goes is Goes.NEVER
    assert standing_of(doubtful, [first], now=NOON).goes is Goes.FIRST


def test_where_two_may_have_gone_out_neither_is_called_again() -> None:
    """The key of one says nothing of the other: called again, it would be the second for who has the other."""
    doubt = {IN_DOUBT_SINCE: "2026-11-23T12:00:00Z"}
    first, second = (replace(a_message(each, channel="webhook"), decision=doubt) for each in ("p1", "p2"))
    assert standing_of(first, [second], now=NOON).goes is Goes.NEVER
    assert standing_of(second, [first], now=NOON).goes is Goes.NEVER
    over = replace(second, state=State.UNKNOWN)
    assert standing_of(first, [over], now=NOON).goes is Goes.NEVER
