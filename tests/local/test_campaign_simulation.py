"""`kizuna campaign simulate`, and the same over HTTP, in a local cloud: beside the run that they foretell."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from kizuna.core.durations import instant_to_text
from kizuna.runtime.wiring import installed
from tests.support.clouds import Shop, running_shop, sample_documents
from tests.support.kizuna_command import kizuna, told

TEXTS = {"US": "+12025550", "JP": "+8190555500", "DE": "+4915155500"}
FANS = {"id": "fans", "name": "Fans", "when": {"trait": "fan", "op": "eq", "value": True}}


def definitions(shop: Shop | None = None) -> dict[tuple[str, str], Any]:
    sample = dict(sample_documents())
    base = sample["campaign", "win-back"]
    notice = {
        **{name: value for name, value in base.items() if name not in ("template", "channel")},
        "id": "notice",
        "name": "Notice",
        "category": "transactional",
        "transactional_basis": "they asked to be told when the record is in",
        "channel": "sms",
        "template": "sms-help-sms",
        "audience": {"in": ["fans"]},
    }
    mail = {**base, "id": "drop", "name": "Drop", "audience": {"in": ["fans"]}}
    return {**sample, ("segment", "fans"): FANS, ("campaign", "notice"): notice, ("campaign", "drop"): mail}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop(authorizer=lambda _: {"sub": "ann", "cognito:groups": ["author"]}) as made:
        made.apply(definitions())
        made.settle()
        for number in range(9):
            country = ("US", "JP", "DE")[number % 3]
            phone = f"{TEXTS[country]}{143 + number}" if country == "US" else f"{TEXTS[country]}{10 + number}"
            zones = {"US": "America/New_York", "JP": "Asia/Tokyo", "DE": "Europe/Berlin"}
            traits = {"email": f"f{number}@people.example", "phone": phone, "country": country}
            told_of = {"type": "identify", "userId": f"f{number}", "messageId": f"f{number}-in"}
            made.send({**told_of, "traits": {**traits, "fan": True, "timezone": zones[country]}})
        made.settle()
        yield made


def simulated(shop: Shop, *arguments: str) -> Any:
    with installed(shop.wired):
        return told("campaign", "simulate", *arguments)


def states(shop: Shop, campaign: str) -> Counter[tuple[str, str, str]]:
    found = [each for number in range(9) for each in shop.messages(f"f{number}") if each.campaign == campaign]
    return Counter((each.channel, str(each.state), each.reason) for each in found)


def test_the_command_foretells_what_the_run_then_does(shop: Shop) -> None:
    at = instant_to_text(shop.now)
    foretold = simulated(shop, "drop", "--at", at)
    assert foretold["funnel"][0] == {"stage": "matched", "people": 9, "fell": 0}
    before = Counter(len(shop.messages(f"f{number}")) for number in range(9))
    assert before == {0: 9}
    with installed(shop.wired):
        code, output = kizuna("campaign", "start", "drop")
    assert code == 0, output
    shop.settle()
    shop.cloud.advance(timedelta(days=1))
    shop.settle()
    withheld = {(row["channel"], row["reason"]): row["messages"] for row in foretold["refused"]}
    found = states(shop, "drop")
    assert sum(foretold["channels"].values()) == sum(
        count for (_, state, _), count in found.items() if state == "SENT"
    )
    assert withheld == {
        (channel, reason): count for (channel, state, reason), count in found.items() if state != "SENT"
    }


def test_texts_are_priced_by_country_and_parts(shop: Shop) -> None:
    cost = simulated(shop, "notice")["cost"]
    by_country = {row["country"]: row for row in cost["texts"]}
    assert set(by_country) == {"US", "JP", "DE"}
    assert all(row["parts"] >= 3 and row["source"] == "assumed" for row in by_country.values())
    assert (cost["total"], cost["assumedParts"]) == (None, sum(row["parts"] for row in by_country.values()))
    for end in ("low", "high"):
        texts = sum(row[end] for row in by_country.values())
        assert cost[end] == pytest.approx(texts + cost["engine"]["cost"], abs=1e-3)
    with installed(shop.wired):
        for language, words in (("en", "assumed"), ("ja", "仮定")):
            _, page = kizuna("campaign", "simulate", "notice", "--language", language, "--no-keep")
            assert words in page


def test_every_message_that_was_foretold_can_be_had_as_a_line(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    foretold = simulated(shop, "drop", "--no-keep", "--people", str(file))
    lines = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert {line["person"] for line in lines} == {shop.person(f"f{number}").id for number in range(9)}
    sent = Counter(line["channel"] for line in lines if line["state"] == "SENT")
    assert sent == foretold["channels"]
    with installed(shop.wired):
        code, output = kizuna("campaign", "simulate", "drop", "--people", str(tmp_path / "no" / "such.csv"))
    assert (code, "--people" in output) == (1, True)


def test_the_next_one_is_told_beside_the_last_and_a_draft_needs_no_apply(shop: Shop, tmp_path: Path) -> None:
    at = instant_to_text(shop.now + timedelta(days=30))
    simulated(shop, "drop", "--at", at)
    again = simulated(shop, "drop", "--at", at)
    assert (again["previous"], again["changes"]) == (at, [])
    draft = {**definitions()["campaign", "drop"], "audience": {"in": ["everyone"]}}
    file = tmp_path / "drop.yaml"
    file.write_text(yaml.safe_dump(draft), encoding="utf-8")
    with installed(shop.wired):
        code, output = kizuna("campaign", "simulate", str(file))
    assert code == 1
    assert "say why in override_reason" in output
    file.write_text(yaml.safe_dump({**draft, "override_reason": "a recall of the record"}), encoding="utf-8")
    wider = simulated(shop, str(file), "--at", at, "--no-keep")
    assert wider["guards"]["untargeted"] == "everyone"
    assert simulated(shop, "drop", "--at", at)["changes"] == []


def test_what_cannot_be_simulated_is_named(shop: Shop) -> None:
    with installed(shop.wired):
        for asked, reason in (
            (["unheard-of"], "there is no campaign 'unheard-of' in force"),
            (["welcome-back"], "is not one that runs for an audience"),
            (["drop", "--at", "tomorrow"], "is no instant"),
            (["./none.yaml"], "./none.yaml: there is no such file"),
        ):
            code, output = kizuna("campaign", "simulate", *asked)
            assert code == 1
            assert reason in output


def test_the_page_is_there_in_both_languages(shop: Shop) -> None:
    with installed(shop.wired):
        for language, words in (("en", "Who would hear it"), ("ja", "届く人数")):
            code, output = kizuna("campaign", "simulate", "drop", "--language", language, "--no-keep")
            assert code == 0
            assert words in output


def asked(shop: Shop, path: str, body: Any = None, *, method: str = "POST") -> tuple[int, Any]:
    raw = b"" if body is None else json.dumps(body).encode()
    reply = shop.call(method, path, body=raw, headers={"authorization": "Bearer x"})
    return reply.status, json.loads(reply.body)


def test_the_same_over_http(shop: Shop) -> None:
    at = instant_to_text(shop.now + timedelta(days=30))
    here = simulated(shop, "drop", "--at", at)
    status, there = asked(shop, "/admin/campaigns/drop/simulate", {"at": at})
    assert status == 200
    assert there["share"] == 1
    assert {name: there[name] for name in ("funnel", "cost", "refused", "samples")} == {
        name: here[name] for name in ("funnel", "cost", "refused", "samples")
    }
    draft = {**definitions()["campaign", "drop"], "audience": {"in": ["everyone"]}}
    assert asked(shop, "/admin/campaigns/drop/simulate", {"campaign": draft})[0] == 422
    assert asked(shop, "/admin/campaigns/drop/simulate", {"whom": 1})[0] == 400
    assert asked(shop, "/admin/campaigns/nothing/simulate", {})[0] == 404
    assert asked(shop, "/admin/campaigns/welcome-back/simulate")[0] == 404
    assert asked(shop, "/admin/campaigns/drop/simulate", method="GET")[0] == 405


def test_what_is_asked_for_wrongly_is_answered_with_what_to_do(shop: Shop) -> None:
    asked = (
        (
            "campaign schedule confirm-subscription",
            "has no schedule: it is set off by asked; kizuna campaign status",
        ),
        (
            "campaign schedule unheard-of",
            "no campaign 'unheard-of' in force; kizuna campaign status lists them",
        ),
        (
            "campaign status unheard-of",
            "no campaign 'unheard-of' in force; kizuna campaign status lists them",
        ),
        ("campaign calendar --language fr", "--language"),
        ("cost estimate --people 0", "--people"),
        ("cost estimate --people 9 --rate 0", "--rate"),
        ("cost estimate --people 9 --heard nan", "--heard"),
    )
    with installed(shop.wired):
        for command, reason in asked:
            code, output = kizuna(*command.split())
            assert code != 0, command
            assert reason in output, command
        code, output = kizuna("cost", "estimate", "--people", "1000")
    assert code == 0
    assert "1.2 minutes" in output
