"""`kizuna explain` and `kizuna consent report` at the local cloud: questions, keys, the check, and silence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kizuna.cli.context import Place
from kizuna.cli.main import app
from kizuna.core.messages import State
from kizuna.runtime.wiring import installed
from tests.support.clouds import ROOT, Shop, a_user, running_shop


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


def kizuna(shop: Shop, *arguments: str, code: int = 0) -> str:
    with installed(shop.wired):
        done = CliRunner().invoke(app, list(arguments), obj=Place(installed=True))
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture(scope="module")
def user(shop: Shop) -> str:
    name = a_user()
    shop.greet(name)
    assert shop.messages(name)[0].state is State.SENT
    return name


def test_a_decision_is_told_with_its_questions_and_keys_and_can_be_checked(shop: Shop, user: str) -> None:
    told = kizuna(shop, "explain", user, "--check")
    assert "Is it relevant? Yes:" in told
    assert "Relevance" in told
    assert "replay: same" in told
    japanese = kizuna(shop, "explain", user, "--language", "ja")
    assert "お客様に関係のある内容ですか？ はい。" in japanese.replace("\n", "")


def test_the_same_as_json_says_each_rule_that_was_asked(shop: Shop, user: str) -> None:
    (body,) = json.loads(kizuna(shop, "--json", "explain", user, "--check"))
    assert body["replay"] == "same"
    assert body["record"]["gates"][-1]["verdict"] == "allow"
    assert "inputs" not in body["record"]


def test_why_somebody_heard_nothing_lately(shop: Shop, user: str) -> None:
    told = kizuna(shop, "explain", user, "--since", "7d").replace("\n", " ")
    assert "was sent 1 message" in told
    assert "did not consider them" in told
    assert "condition" in told or "audience" in told or "did not run" in told
    assert "Nobody is known by this" in kizuna(shop, "explain", "nobody@example.com")
    assert "duration" in kizuna(shop, "explain", user, "--since", "lately", code=1)


def test_consent_is_held_against_what_people_buy(shop: Shop, user: str) -> None:
    body = json.loads(kizuna(shop, "--json", "consent", "report"))
    assert body["people"] >= 1
    assert "wording" in kizuna(shop, "consent", "report")


def test_a_plan_shows_what_a_campaign_asks_of_people_and_what_for(shop: Shop, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "shared" / "workspace", tmp_path, dirs_exist_ok=True)
    campaign = tmp_path / "campaigns" / "win-back.yaml"
    campaign.write_text(campaign.read_text("utf-8").replace("within: 14d", "within: 21d"), "utf-8")
    body = json.loads(kizuna(shop, "--json", "plan", str(tmp_path)))
    (card,) = [each for each in body["cards"] if each["campaign"] == "win-back"]
    assert (card["goal"], card["within"]) == ("Order Completed", "3w")
    assert card["why"].startswith("They bought several times")
    assert body["unramped"] == []
    short = campaign.read_text("utf-8").replace("expires_after: 2d", "expires_after: 2h")
    campaign.write_text(short, "utf-8")
    assert json.loads(kizuna(shop, "--json", "plan", str(tmp_path)))["unramped"] == [
        {"campaign": "win-back", "expires_after": "2h", "large": 10_000}
    ]
    told = " ".join(kizuna(shop, "plan", str(tmp_path)).split())
    assert "win-back: a run to 10,000 people or more would go out at once: its messages live for 2h" in told
    blank = campaign.read_text("utf-8").replace("how_to_ask: One", "how_to_ask: '   '  # One")
    campaign.write_text(blank, "utf-8")
    refused = kizuna(shop, "plan", str(tmp_path), code=1)
    assert "win-back.yaml" in refused.replace("\n", "")
    assert "how_to_ask" in refused.replace("\n", "")


def test_a_campaign_that_never_meant_somebody_is_explained_all_the_same(shop: Shop, user: str) -> None:
    told = kizuna(shop, "explain", user, "win-back").replace("\n", " ")
    assert told.startswith(
        "Nothing was ever intended. In the last 30 days: “We kept your spot” did not consider them: "
    )
    journey = kizuna(shop, "explain", user, "welcome", "--language", "ja").replace("\n", "")
    assert journey.startswith("これまでに配信の予定はありませんでした。直近30日間の状況:「")
    body = json.loads(kizuna(shop, "--json", "explain", user, "win-back"))
    assert (body["known"], body["decisions"]) == (True, [])
    (why,) = body["notConsidered"]
    assert why["campaign"] == "win-back"
    assert "“We kept your spot” did not consider them: " in why["sentence"]["en"]


def test_of_somebody_for_whom_nothing_was_intended_each_campaign_says_why(shop: Shop) -> None:
    user = a_user()
    shop.send({"type": "identify", "userId": user, "traits": {"first_name": "Ada"}})
    shop.settle()
    body = json.loads(kizuna(shop, "--json", "explain", user))
    names = {each["campaign"] for each in body["notConsidered"]}
    assert names >= {"win-back", "hello", "welcome"}
    told = kizuna(shop, "explain", user).replace("\n", " ")
    assert told.startswith("Nothing was ever intended. In the last 30 days: “")
    assert told.count("did not consider them") == len(names)


@pytest.mark.parametrize("more", [(), ("--since", "7d")])
def test_a_campaign_that_is_none_is_refused_with_what_may_be_meant(
    shop: Shop, user: str, more: tuple[str, ...]
) -> None:
    told = kizuna(shop, "explain", user, "win-bak", *more, code=1).replace("\n", " ")
    assert "there is no campaign or journey 'win-bak'; did you mean 'win-back'" in told
