"""The states of one intended contact: which steps there are, and that there are no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.messages import (
    AFTER_A_RESTORE,
    CLOCK_SKEW,
    FACTS,
    IN_DOUBT_SINCE,
    LEASE,
    REQUEUE_AFTER,
    TRANSITIONS,
    By,
    Evidence,
    IllegalTransition,
    Message,
    State,
    claimed,
    move,
    with_fact,
)
from tests.support.builders import NOON, a_message

HOUR = timedelta(hours=1)
FINAL = {State.SENT, State.FAILED, State.DENIED, State.EXPIRED}
EDGES = {(state, to) for state, following in TRANSITIONS.items() for to in following}


@pytest.mark.parametrize(("state", "to"), sorted(product(State, State)))
def test_a_message_takes_the_steps_of_the_picture_and_no_other(state: State, to: State) -> None:
    message = a_message(state=state)
    if (state, to) in EDGES:
        after = move(message, to, now=NOON + HOUR, reason="because")
        assert (after.state, after.reason, after.changed_at) == (to, "because", NOON + HOUR)
        assert after.state_version == message.state_version + 1
    else:
        with pytest.raises(IllegalTransition, match=f"{message.id}: {state} → {to}"):
            move(message, to, now=NOON)


@pytest.mark.parametrize(("state", "to"), sorted(product(State, State)))
def test_a_restore_makes_unknown_what_was_on_its_way_and_takes_no_other_step(state: State, to: State) -> None:
    message = a_message(state=state)
    if to in AFTER_A_RESTORE.get(state, ()):
        assert (state, to) in {(way, State.UNKNOWN) for way in ("PENDING", "DEFERRED", "SENDING")}
        assert move(message, to, now=NOON, by=By.RESTORE).state is State.UNKNOWN
    else:
        with pytest.raises(IllegalTransition):
            move(message, to, now=NOON, by=By.RESTORE)


def test_every_step_leaves_a_line_of_evidence() -> None:
    mine = claimed(a_message(), owner="w1", now=NOON)
    sent = move(mine, State.SENT, now=NOON + HOUR, by=By.REPORT, note="report-1")
    assert sent.evidence == (
        Evidence(State.SENDING, NOON, By.CLAIM),
        Evidence(State.SENT, NOON + HOUR, By.REPORT, "report-1"),
    )


def test_of_very_many_steps_the_first_and_the_newest_are_kept() -> None:
    message = a_message()
    for hour in range(40):
        message = move(message, State.PENDING, now=NOON + hour * HOUR, by=By.HOLD)
    hours = [(line.at - NOON) // HOUR for line in message.evidence]
    assert hours == [0, 1, 2, 3, *range(28, 40)]
    assert message.state_version == 40


@pytest.mark.parametrize("state", [State.PENDING, State.DEFERRED])
@pytest.mark.parametrize("to", [State.DENIED, State.EXPIRED, State.FAILED])
def test_of_what_may_have_gone_out_nobody_says_later_that_it_never_did(state: State, to: State) -> None:
    """Where receivers have keys a call of unknown fate is made again. If that is not to be, it stays unknown."""
    doubtful = a_message(state=state, decision={IN_DOUBT_SINCE: "2026-11-23T12:00:00Z"}, not_before=NOON)
    after = move(doubtful, to, now=NOON, reason="erased")
    assert (after.state, after.reason, after.not_before) == (State.UNKNOWN, "unconfirmed", None)
    assert (after.evidence[-1].state, after.evidence[-1].note) == (State.UNKNOWN, "erased")
    assert after.due_at is None, "nobody looks after it any more"
    assert move(a_message(state=state), to, now=NOON, reason="erased").state is to


def test_what_is_in_doubt_is_called_again_and_then_known() -> None:
    doubtful = a_message(decision={IN_DOUBT_SINCE: "2026-11-23T12:00:00Z"})
    taken = claimed(doubtful, owner="w1", now=NOON)
    assert move(taken, State.SENT, now=NOON).state is State.SENT
    assert move(taken, State.FAILED, now=NOON).state is State.FAILED


def test_nothing_leads_out_of_a_final_state() -> None:
    assert {state for state in State if a_message(state=state).is_final} == FINAL


def test_what_may_have_gone_out_is_never_sent_again() -> None:
    """From UNKNOWN there is no way back to a sender, however many steps are taken."""
    reached, waiting = {State.UNKNOWN}, [State.UNKNOWN]
    while waiting:
        for to in TRANSITIONS[waiting.pop()] - reached:
            reached.add(to)
            waiting.append(to)
    assert reached == {State.UNKNOWN, State.SENT, State.FAILED}


def test_only_a_waiting_message_can_be_claimed() -> None:
    assert {state for state, to in EDGES if to is State.SENDING} == {State.PENDING}


def test_a_claim_holds_for_its_lease_and_keeps_the_reason() -> None:
    mine = claimed(a_message(reason="consent"), owner="w1", now=NOON)
    assert (mine.state, mine.owner, mine.reason) == (State.SENDING, "w1", "consent")
    assert mine.lease_until == NOON + LEASE
    assert mine.due_at == NOON + LEASE + CLOCK_SKEW  # whoever looks may have a clock that is ahead


DUE: dict[str, tuple[Message, datetime | None]] = {
    "waiting for its queue": (a_message(), NOON + REQUEUE_AFTER),
    "waiting for a throttled provider": (a_message(not_before=NOON + HOUR), NOON + HOUR),
    "deferred": (a_message(state=State.DEFERRED, not_before=NOON + HOUR), NOON + HOUR),
    "being sent": (a_message(state=State.SENDING, lease_until=NOON + LEASE), NOON + LEASE + CLOCK_SKEW),
    **{
        str(state): (a_message(state=state, not_before=NOON), None)
        for state in (*sorted(FINAL), State.UNKNOWN)
    },
}


@pytest.mark.parametrize("case", DUE)
def test_a_message_is_due_when_somebody_must_look_after_it(case: str) -> None:
    message, due_at = DUE[case]
    assert message.due_at == due_at


REPORTS = st.lists(st.tuples(st.sampled_from(FACTS), st.integers(0, 3)), max_size=6)


@given(REPORTS, st.randoms(use_true_random=False))
def test_facts_are_the_first_report_of_each_kind_in_any_order_and_any_number(
    reports: list[tuple[str, int]], chance: object
) -> None:
    def told(order: list[tuple[str, int]]) -> Message:
        message = a_message(state=State.SENT)
        for fact, hour in order:
            message = with_fact(message, fact, NOON + hour * HOUR)
        return message

    assert told(reports) == told(reports[::-1]) == told(reports + reports)
    assert told(reports).facts == {
        fact: NOON + min(hour for name, hour in reports if name == fact) * HOUR for fact, _ in reports
    }
    assert told(reports).state_version == a_message().state_version


def test_an_unknown_fact_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="read"):
        with_fact(a_message(), "read", NOON)


def test_a_message_does_not_change_in_place() -> None:
    message = a_message()
    with_fact(replace(message, state=State.SENT), "opened", NOON)
    assert message.facts == {}
