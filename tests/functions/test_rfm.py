"""RFM by what Lambda hands the functions, and by the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from kizuna.cli.context import Place
from kizuna.cli.main import app
from kizuna.core.rfm.runs import standing_now
from kizuna.local.resources import GROUP, REGION
from kizuna.runtime.wiring import installed
from kizuna.topology import SEGMENT_SHARDS, Function, Queue
from tests.support.clouds import Shop, a_lambda_event, a_user, failures, running_shop

RUN = "20261130T030000Z"  # Monday, three o'clock in London


def a_customer(shop: Shop, *days_ago: int) -> str:
    user = a_user()
    orders = [
        {
            "type": "track",
            "userId": user,
            "messageId": f"{user}-{days}",
            "event": "Order Completed",
            "timestamp": (shop.now - timedelta(days=days)).isoformat(),
            "properties": {"revenue": 40},
        }
        for days in days_ago
    ]
    shop.send(
        {"type": "identify", "userId": user, "messageId": f"{user}-i", "traits": {"plan": "x"}}, *orders
    )
    shop.settle()
    return user


def standing(shop: Shop, user: str) -> Any:
    return standing_now(shop.person(user), "orders")


@pytest.fixture
def fresh() -> Iterator[Shop]:
    """A shop of one's own: a run as of a later moment would go before those that others make by hand."""
    with running_shop() as shop:
        yield shop


def test_a_due_schedule_scores_everybody_and_arms_the_next(fresh: Shop) -> None:
    shop = fresh
    often, never = a_customer(shop, 1, 2, 3, 4), a_customer(shop)
    event = a_lambda_event("schedule/rfm")
    assert shop.invoke(Function.CAMPAIGN, event) == {"run": RUN}
    assert {body["shard"] for body in shop.waiting(Queue.AUDIENCE)} == set(range(SEGMENT_SHARDS))
    shop.settle()
    found = standing(shop, often)
    assert found["since"] == "2026-11-30T03:00:00.000Z"
    assert f"rfm-orders-{found['bucket'].replace('_', '-')}" in shop.person(often).segments
    assert standing(shop, never) is None
    scheduler = boto3.client("scheduler", region_name=REGION)
    armed = {schedule["Name"] for schedule in scheduler.list_schedules(GroupName=GROUP)["Schedules"]}
    assert "rfm.orders-20261207T030000Z" in armed
    assert failures(shop.invoke(Function.AUDIENCE, a_lambda_event("sqs/rfm"))) == []  # handed out once more
    shop.settle()
    assert standing(shop, often) == found


def test_a_schedule_of_what_is_not_in_force_starts_nothing(shop: Shop) -> None:
    event = a_lambda_event("schedule/rfm")
    with shop.watching_writes() as writes:
        assert shop.invoke(Function.CAMPAIGN, {**event, "rfm": "visits"}) == {"run": None}
    assert writes == []


def said(shop: Shop, *words: str) -> Any:
    with installed(shop.wired):
        return CliRunner().invoke(app, list(words), obj=Place(installed=True), env={"COLUMNS": "140"})


def test_one_command_scores_everybody_and_shows_where_they_stand(shop: Shop) -> None:
    user = a_customer(shop, 1, 2, 3)
    done = said(shop, "--json", "rfm", "run")
    assert done.exit_code == 0, done.output
    body = json.loads(done.output)
    assert body["written"] >= 1
    assert sum(row["people"] for row in body["buckets"]) == body["scored"]
    assert sum(cell["people"] for row in body["grid"] for cell in row["cells"]) == body["scored"]
    shop.settle()
    assert standing(shop, user)["frequency"] >= 1
    shown = said(shop, "--json", "rfm", "show", "orders")
    assert json.loads(shown.output) == body


@pytest.mark.parametrize(("language", "word"), [("en", "Champions"), ("ja", "最優良顧客")])
def test_a_run_is_shown_in_both_languages(shop: Shop, language: str, word: str) -> None:
    said(shop, "rfm", "run")
    done = said(shop, "rfm", "show", "--language", language)
    assert done.exit_code == 0, done.output
    assert word in done.output


def test_a_definition_that_nobody_knows_is_refused(shop: Shop) -> None:
    done = said(shop, "rfm", "run", "visits")
    assert done.exit_code == 1
    assert "there is no rfm 'visits' in force" in done.output
