"""Tasks over their whole way: listed, claimed by one, asked about once more, done, and written into files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from kizuna.core.messages import State
from kizuna.topology import Function, Queue
from tests.support.clouds import Shop, a_lambda_event, a_user, running_shop, with_words
from tests.support.erasing import forget
from tests.support.tasks import STAFF, a_task, act, get, kizuna, leaves, listed, only, with_tasks

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Floor:
    """A call centre with its shop: who is speaking is told by the test."""

    def __init__(self) -> None:
        self.speaking = dict(STAFF)

    def as_(self, name: str, *roles: str) -> None:
        self.speaking = {"sub": name, "cognito:groups": f"[{' '.join(roles or ('staff',))}]"}


@pytest.fixture(scope="module")
def floor() -> Floor:
    return Floor()


@pytest.fixture(scope="module")
def shop(floor: Floor) -> Iterator[Shop]:
    with running_shop(documents=with_tasks(), authorizer=lambda _: floor.speaking) as made:
        yield made


@pytest.fixture(autouse=True)
def _anna(floor: Floor) -> None:
    floor.as_("anna")


def test_a_task_waits_on_its_list_and_says_nothing_until_it_is_taken(shop: Shop, user: str) -> None:
    task = a_task(shop, user)
    message = only(shop, user)
    assert (message.state, message.reason) == (State.PENDING, "waits_for_staff")
    (row,) = listed(shop, user)
    assert (row["id"], row["queue"], row["campaign"], row["state"]) == (task, "calls", "call", "open")
    assert "Ada" not in json.dumps(row)


def test_whoever_claims_a_task_is_told_what_to_say_and_the_message_is_out(shop: Shop, user: str) -> None:
    task = a_task(shop, user)
    status, body = act(shop, task, "claim")
    assert status == 200, body
    assert (body["state"], body["claimedBy"]) == ("claimed", "anna")
    assert body["script"] == "Hello Ada, how was it?"
    assert body["data"] == {"number": "+12025550123"}
    assert only(shop, user).state is State.SENT
    assert listed(shop, user) == []
    assert [each["id"] for each in listed(shop, user, "claimed")] == [task]


def test_of_two_who_want_a_task_one_has_it(shop: Shop, floor: Floor, user: str) -> None:
    task = a_task(shop, user)
    assert act(shop, task, "claim")[0] == 200
    floor.as_("bert")
    assert act(shop, task, "claim")[1]["code"] == "taken"
    assert act(shop, task, "done", outcome="reached")[1]["code"] == "taken"
    floor.as_("anna")
    assert act(shop, task, "claim")[0] == 200  # what she has she has for longer


def test_a_claim_whose_time_is_over_may_be_taken_by_another_after_asking_again(
    shop: Shop, floor: Floor, user: str
) -> None:
    task = a_task(shop, user)
    act(shop, task, "claim")
    shop.cloud.advance(31 * MINUTE)
    assert [each["id"] for each in listed(shop, user)] == [task]
    floor.as_("bert")
    assert act(shop, task, "claim")[1]["claimedBy"] == "bert"
    floor.as_("anna")
    assert act(shop, task, "done", outcome="reached")[0] == 409


def test_who_withdrew_meanwhile_is_given_to_nobody_and_the_reason_is_told(shop: Shop, user: str) -> None:
    task = a_task(shop, user)
    leaves(shop, user)
    status, body = act(shop, task, "claim")
    assert (status, body["code"], body["reason"]) == (409, "withheld", "channel_opt_out")
    assert (only(shop, user).state, only(shop, user).reason) == (State.DENIED, "channel_opt_out")
    assert listed(shop, user) == []
    assert [each["reason"] for each in listed(shop, user, "withheld")] == ["channel_opt_out"]


def test_who_withdrew_while_somebody_had_the_task_is_given_to_nobody_else(
    shop: Shop, floor: Floor, user: str
) -> None:
    task = a_task(shop, user)
    act(shop, task, "claim")
    leaves(shop, user)
    shop.cloud.advance(31 * MINUTE)
    floor.as_("bert")
    assert act(shop, task, "claim")[1]["reason"] == "channel_opt_out"
    (row,) = listed(shop, user, "withheld")
    assert (row["id"], row["claimedBy"]) == (task, None)


def test_an_outcome_is_an_event_of_the_person_and_facts_of_the_message_once(shop: Shop, user: str) -> None:
    task = a_task(shop, user)
    act(shop, task, "claim")
    for _ in range(2):
        status, body = act(shop, task, "done", outcome="answered")
        assert (status, body["state"], body["outcome"]) == (200, "done", "answered")
    assert {"delivered", "opened", "clicked"} <= set(only(shop, user).facts)
    assert shop.names(user).count("Task Done") == 1
    assert act(shop, task, "done", outcome="reached")[0] == 409
    assert act(shop, task, "claim")[0] == 409


def test_whoever_wants_no_more_calls_is_withdrawn_from_the_channel_by_the_ledger(
    shop: Shop, user: str
) -> None:
    task = a_task(shop, user)
    later = a_user()
    act(shop, task, "claim")
    assert act(shop, task, "done", outcome="do_not_call")[0] == 200
    said = [each for each in shop.consents(user) if each.action == "withdraw"]
    assert [(each.channel, each.source) for each in said] == [("task", "staff")]
    shop.send({"type": "track", "userId": user, "messageId": later, "event": "Call Wanted"})
    shop.settle()
    second = max(shop.messages(user), key=lambda each: (each.created_at, each.id != task))
    assert {each.reason for each in shop.messages(user) if each.id != task} == {"channel_opt_out"}, second


def test_a_queue_message_that_comes_again_changes_nothing_of_a_task(shop: Shop, user: str) -> None:
    task = a_task(shop, user)
    shop.wired.queues.send(Queue.TASK, [{"message": task}] * 2)
    shop.settle()
    assert len(listed(shop, user)) == 1
    act(shop, task, "claim")
    shop.wired.queues.send(Queue.TASK, [{"message": task}])
    shop.settle()
    assert only(shop, user).state is State.SENT
    assert [each["claimedBy"] for each in listed(shop, user, "claimed")] == ["anna"]


def test_only_staff_may_work_on_tasks_and_readers_may_see_the_list(
    shop: Shop, floor: Floor, user: str
) -> None:
    task = a_task(shop, user)
    floor.as_("carla", "viewer")
    assert get(shop)[0] == 200
    assert act(shop, task, "claim")[0] == 403
    assert act(shop, task, "done", outcome="reached")[0] == 403
    floor.as_("dora", "stranger")
    assert get(shop)[0] == 403


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "state=lost", "after=x", "other=1"])
def test_a_list_that_makes_no_sense_is_refused_by_name(shop: Shop, query: str) -> None:
    status, body = get(shop, query)
    assert (status, body["message"].split(":")[0]) == (400, query.split("=", maxsplit=1)[0])


def test_tasks_and_acts_that_are_not_there(shop: Shop, user: str) -> None:
    task = a_task(shop, user)
    assert act(shop, "a" * 26, "claim")[0] == 404
    assert act(shop, "A", "claim")[0] == 404
    assert act(shop, task, "lose")[0] == 404
    assert act(shop, task, "done", outcome="lost")[0] == 400
    assert shop.call("DELETE", "/admin/tasks", headers={"authorization": "Bearer x"}).status == 405


# ── the command ─────────────────────────────────────────────────────────────────────────────────


def test_the_command_lists_claims_and_finishes(shop: Shop, user: str) -> None:
    task = a_task(shop, user)
    assert task in {each["id"] for each in kizuna("list", "--limit", "1000")[1]}
    assert kizuna("claim", task, "--actor", "bert")[1]["script"] == "Hello Ada, how was it?"
    assert kizuna("claim", task, "--actor", "carla")[0] == 1
    assert kizuna("done", task, "not_reached", "--actor", "bert")[1]["outcome"] == "not_reached"
    assert kizuna("claim", "a" * 26)[0] == 1


def test_a_recorded_request_of_a_call_centre_is_answered(shop: Shop, user: str) -> None:
    task = a_task(shop, user)
    reply = shop.invoke(Function.TASKS, with_words(a_lambda_event("tasks/claim"), TASK_ID=task))
    assert reply["statusCode"] == 200
    assert json.loads(reply["body"])["claimedBy"] == "admin-1"


def test_an_erasure_takes_a_task_with_everything_that_was_to_be_said(shop: Shop, user: str) -> None:
    task = a_task(shop, user)
    act(shop, task, "claim")
    person = shop.person(user)
    forget(shop, user)
    shop.settle()
    assert shop.wired.tasks.get(person.id, task) is None
    assert act(shop, task, "done", outcome="reached")[0] == 404
