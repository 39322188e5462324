"""`kizuna ledger verify` on the local cloud: whatever somebody does to the ledger in the dark comes to light."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import boto3
import pytest

from kizuna.core.consent import GENESIS, body_hash, consent_event_from_json
from kizuna.core.contracts import AnchorShard
from kizuna.core.errors import Unavailable
from kizuna.core.rights.staff_acts import Act
from kizuna.local.resources import ANCHORS, REGION
from kizuna.topology import Function
from kizuna.usecases.consents.anchoring import (
    ERASED,
    RUNS,
    SHARDS,
    Anchorage,
    begin,
    manifest_of,
    object_of,
    write_shard,
)
from kizuna.usecases.consents.ledger_audit import Audit, audit
from kizuna.usecases.consents.staff_acts import StaffDesk, record
from tests.support.clouds import Shop, running_shop
from tests.support.erasing import Lived
from tests.support.kizuna_command import kizuna
from tests.support.tampering import (
    Ledger,
    alter,
    auditor,
    cut_the_tail_off,
    forge_a_tail,
    restore,
    with_two_chains,
)

Row = dict[str, Any]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


@pytest.fixture
def person(shop: Shop) -> Lived:
    return with_two_chains(shop, "ada-1")


def audited(shop: Shop) -> Audit:
    return [*audit(auditor(shop))][-1]


def anchored(shop: Shop) -> str:
    """The sweep of a night, and all that follows from it."""
    name: str = shop.cloud.invoke(Function.SNAPSHOT, {})["anchor"]
    shop.cloud.settle()
    return name


def test_what_is_said_at_one_moment_all_goes_into_one_chain(shop: Shop, person: Lived) -> None:
    wired, profile = shop.wired, person.profile
    desk, catalog = StaffDesk(wired.people, wired.ledger, wired.new_profile_id), wired.catalog.current()

    def object_for(number: int) -> int:
        while True:  # whoever comes second is told so, and comes again
            try:
                return record(
                    profile, Act.OBJECT, desk, catalog, now=shop.now, by=f"staff-{number}", reason="by phone"
                )
            except Unavailable:
                continue

    with ThreadPoolExecutor(6) as many:
        assert set(many.map(object_for, range(18))) == {1}

    chain = wired.ledger.chain([profile.id])
    assert sum(entry.event is not None and entry.event.action == "object" for entry in chain) == 18
    assert len({entry.hash for entry in chain}) == len(chain)
    assert audited(shop).holds


def test_a_ledger_that_nobody_touched_holds(shop: Shop, person: Lived) -> None:
    name = anchored(shop)
    found = audited(shop)

    assert found.holds
    assert (found.anchors, found.anchored_at) == (1, shop.wired.anchors.kept()[0].at)
    assert shop.wired.anchors.kept()[0].id == name
    assert found.chains >= 2
    assert sum(anchor.entries for anchor in shop.wired.anchors.kept()) == found.entries


def test_a_chain_that_was_cut_off_together_with_its_profile_is_found_by_the_anchor(
    shop: Shop, person: Lived
) -> None:
    anchored(shop)
    ledger, part = Ledger(shop), person.profile.id
    cut_the_tail_off(ledger, part)
    rows = ledger.rows(part)
    ledger.tell_profile(part, rows[-1]["h"] if rows else "", len(rows))

    assert [problem.cause for problem in audited(shop).chain_problems] == ["anchored_otherwise"]


def test_a_chain_that_was_written_anew_together_with_its_profile_is_found_by_the_anchor(
    shop: Shop, person: Lived
) -> None:
    anchored(shop)
    ledger, part, before = Ledger(shop), person.profile.id, GENESIS
    rows = ledger.rows(part)
    for row in rows:
        body = {**json.loads(row["b"]), "at": "2020-01-01T00:00:00Z"}
        end = body_hash(consent_event_from_json(body), before)
        ledger.put({**row, "b": json.dumps(body), "ph": before, "h": end})
        before = end
    ledger.tell_profile(part, before, len(rows))

    assert [problem.cause for problem in audited(shop).chain_problems] == ["anchored_otherwise"]


def test_a_chain_that_grew_on_from_an_older_copy_is_found_by_the_anchor(shop: Shop, person: Lived) -> None:
    ledger, part = Ledger(shop), person.profile.id
    older = ledger.rows(part)[:-1]
    anchored(shop)
    restore(ledger, part, older)
    for _ in range(3):
        forge_a_tail(ledger, part)
        assert [each.cause for each in audited(shop).chain_problems] == ["anchored_otherwise"]


def test_a_tail_that_was_forged_after_an_anchor_looks_like_any_other_and_cannot_be_taken_back(
    shop: Shop, person: Lived
) -> None:
    """Who may write to both tables may add; what they cannot do is to remove it again once a night has passed."""
    ledger, part = Ledger(shop), person.profile.id
    before = ledger.rows(part)
    anchored(shop)
    forge_a_tail(ledger, part)
    assert audited(shop).holds
    shop.cloud.advance(timedelta(days=1))
    anchored(shop)

    restore(ledger, part, before)

    assert [each.cause for each in audited(shop).chain_problems] == ["anchored_otherwise"]


def test_what_comes_after_an_anchor_breaks_nothing(shop: Shop, person: Lived) -> None:
    anchored(shop)
    refused = [{"key": person.email, "type": "EMAIL", "status": "UNSUBSCRIBED"}]
    context = {"messaging_subscriptions": refused}
    shop.send({"type": "track", "userId": person.user, "event": "X", "context": context})
    shop.settle()

    assert audited(shop).holds


def test_an_erased_person_leaves_chains_that_hold_and_cannot_be_cut(shop: Shop, person: Lived) -> None:
    anchored(shop)
    assert kizuna("profile", "forget", person.email, "--actor", "dpo", "--reason", "request")[0] == 0
    shop.cloud.advance(timedelta(hours=8))
    assert shop.wired.erasures.stored([person.profile.id])[person.profile.id].status == "erased"
    assert audited(shop).holds
    shop.cloud.invoke(Function.SNAPSHOT, {})
    shop.cloud.settle()
    assert audited(shop).holds

    cut_the_tail_off(Ledger(shop), person.profile.id)

    causes = {problem.cause for problem in audited(shop).chain_problems}
    assert causes == {"truncated", "anchored_otherwise"}


def test_an_anchor_in_the_ledger_that_was_altered_or_taken_out_is_found(shop: Shop, person: Lived) -> None:
    names = []
    for _ in range(3):
        names.append(anchored(shop))
        shop.cloud.advance(timedelta(days=1))
    client = boto3.client("dynamodb", region_name=REGION)
    table = shop.wired.settings.ledger
    key = {"pk": {"S": "anchors"}, "sk": {"S": names[1]}}
    row = client.get_item(TableName=table, Key=key)["Item"]

    client.delete_item(TableName=table, Key=key)
    assert [(each.anchor, each.cause) for each in audited(shop).anchor_problems] == [(names[2], "unlinked")]

    altered = {**json.loads(row["b"]["S"]), "chains": 0}
    client.put_item(TableName=table, Item={**row, "b": {"S": json.dumps(altered)}})
    assert [each.cause for each in audited(shop).anchor_problems] == ["altered"]


def test_objects_of_an_anchor_that_were_altered_or_are_gone_are_found(shop: Shop, person: Lived) -> None:
    name = anchored(shop)
    s3 = boto3.client("s3", region_name=REGION)
    shard = next(
        shard for shard in range(SHARDS) if len(shop.wired.anchors.lines(object_of(name, shard, ""))) > 1
    )
    key = object_of(name, shard, "")
    lines = shop.wired.anchors.lines(key)

    s3.put_object(Bucket=ANCHORS, Key=key, Body="".join(lines[1:]).encode())
    assert [each.cause for each in audited(shop).anchor_problems] == ["altered"]
    s3.delete_object(Bucket=ANCHORS, Key=key)
    assert [each.cause for each in audited(shop).anchor_problems] == ["missing"]
    s3.delete_object(Bucket=ANCHORS, Key=manifest_of(name))
    assert ("missing" in {each.cause for each in audited(shop).anchor_problems}) is True


@pytest.mark.parametrize("crash_after", ["object", "checkpoint", "manifest"])
def test_a_worker_that_dies_anywhere_is_taken_over_from_and_the_anchor_is_one(
    shop: Shop, person: Lived, crash_after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wired = shop.wired
    on = Anchorage(wired.people, wired.erasures, wired.runs, wired.anchors, wired.queues)
    name = begin(wired.runs, wired.queues, now=shop.now)

    class Died(Exception):
        pass

    def die(*_: object, **__: object) -> None:
        raise Died

    places = {
        "object": ("runs", "advance"),
        "checkpoint": ("runs", "get"),
        "manifest": ("anchors", "keep"),
    }
    holder, method = places[crash_after]
    with monkeypatch.context() as patched:
        patched.setattr(type(getattr(wired, holder)), method, die)
        with pytest.raises(Died):
            _ = [write_shard(AnchorShard(anchor=name, shard=shard), on) for shard in range(SHARDS)]
    shop.cloud.settle()

    assert [anchor.id for anchor in wired.anchors.kept()] == [name]
    assert audited(shop).holds


def test_a_shard_goes_on_where_the_time_was_over(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kizuna.usecases.consents.anchoring.PAGE", 2)
    monkeypatch.setattr("kizuna.usecases.consents.anchoring.PAGES", 1)
    for number in range(40):
        shop.send({"type": "identify", "userId": f"user-{number}", "traits": {"plan": "free"}})
    shop.settle()
    wired = shop.wired
    on = Anchorage(wired.people, wired.erasures, wired.runs, wired.anchors, wired.queues)
    name = begin(wired.runs, wired.queues, now=shop.now)
    for shard in range(SHARDS):
        write_shard(AnchorShard(anchor=name, shard=shard), on, is_over=lambda: True)

    assert any(
        not (wired.runs.checkpoint(RUNS, name, str(shard)) or "").startswith("~") for shard in range(ERASED)
    )
    shop.cloud.settle()
    assert [anchor.id for anchor in wired.anchors.kept()] == [name]
    assert audited(shop).holds


def test_the_command_says_whether_the_ledger_holds_and_ends_accordingly(shop: Shop, person: Lived) -> None:
    anchored(shop)
    assert kizuna("ledger", "verify")[0] == 0
    alter(Ledger(shop), person.profile.id)
    code, output = kizuna("--json", "ledger", "verify")
    told = json.loads(output)

    assert code == 1
    assert told["holds"] is False
    assert told["chainProblems"][0]["part"] == person.profile.id
    code, output = kizuna("ledger", "verify")
    assert (code, "DOES NOT HOLD" in output) == (1, True)
    assert person.email not in output
