"""A campaign with a holdout and two subjects through the whole local cloud: sent, replayed, decided, and then the
best subject for whoever comes next. And its command.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.experiments import arm_name, arm_of
from kizuna.core.experiments.sequential import UNEVEN_ALPHA, uneven_p
from kizuna.core.messages import State
from kizuna.topology import Function
from kizuna.usecases.experimenting.status import experiment_status
from tests.support.clouds import Shop, running_shop, sample_documents
from tests.support.kizuna_command import kizuna, told

PEOPLE = 60
DAY = timedelta(days=1)
SUBJECT = {"subject": "What came in this week"}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        documents = dict(sample_documents())
        hello: dict[str, Any] = dict(documents["campaign", "hello"])
        template = documents["template", hello["template"]]
        hello["holdout"] = 20
        hello["experiment"] = {
            "arms": [
                {"name": "plain"},
                {"name": "news", "patch": dict.fromkeys(template["languages"], SUBJECT)},
            ],
            "winner": "rest_gets_best",
            "min_n": 10,
            "alpha": 0.2,
        }
        documents["campaign", "hello"] = hello
        policy = dict(documents["policy", "policy"])
        policy["publish"] = [*policy.get("publish", ()), "ExperimentDecided"]
        documents["policy", "policy"] = policy
        running.apply(documents)
        running.settle()
        yield running


def greeted(shop: Shop, user: str) -> tuple[str, str]:
    """The arm of somebody who was greeted, and what became of it."""
    (message,) = [each for each in shop.messages(user) if each.campaign == "hello"]
    return message.variant, message.reason if message.state is State.DENIED else str(message.state)


@pytest.mark.slow
def test_the_whole_story(shop: Shop) -> None:
    users = [f"tester-{number}" for number in range(PEOPLE)]
    for user in users:
        shop.greet(user, settle=False)
    shop.settle()
    experiment = shop.wired.catalog.current().campaigns["hello"].experiment
    assert experiment is not None
    before = {user: greeted(shop, user) for user in users}
    for user, (variant, became) in before.items():
        mails = shop.mails(user)
        if became == "held_out":
            assert mails == ()
            continue
        expected = arm_of(experiment, shop.person(user), named="hello").name
        assert arm_name(variant) == expected
        assert (mails[0].subject == SUBJECT["subject"]) is (expected == "news")
    arms = Counter(arm_name(variant) for variant, _ in before.values() if variant)
    assert uneven_p([arms["plain"], arms["news"]], (0.5, 0.5)) > UNEVEN_ALPHA
    assert 2 < PEOPLE - arms.total() < 26  # a fifth, held out

    # The same again, and one write in three refused on the way: nobody changes arm, nobody hears of it twice.
    with shop.refusing_dynamodb(times=20):
        for user in users[:20]:
            shop.greet(user, settle=False)
        shop.settle()
    shop.cloud.advance(timedelta(minutes=20))
    assert {user: greeted(shop, user) for user in users} == before
    assert all(len(shop.mails(user)) <= 1 for user in users)

    # Whoever read of the news buys; nobody else does.
    shop.cloud.advance(DAY)
    for number, (user, (variant, became)) in enumerate(before.items()):
        if arm_name(variant) == "news" and became != "held_out":
            order = {
                "type": "track",
                "userId": user,
                "event": "Order Completed",
                "messageId": f"order-{number}",
            }
            shop.send({**order, "properties": {"revenue": 10, "currency": "GBP"}})
    shop.settle()
    with shop.hearing_the_bus() as heard:
        shop.invoke(Function.WAKE, {})
        shop.invoke(Function.WAKE, {})
    decided = [detail for name, detail, _ in heard if name == "ExperimentDecided"]
    assert [(each["campaign"], each["result"], each["arm"]) for each in decided] == [
        ("hello", "winner", "news")
    ]

    later = [f"later-{number}" for number in range(12)]
    for user in later:
        shop.greet(user, settle=False)
    shop.settle()
    found = {greeted(shop, user) for user in later}
    assert found <= {(f"news~{experiment.fingerprint}+", "SENT"), ("", "held_out")}
    assert ("", "held_out") not in found or len(found) == 2
    assert all(mail.subject == SUBJECT["subject"] for user in later for mail in shop.mails(user))

    wired = shop.wired
    status = experiment_status(
        "hello", wired.trials, wired.results, wired.runs, wired.catalog.current(), now=shop.now
    )
    assert [arm["exposed"] for arm in status["arms"]] == [arms["plain"], arms["news"]]
    assert (status["state"], status["arm"]) == ("winner", "news")


def test_the_command_shows_how_it_stands_and_how_large_it_must_be(shop: Shop) -> None:
    assert shop.now
    code, status = kizuna("experiment", "status", "hello")
    assert (code, "news" in status) == (0, True)
    assert told("experiment", "status", "hello")["plannedPerArm"] == 50
    code, refused = kizuna("experiment", "status", "win-back")
    assert (code, "no experiment" in refused) == (1, True)
    assert told("experiment", "size", "--baseline", "5", "--mde", "20")["perArm"] == 8_158
    code, refused = kizuna("experiment", "size", "--baseline", "60", "--mde", "90")
    assert (code, "cannot change" in refused) == (1, True)
