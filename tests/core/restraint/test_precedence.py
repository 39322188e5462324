"""Of several messages of a day the more important ones go, whoever looks and in whatever order."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.messages import State
from kizuna.core.restraint.precedence import Contender, Precedence, is_outranked
from tests.support.builders import NOON

TODAY = date(2026, 11, 23)
ONE = Precedence(at_most=1)


def contender(name: str, priority: int = 50, state: State = State.DEFERRED, **more: int) -> Contender:
    day = TODAY + timedelta(days=more.get("days", 0))
    return Contender(name, priority, state, day, NOON + timedelta(minutes=more.get("minutes", 0)))


def test_the_higher_priority_goes_whichever_was_decided_first() -> None:
    low, high = contender("a", 10), contender("b", 90, minutes=5)
    assert is_outranked(low, [low, high], ONE)
    assert not is_outranked(high, [low, high], ONE)


def test_what_is_on_its_way_keeps_its_place() -> None:
    for state in (State.PENDING, State.SENDING, State.SENT, State.UNKNOWN):
        assert is_outranked(contender("b", 90), [contender("a", 10, state)], ONE)
    for state in (State.DENIED, State.EXPIRED, State.FAILED):
        assert not is_outranked(contender("b", 10), [contender("a", 90, state)], ONE)


def test_another_day_is_another_day_and_there_may_be_more_than_one_place() -> None:
    assert not is_outranked(contender("a", 10), [contender("b", 90, days=1)], ONE)
    others = [contender("b", 90), contender("c", 80)]
    assert is_outranked(contender("a", 10), others, Precedence(at_most=2))
    assert not is_outranked(contender("a", 10), others, Precedence(at_most=3))


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 5)), min_size=1, max_size=12),
    st.integers(1, 5),
)
def test_of_those_that_wait_just_as_many_go_as_there_are_places(
    told: list[tuple[int, int]], places: int
) -> None:
    waiting = [contender(f"m{n:02}", priority, minutes=at) for n, (priority, at) in enumerate(told)]
    go = [each for each in waiting if not is_outranked(each, waiting, Precedence(at_most=places))]
    assert len(go) == min(places, len(waiting))
    kept = {each.message for each in go}
    assert all(
        each.priority >= other.priority for each in go for other in waiting if other.message not in kept
    )
