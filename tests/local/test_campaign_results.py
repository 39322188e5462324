"""A campaign's results in a local cloud: counted live, told by every door, and the same as a recount of all rows."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kizuna.core.messages import Message, State
from kizuna.core.results.cells import group_of
from kizuna.local.gateway import LocalReply, LocalRequest
from kizuna.local.pictures import browser
from tests.support.clouds import Shop, running_shop, sample_documents
from tests.support.contract import declared
from tests.support.kizuna_command import kizuna, told

HOUR = timedelta(hours=1)
USERS = [f"reader-{number}" for number in range(24)]
CLAIMS: dict[str, Any] = {"reader": {"sub": "somebody", "cognito:groups": ["viewer"]}}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Everybody asks for `hello`, of which nearly half are held out; some open, click and buy, while writes fail."""
    documents = sample_documents()
    hello = {
        **documents["campaign", "hello"],
        "goal": {"event": "Tickets Bought", "value_of": "price", "within": "3d"},
        "holdout": 45,
    }
    costs = {"currency": "JPY", "rates": [{"currency": "USD", "since": "2026-01-01", "worth": 150}]}
    policy = {**documents["policy", "policy"], "costs": costs}
    changed = {**documents, ("campaign", "hello"): hello, ("policy", "policy"): policy}
    chance = Random(7)
    with running_shop(
        documents=changed, lake=tmp_path_factory.mktemp("lake"), authorizer=CLAIMS.get
    ) as running:
        with running.refusing_dynamodb(when=lambda text: "cr = :now" in text, times=2) as refused:
            for user in USERS:
                running.greet(user, settle=False)
            running.settle()
            running.cloud.clock.advance(HOUR)
            for user in USERS:
                for mail in running.mails(user):
                    if chance.random() < 0.7:
                        running.cloud.providers.opened(mail.id, at=running.now)
                    if chance.random() < 0.5:
                        running.cloud.providers.clicked(
                            mail.id, "https://grooveharbour.example/new", at=running.now
                        )
            running.settle()
            assert refused, "the fault never struck"
        running.cloud.clock.advance(HOUR)
        for user in USERS:
            for number in range(chance.choice([0, 0, 1, 2])):
                bought = {
                    "type": "track",
                    "userId": user,
                    "messageId": f"{user}-ticket-{number}",
                    "event": "Tickets Bought",
                    "properties": {
                        "price": 1000 + 500 * number,
                        "currency": chance.choice(["JPY", "JPY", "USD"]),
                    },
                }
                running.send(bought, bought)
            running.settle()
        yield running


def messages(shop: Shop) -> list[Message]:
    found = [message for user in USERS for message in shop.messages(user)]
    return [message for message in found if message.campaign == "hello"]


def recounted(shop: Shop) -> tuple[Counter[str], Counter[str]]:
    """Told and held out, as the rows of messages and timelines have it."""
    groups: dict[str, Counter[str]] = {"told": Counter(), "held": Counter()}
    for user in USERS:
        orders = [event for event in shop.timeline(user) if event.name == "Tickets Bought"]
        for message in shop.messages(user):
            if message.campaign != "hello" or group_of(message) not in groups:
                continue
            counts = groups[group_of(message)]
            counts["all"] += 1
            counts["sent"] += message.state is State.SENT
            counts.update(fact for fact in ("delivered", "opened", "clicked") if fact in message.facts)
            counts["converted"] += any(message.created_at < order.at for order in orders)
    return groups["told"], groups["held"]


def test_the_live_figures_are_those_of_a_recount(shop: Shop) -> None:
    sent, held = recounted(shop)
    assert min(sent["clicked"], sent["converted"], held["all"]) > 0, "the story is too thin"
    report = told("campaign", "report", "hello")
    counts = report["total"]["counts"]
    assert counts["sent"] == sent["sent"]
    assert counts["held_out"] == held["all"]
    for name in ("delivered", "opened", "clicked", "converted"):
        assert counts[name] == sent[name], name
    assert counts["intended"] == len(messages(shop))
    lift = report["lift"]
    assert (lift["told"]["people"], lift["told"]["converted"]) == (sent["all"], sent["converted"])
    assert (lift["heldOut"]["people"], lift["heldOut"]["converted"]) == (held["all"], held["converted"])
    low, high = lift["rate"]["interval"]
    assert low <= lift["rate"]["difference"] <= high


def test_money_adds_up_in_the_currency_of_the_reports(shop: Shop) -> None:
    total = told("campaign", "report", "hello")["total"]
    paid = total["paid"]
    assert set(paid) <= {"JPY", "USD"}
    assert total["money"]["revenue"] == paid.get("JPY", 0) + 150 * paid.get("USD", 0)
    assert total["money"]["cost"] > 0


