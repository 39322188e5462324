"""Whatever becomes of a message, its record is whole, can be recomputed, and is told for a stranger to understand."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.decisions.inputs import hash_of
from kizuna.core.decisions.record import judged_at, ledger_of
from kizuna.core.decisions.telling import record_body
from kizuna.core.messages import Message, NotAccepted, Rejected, State, Unclear
from kizuna.core.restraint.brakes import Pause
from kizuna.usecases.decisions.explain import sentence
from kizuna.usecases.outcomes.braking import in_silence, pause_run
from tests.docs.reading import ROOT
from tests.support.builders import MAILBOX, NOON
from tests.support.customers import decided, mail_shop
from tests.support.house import House

DAY = timedelta(days=1)
CARD_ANSWERS = {"relevant", "way", "time"}


def ended(prepare: Callable[[House], None] = lambda house: None, *, now: Any = NOON, **shop: Any) -> House:
    """A house in which a message was decided to go, and met this on its way to its sender."""
    house = decided(mail_shop(**shop), "u1")
    prepare(house)
    house.send(now=now)
    return house


def switched_off(house: House) -> None:
    house.catalog = mail_shop(kill_switch={"by": "mika", "why": "wrong prices"})


def paused(house: House) -> None:
    run = house.only_message().run
    pause_run("spring", run, Pause("by_hand", NOON, "", "wait", by="ann"), house.brakes, tell=in_silence)


def stopped(house: House) -> None:
    house.catalog = mail_shop({"enabled": False})


def without_address(house: House) -> None:
    house.change_person(house.only_message().person, addresses={})


def answered(outcome: Any) -> Callable[[House], None]:
    def prepare(house: House) -> None:
        house.email.outcomes = [outcome]

    return prepare


WAYS: dict[str, tuple[Callable[[], House], str, str, str]] = {  # state, reason and last step of the record; words
    "sent": (ended, "SENT consent", "allow", "was sent “"),
    "held by the switch": (lambda: ended(switched_off), "PENDING consent", "allow", "the switch in the policy"),
    "held by a brake": (lambda: ended(paused), "PENDING consent", "allow", "its run or all promotion is paused"),
    "too late": (lambda: ended(now=NOON + 7 * DAY), "EXPIRED expired", "deny", "was dropped on"),
    "stopped": (lambda: ended(stopped), "EXPIRED campaign_stopped", "deny", "the campaign was stopped"),
    "no address": (lambda: ended(without_address), "DENIED no_address", "deny", "no usable address"),
    "refused": (
        lambda: ended(answered(Rejected("MessageRejected"))),
        "FAILED provider_rejected",
        "deny",
        "provider refused it",
    ),
    "unknown": (
        lambda: ended(answered(Unclear("timeout"))), "UNKNOWN unknown_outcome", "allow", "may or may not have been"
    ),
    "throttled": (
        lambda: ended(answered(NotAccepted("throttled", timedelta(minutes=2)))),
        "PENDING throttled",
        "allow",
        "waits for its turn",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_every_way_out_leaves_a_whole_record_with_its_outcome(way: str) -> None:
    make, state, verdict, words = WAYS[way]
    house = make()
    message = house.only_message()
    assert f"{message.state} {message.reason}" == state
    body = record_body(message)
    assert body["gates"][-1]["verdict"] == verdict
    assert body["gates"][-1]["reason"] == (message.reason if verdict == "deny" else "consent")
    assert [gate["verdict"] for gate in body["gates"][:-1]].count("deny") == 0
    assert (body["outcome"]["state"], body["outcome"]["reason"]) == tuple(state.split())
    assert set(body["questions"]) == CARD_ANSWERS
    assert len(body["sixKeys"]) == 6
    assert body["policy"] == house.catalog.policy.consent.version_id
    (person,) = house.living()
    english = sentence(message, person, house.catalog, language="en")
    japanese = sentence(message, person, house.catalog, language="ja")
    assert words in english
    assert japanese.endswith("。")
    assert message.reason not in japanese or message.reason == "throttled"


@pytest.mark.parametrize(("prepare", "held"), [(switched_off, "kill_switch"), (paused, "brake")])
def test_what_holds_a_message_back_is_told_until_it_goes_on(
    prepare: Callable[[House], None], held: str
) -> None:
    house = ended(prepare)
    assert record_body(house.only_message())["outcome"]["held"] == held
    assert record_body(ended().only_message())["outcome"]["held"] is None


def recomputed(message: Message) -> str:
    """The hash over what the gate was asked, from nothing but what the record keeps."""
    record = message.decision
    mark, at = ledger_of(record), judged_at(record)
    assert mark is not None
    assert at is not None
    return hash_of(record["inputs"], mark, policy=record["policy"], at=at)


def test_the_hash_of_the_inputs_follows_from_the_record_alone_and_from_all_of_it() -> None:
    message = ended().only_message()
    record = message.decision
    assert recomputed(message) == record_body(message)["inputsHash"]
    mark, at = ledger_of(record), judged_at(record)
    assert mark is not None
    assert at is not None
    told = {"policy": record["policy"], "at": at}
    facts = {**record["inputs"], "subject": {**record["inputs"].get("subject", {}), "age": 17}}
    others = {
        recomputed(message),
        hash_of(facts, mark, **told),
        hash_of(record["inputs"], type(mark)(mark.events + 1, mark.hash), **told),
        hash_of(record["inputs"], type(mark)(mark.events, "other"), **told),
        hash_of(record["inputs"], mark, **(told | {"policy": "other"})),
        hash_of(record["inputs"], mark, **(told | {"at": at + timedelta(microseconds=1)})),
    }
    assert len(others) == 6


_HASHES = """
from tests.usecases.decisions.test_ways_out import ended
record = ended().only_message().decision
print(record["hash"], record["profile"][1], record["policy"], record["ledger"][1])
"""


def test_equal_inputs_have_equal_hashes_in_every_process() -> None:
    path = f"{ROOT / 'shared'}{os.pathsep}{ROOT}"
    told = {
        subprocess.run(  # noqa: S603  (this interpreter, and a text of ours)
            [sys.executable, "-c", _HASHES],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
    assert MAILBOX not in next(iter(told))
    assert ended().only_message().state is State.SENT
