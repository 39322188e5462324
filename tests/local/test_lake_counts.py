"""Everybody written into the lake of one machine and counted there: the function, its queue, the command, the API."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from kizuna.cli.console import SafeConsole
from kizuna.cli.context import Place
from kizuna.core.conditions import Condition
from kizuna.local.duckdb_lake import quiet_database
from kizuna.local.gateway import LocalReply
from kizuna.topology import Function
from kizuna.usecases.segments.lake_counts import NoSnapshot, lake_count
from kizuna.usecases.segments.snapshot import newest
from tests.support.clouds import Shop, running_shop
from tests.support.erasing import forget

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
CLAIMS: dict[str, Any] = {"reader": {"sub": "somebody", "cognito:groups": ["viewer"]}}
BUYERS = {"event": "Order Completed", "verb": "count", "op": "gte", "value": 2, "window": {"last": "7d"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="module")
def shop(folder: Path) -> Iterator[Shop]:
    with running_shop(lake=folder, authorizer=CLAIMS.get) as running:
        yield running


def _buys(shop: Shop, user: str, times: int) -> None:
    shop.send({"type": "identify", "userId": user, "traits": {"plan": "pro" if times > 1 else "free"}})
    for number in range(times):
        shop.send(
            {"type": "track", "userId": user, "event": "Order Completed", "messageId": f"{user}-{number}"}
        )
    shop.settle()


def _count(shop: Shop, written: Any) -> int:
    wired = shop.wired
    condition = CONDITION.validate_python(written)
    return lake_count(
        condition, wired.lake_queries, wired.runs, now=wired.now(), pause=lambda seconds: None
    ).people


def _kizuna(*arguments: str) -> Any:
    from kizuna.cli.main import app

    printed = io.StringIO()
    place = Place(installed=True, console=SafeConsole(file=printed, width=200))
    app(["--json", *arguments], obj=place, standalone_mode=False)
    return json.loads(printed.getvalue())


def test_no_progress_is_drawn_into_what_a_program_reads() -> None:
    with quiet_database({"threads": "1"}) as database:
        drawn = database.execute("SELECT value FROM duckdb_settings() WHERE name = 'enable_progress_bar'")
        assert drawn.fetchall() == [("false",)]


def test_without_a_snapshot_it_says_how_one_is_made(shop: Shop) -> None:
    with pytest.raises(NoSnapshot, match="kizuna lake snapshot"):
        _count(shop, {"everyone": True})


def test_everybody_is_written_by_shards_and_counted_in_one_query(shop: Shop, tmp_path: Path) -> None:
    for user, times in (("ada", 3), ("bob", 1), ("eve", 2)):
        _buys(shop, user, times)
    began = shop.invoke(Function.SNAPSHOT, {})
    assert newest(shop.wired.runs, now=shop.now) is None, "a snapshot that is not whole is not read"
    shop.settle()
    found = newest(shop.wired.runs, now=shop.now)
    assert found is not None
    assert found.id == began["snapshot"]
    everyone = _count(shop, {"everyone": True})
    assert everyone == sum(
        len(shop.wired.people.members("everyone", shard, limit=999)[0]) for shard in range(8)
    )
    assert _count(shop, BUYERS) == 2
    assert _count(shop, {"trait": "plan", "op": "eq", "value": "pro"}) == 2
    file = tmp_path / "draft.yaml"
    file.write_text(json.dumps(BUYERS), encoding="utf-8")
    told = _kizuna("segment", "count", str(file), "--lake")["segments"][str(file)]
    assert told["people"] == 2
    assert told["peopleAsOf"] == found.taken_at.isoformat()
    assert told["scannedBytes"] > 0
    assert _kizuna("lake", "status")["snapshot"] == found.id


def test_the_same_over_http_in_two_calls(shop: Shop) -> None:
    begun = _asked(shop, "POST", "/admin/lake-counts", {"segment": BUYERS})
    assert begun.status == 202, begun.body
    query = json.loads(begun.body)["id"]
    done = json.loads(_asked(shop, "GET", f"/admin/lake-counts/{query}").body)
    assert (done["state"], done["people"]) == ("done", 2)
    assert _asked(shop, "GET", "/admin/lake-counts/2026-11-22T12-00.q999").status == 404
    assert _asked(shop, "GET", "/admin/lake-counts/nonsense").status == 404
    assert _asked(shop, "GET", "/admin/lake-counts").status == 405
    refused = _asked(shop, "POST", "/admin/lake-counts", {"segment": {"trait": "plan", "op": "sounds_like"}})
    assert refused.status == 422
    assert json.loads(refused.body)["code"] == "invalid_definition"


@pytest.mark.parametrize("body", [None, [], {}, {"segment": 5}, {"segment": BUYERS, "more": 1}])
def test_a_body_that_is_no_question_is_refused(shop: Shop, body: Any) -> None:
    assert _asked(shop, "POST", "/admin/lake-counts", body).status == 400


def test_whoever_is_erased_leaves_every_snapshot(shop: Shop, folder: Path) -> None:
    before = _count(shop, BUYERS)
    person = shop.person("ada").id
    forget(shop, "ada")
    shop.cloud.advance(timedelta(hours=2))
    assert _count(shop, BUYERS) == before - 1
    names = [path for path in folder.rglob("*.jsonl*") if person in _text(shop, folder, path)]
    assert names == []


def _text(shop: Shop, folder: Path, path: Path) -> str:
    return "".join(shop.wired.rows.lines(path.relative_to(folder).as_posix()))


def _asked(shop: Shop, method: str, path: str, body: Any = None) -> LocalReply:
    text = b"" if body is None else json.dumps(body).encode()
    return shop.call(method, path, headers={"authorization": "Bearer reader"}, body=text)