def test_the_management_api_tells_the_same(shop: Shop) -> None:
    path, query = "/admin/campaigns/hello/report", "by=day&language=ja"
    reply = shop.cloud.http(
        LocalRequest("GET", path, query, {"authorization": "Bearer reader"}, b"", "203.0.113.9")
    )
    assert reply.status == 200, reply.text()
    body = declared(reply, "get", "/admin/campaigns/{campaign}/report")
    assert body["by"] == "day"
    assert body["total"] == told("campaign", "report", "hello", "--by", "day")["total"]
    assert "ホールドアウト" in body["lift"]["sentence"]
    wrong = shop.cloud.http(
        LocalRequest("GET", path, "by=mood", {"authorization": "Bearer reader"}, b"", "203.0.113.9")
    )
    assert (wrong.status, "variant" in wrong.text()) == (400, True)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_shows_the_way_and_what_sending_did(shop: Shop, language: str) -> None:
    code, page = kizuna("campaign", "report", "hello", "--language", language, "--by", "variant", "--states")
    assert code == 0, page
    assert "█" in page
    assert ("95 % interval" if language == "en" else "95%信頼区間") in page


def test_a_spreadsheet_opens_the_file_rightly(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "hello.csv"
    code, page = kizuna("campaign", "report", "hello", "--format", "csv", "--language", "ja", "-o", str(file))
    assert code == 0, page
    raw = file.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert rows[-1]["チャネル"] == "合計"
    assert int(rows[-1]["送信"]) == told("campaign", "report", "hello")["total"]["counts"]["sent"]


def test_the_picture_is_one_file_that_is_well_formed(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "hello.svg"
    kizuna("campaign", "report", "hello", "--format", "svg", "--language", "ja", "-o", str(file))
    text = file.read_text(encoding="utf-8")
    root = ET.fromstring(text)  # noqa: S314  (our own file)
    assert root.attrib["role"] == "img"
    assert "href" not in text
    assert "目標達成者" in text


@pytest.mark.skipif(browser() is None, reason="no browser on this machine")
def test_a_picture_of_points_is_taken_by_the_browser(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "hello.png"
    code, page = kizuna("campaign", "report", "hello", "--format", "png", "-o", str(file))
    assert code == 0, page
    assert file.read_bytes().startswith(b"\x89PNG")


def test_without_a_browser_it_says_what_is_missing(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, page = kizuna("campaign", "report", "hello", "--format", "png", "-o", str(tmp_path / "x.png"))
    assert (code, "pictures need a browser" in page) == (1, True)


def test_who_is_asked_about_an_unknown_name_is_told_so(shop: Shop) -> None:
    code, page = kizuna("campaign", "report", "nothing-like-it")
    assert (code, "no campaign" in page) == (1, True)
    code, page = kizuna("campaign", "report", "hello", "--goal", "nothing")
    assert (code, "it has goal" in page) == (1, True)


def test_credit_for_every_order_is_shared_among_those_who_clicked(shop: Shop) -> None:
    body = told("campaign", "attribution", "hello", "--since", "7d")
    orders = [event for user in USERS for event in shop.timeline(user) if event.name == "Tickets Bought"]
    clicked = {message.person for message in messages(shop) if "clicked" in message.facts}
    reached = sum(1 for user in USERS for event in shop.timeline(user)
                  if event.name == "Tickets Bought" and shop.person(user).id in clicked)  # fmt: skip
    assert body["successes"] == len(orders)
    assert body["organic"] == len(orders) - reached
    for model in ("last_touch", "linear", "markov", "shapley"):
        shares = [each["models"][model]["successes"] for each in body["credits"]]
        assert sum(shares) == pytest.approx(len(orders))
    code, page = kizuna("campaign", "attribution", "hello", "--language", "ja")
    assert (code, "マルコフ連鎖" in page) == (0, True)
    code, page = kizuna("campaign", "attribution", "hello", "--since", "soon")
    assert (code, "--since" in page) == (1, True)


def test_the_management_api_tells_of_credit_as_the_command_does(shop: Shop) -> None:
    def asked(query: str, campaign: str = "hello") -> LocalReply:
        path = f"/admin/campaigns/{campaign}/attribution"
        return shop.cloud.http(
            LocalRequest("GET", path, query, {"authorization": "Bearer reader"}, b"", "203.0.113.9")
        )

    reply = asked("since=7d&language=ja")
    body = declared(reply, "get", "/admin/campaigns/{campaign}/attribution")
    by_command = told("campaign", "attribution", "hello", "--since", "7d", "--language", "ja")
    assert {**body, "since": "", "until": ""} == {**by_command, "since": "", "until": ""}
    assert "ホールドアウト" in body["incremental"]
    assert [asked(query).status for query in ("since=soon", "since=9y", "language=fr")] == [400, 400, 400]
    assert asked("", "unheard-of").status == 404


def test_a_journey_is_reported_as_the_sum_of_its_messages(shop: Shop) -> None:
    leaving = USERS[:3]
    for user in leaving:
        shop.send(
            {"type": "track", "userId": user, "event": "Subscription Cancelled", "messageId": f"{user}-gone"}
        )
    shop.settle()
    sent = [message for user in leaving for message in shop.messages(user)]
    steps = Counter(message.campaign for message in sent if message.campaign.startswith("cancellation."))
    assert max(steps.values()) == len(leaving), "each walk has a run of its own, and they are counted as one"
    report = told("campaign", "report", "cancellation", "--by", "campaign")
    assert {row["label"]: row["counts"]["intended"] for row in report["rows"]} == steps
    assert report["total"]["counts"]["intended"] == steps.total()
    assert report["lift"] is None
