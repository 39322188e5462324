"""Tasks over days, and files of them: each test has a shop of its own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kizuna.core.messages import State
from tests.support.clouds import Shop, running_shop
from tests.support.tasks import STAFF, a_task, act, get, kizuna, leaves, listed, only, with_tasks

MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_shop(documents=with_tasks(), authorizer=lambda _: STAFF) as made:
        yield made


def test_a_task_that_nobody_takes_is_over_when_its_message_is_too_late(shop: Shop, user: str) -> None:
    task = a_task(shop, user)
    shop.cloud.advance(timedelta(days=2, minutes=10))
    assert (only(shop, user).state, only(shop, user).reason) == (State.EXPIRED, "expired")
    assert listed(shop, user) == []
    assert act(shop, task, "claim")[1]["reason"] == "expired"


def test_pages_follow_each_other_in_the_order_of_what_is_due(shop: Shop, user: str) -> None:
    tasks = []
    for number in range(7):
        tasks.append(a_task(shop, f"{user}-{number}"))
        shop.cloud.advance(MINUTE)
    seen: list[str] = []
    after = ""
    for _ in range(4):
        body = get(shop, f"limit=3{after}")[1]
        seen += (each["id"] for each in body["tasks"])
        if body["next"] is None:
            break
        after = f"&after={body['next'].replace('#', '%23')}"
    assert seen == tasks


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_a_file_holds_who_may_be_written_to_at_that_moment_and_they_are_sent(
    tmp_path: Path, shop: Shop, user: str
) -> None:
    users = [f"{user}-{number}" for number in range(4)]
    for each in users:
        a_task(shop, each, "Letter Wanted", first_name='=HYPERLINK("x")')
    leaves(shop, users[3])
    first = tmp_path / "november.csv"
    ended, told = kizuna("export", "letters", "--to", str(first))
    assert (ended, told) == (0, {"file": "november.csv", "tasks": 3, "withheld": {"channel_opt_out": 1}})
    rows = read(first)
    assert {row["task"] for row in rows} == {only(shop, each).id for each in users[:3]}
    assert {row["name"] for row in rows} == {'\'=HYPERLINK("x")'}
    assert {row["number"] for row in rows} == {"+12025550123"}
    assert {only(shop, each).state for each in users[:3]} == {State.SENT}
    # again: the same people, whoever came since besides; another name takes only the others
    before = first.read_bytes()
    kizuna("export", "letters", "--to", str(first))
    assert first.read_bytes() == before
    a_task(shop, f"{user}-late", "Letter Wanted")
    second = tmp_path / "december.csv"
    assert kizuna("export", "letters", "--to", str(second))[1]["tasks"] == 1
    assert len(read(second)) == 1
    assert kizuna("list", "--queue", "letters", "--state", "filed")[1][0]["file"]


def test_a_file_that_was_cut_short_is_gone_on_with_and_nobody_is_in_two(
    tmp_path: Path, shop: Shop, user: str
) -> None:
    for number in range(5):
        a_task(shop, f"{user}-{number}", "Letter Wanted")
    file = tmp_path / "november.csv"
    with shop.refusing_dynamodb(operations=frozenset({"TransactWriteItems"}), times=8):
        kizuna("export", "letters", "--to", str(file))
    shop.cloud.advance(5 * MINUTE)
    kizuna("export", "letters", "--to", str(file))
    tasks = [row["task"] for row in read(file)]
    assert len(tasks) == len(set(tasks)) == 5
