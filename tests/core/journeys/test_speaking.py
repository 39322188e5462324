"""What becomes of a run whose message goes out, has to wait, or may not be sent."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from kizuna.core.feedback import TASK_DONE
from kizuna.core.journeys.effects import Look, Result, Tell, Told
from kizuna.core.journeys.occurrences import EventHappened
from kizuna.core.journeys.run import RunState
from kizuna.core.messages import State
from kizuna.core.tasks import TASKS
from tests.support.builders import NOON, an_event
from tests.support.walks import Walk, leave, say, wait

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SENT = Told(("m1",), State.SENT, "consent")
WAITS = Told(("m1",), State.DEFERRED, "quiet_hours", NOON + 10 * HOUR)
CAPPED = Told(("m1",), State.DENIED, "frequency_cap")
HELD_OUT = Told(("m1",), State.DENIED, "held_out")


def speaking(on_withheld: str, *answers: Result) -> Walk:
    return Walk(say("m", on_withheld=on_withheld), wait("w", "1d"), say("n"), answers={"m": answers})


@pytest.mark.parametrize(
    ("on_withheld", "answer", "node", "why"),
    [
        ("continue", SENT, "w", "m sent"),
        ("continue", WAITS, "w", "m deferred.quiet_hours"),
        ("continue", CAPPED, "w", "m denied.frequency_cap"),
        ("exit", SENT, "w", "m sent"),
        ("exit", WAITS, "m", "m deferred.quiet_hours"),
        ("exit", CAPPED, "m", "m exited.withheld"),
        ("exit", HELD_OUT, "w", "m held_out"),
        ("wait", WAITS, "m", "m deferred.quiet_hours"),
        ("wait", CAPPED, "w", "m denied.frequency_cap"),
    ],
)
def test_where_a_run_goes_that_may_not_speak(on_withheld: str, answer: Told, node: str, why: str) -> None:
    walk = speaking(on_withheld, answer)
    assert (walk.run.node, walk.path[0]) == (node, why)


def test_a_message_that_waits_is_waited_for_and_the_next_wait_counts_from_then() -> None:
    walk = speaking("wait", WAITS, SENT)
    walk.pass_time(hours=10)
    assert [type(effect) for _, _, effect in walk.effects] == [Tell, Look]
    assert (walk.run.node, walk.run.due_at) == ("w", NOON + 10 * HOUR + DAY)


def test_what_is_overdue_is_looked_at_less_and_less_often() -> None:
    late = Told(("m1",), State.DEFERRED, "quiet_hours", NOON + HOUR)
    walk = speaking("wait", late, *[late] * 8, SENT)
    walk.pass_time(hours=9)
    looks = [at - NOON for at, _, effect in walk.effects if isinstance(effect, Look)]
    gaps = [later - earlier for earlier, later in pairwise(looks)]
    assert looks[0] == HOUR
    assert gaps == sorted(gaps)
    assert walk.run.node == "w"


def test_a_message_that_is_refused_after_all_ends_a_run_that_was_to_end_then() -> None:
    walk = speaking("exit", WAITS, Told(("m1",), State.EXPIRED, "expired"))
    walk.pass_time(hours=10)
    assert walk.run.reason == "withheld"


def test_too_soon_after_another_message_of_the_journey_it_waits_and_asks_again() -> None:
    cooling = Told((), None, "contact_cooldown", NOON + 2 * HOUR)
    walk = speaking("continue", cooling, SENT)
    assert (walk.run.node, walk.run.due_at) == ("m", NOON + 2 * HOUR)
    walk.pass_time(hours=2)
    assert walk.told == ["spring.m", "spring.m"]
    assert walk.run.node == "w"


def test_it_is_remembered_when_somebody_last_heard_of_it() -> None:
    assert speaking("continue", SENT).run.heard_at == NOON
    assert speaking("continue", CAPPED).run.heard_at is None
    assert speaking("continue", WAITS).run.heard_at == NOON + 10 * HOUR


def webhook(**more: Any) -> dict[str, Any]:
    return {"id": "hook", "type": "webhook", "template": "hook", **more}


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([Told(("m",), State.SENT, "consent")], "there"),
        ([Told(("m",), State.PENDING, "consent"), Told(("m",), State.SENT, "consent")], "there"),
        ([Told(("m",), State.PENDING, "consent"), Told(("m",), State.FAILED, "http_500")], "webhook_failed"),
        ([Told(("m",), State.DENIED, "held_out")], "there"),
    ],
)
def test_a_webhook_that_has_to_be_taken_is_waited_for(answers: list[Result], reason: str) -> None:
    walk = Walk(webhook(on_failure="exit"), leave("there", "there"), answers={"hook": answers})
    walk.pass_time(hours=1)
    assert walk.run.reason == reason


def test_a_webhook_that_may_fail_is_not_waited_for() -> None:
    failed = Told(("m",), State.FAILED, "http_500")
    assert Walk(webhook(), leave("there", "there"), answers={"hook": [failed]}).run.reason == "there"


def task(**more: Any) -> dict[str, Any]:
    return {"id": "call", "type": "task", "template": "call", **more}


ENDS = [leave("happy", "happy"), leave("late", "late")]
OPEN = Told(("m1",), State.DEFERRED, "waits_for_staff", NOON + 5 * DAY)


def called(outcome: str, message: str = "m1", **changes: Any) -> EventHappened:
    properties = {"message_id": message, "outcome": outcome}
    return EventHappened(an_event(TASK_DONE, at=NOON + HOUR, properties=properties, source=TASKS, **changes))


def awaiting() -> Walk:
    step = task(
        **{"await": True}, timeout="2d", on_timeout="late", outcomes={"answered": "happy"}, next="after"
    )
    return Walk(step, leave("after", "next"), *ENDS, answers={"call": [OPEN]})


@pytest.mark.parametrize(("outcome", "reason"), [("answered", "happy"), ("not_reached", "next")])
def test_a_task_leads_where_its_outcome_says(outcome: str, reason: str) -> None:
    walk = awaiting()
    walk.now = NOON + HOUR
    assert walk.bring(called(outcome)).reason == reason


def test_the_task_of_somebody_else_or_the_word_of_a_page_is_none() -> None:
    walk = awaiting()
    walk.now = NOON + HOUR
    walk.bring(called("answered", message="other"))
    walk.happen(TASK_DONE, message_id="m1", outcome="answered")
    assert walk.run.state is RunState.WAITING


def test_a_task_that_nobody_does_is_waited_for_no_longer_than_told() -> None:
    walk = awaiting()
    assert walk.run.due_at == NOON + 2 * DAY
    walk.pass_time(days=2)
    assert walk.run.reason == "late"
