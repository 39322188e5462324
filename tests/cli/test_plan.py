"""`kizuna plan`: what would change, who would enter and leave, and not a byte of it written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kizuna.cli import workspace
from kizuna.cli.context import Place
from kizuna.cli.main import app
from kizuna.runtime.wiring import installed
from tests.support.clouds import ROOT, Shop, running_shop, sample_documents

MEMBERS = {
    ("segment", "members"): {"id": "members", "name": "Members", "when": {"trait": "plan", "op": "exists"}}
}
PLANS = ("free", "pro", "pro", None)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    documents = {**sample_documents(), **MEMBERS}
    with running_shop(documents=documents) as running:
        for number, plan in enumerate(PLANS):
            traits = {"plan": plan} if plan else {"country": "GB"}
            running.send({"type": "identify", "userId": f"u{number}", "traits": traits})
        running.settle()
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The definitions in force, as files."""
    shutil.copytree(ROOT / "shared" / "workspace", tmp_path, dirs_exist_ok=True)
    documents = sample_documents()
    for kind, name in (("source", "app"), ("campaign", "hello")):
        place = tmp_path / f"{kind}s" / f"{name}.yaml"
        place.parent.mkdir(exist_ok=True)
        place.write_text(json.dumps(documents[kind, name]))
    write(tmp_path, "exists")
    return tmp_path


def write(folder: Path, op: str, **more: Any) -> None:
    when = {"trait": "plan", "op": op, **more}
    text = json.dumps({"id": "members", "name": "Members", "when": when})
    (folder / "segments" / "members.yaml").write_text(text)


def plan(shop: Shop, folder: Path, *words: str, as_json: bool = True, code: int = 0) -> Any:
    options = ["--json"] if as_json else []
    with installed(shop.wired):
        done = CliRunner().invoke(app, [*options, "plan", str(folder), *words], obj=Place(installed=True))
    assert done.exit_code == code, done.output
    return json.loads(done.output) if as_json else done.output


def person(shop: Shop, number: int) -> str:
    return shop.person(f"u{number}").id


def test_what_is_in_force_changes_nothing(shop: Shop, folder: Path) -> None:
    body = plan(shop, folder)
    assert (body["changes"], body["people"], body["effects"]) == ([], None, None)
    assert plan(shop, folder, as_json=False).strip() == "No changes."


def test_a_changed_segment_tells_who_would_enter_and_who_would_leave(shop: Shop, folder: Path) -> None:
    write(folder, "eq", value="pro")
    body = plan(shop, folder)
    assert body["changes"] == [{"act": "change", "kind": "segment", "id": "members"}]
    assert body["people"] == len(PLANS)
    [effect] = body["effects"]
    assert (effect["segment"], effect["members"], effect["entering"], effect["leaving"]) == (
        "members",
        2,
        0,
        1,
    )
    assert effect["sample"] == [person(shop, 0)]
    write(folder, "not_exists")
    [effect] = plan(shop, folder)["effects"]
    assert (effect["members"], effect["entering"], effect["leaving"]) == (1, 1, 3)
    assert set(effect["sample"]) == {person(shop, number) for number in range(4)}


def test_the_same_is_told_in_words(shop: Shop, folder: Path) -> None:
    write(folder, "eq", value="pro")
    page = plan(shop, folder, as_json=False)
    assert "~ segment members" in page
    assert f"members: 2 of {len(PLANS)} people, 0 would enter, 1 would leave" in page
    assert person(shop, 0) in page


def test_a_new_segment_over_what_nobody_remembered_is_counted_from_the_timelines(
    shop: Shop, folder: Path
) -> None:
    shop.send({"type": "track", "userId": "u3", "event": "Listened", "properties": {"genre": "jazz"}})
    shop.settle()
    when = {"event": "Listened", "where": [{"property": "genre", "op": "eq", "value": "jazz"}]}
    text = json.dumps({"id": "listeners", "name": "Listeners", "when": when})
    (folder / "segments" / "listeners.yaml").write_text(text)
    body = plan(shop, folder)
    assert body["changes"] == [{"act": "add", "kind": "segment", "id": "listeners"}]
    assert [(each["segment"], each["entering"]) for each in body["effects"]] == [("listeners", 1)]


def test_a_dropped_segment_is_left_by_all_its_members(shop: Shop, folder: Path) -> None:
    (folder / "segments" / "members.yaml").unlink()
    body = plan(shop, folder)
    assert body["changes"] == [{"act": "remove", "kind": "segment", "id": "members"}]
    [effect] = body["effects"]
    assert (effect["segment"], effect["members"], effect["entering"], effect["leaving"]) == (
        "members",
        0,
        0,
        3,
    )
    assert set(effect["sample"]) == {person(shop, number) for number in range(3)}
    page = plan(shop, folder, as_json=False)
    assert "- segment members" in page
    assert f"members: 0 of {len(PLANS)} people, 0 would enter, 3 would leave" in page


def test_what_moves_no_segment_asks_nobody(shop: Shop, folder: Path) -> None:
    text = json.dumps({"id": "members", "name": "Our members", "when": {"trait": "plan", "op": "exists"}})
    (folder / "segments" / "members.yaml").write_text(text)
    body = plan(shop, folder)
    assert body["changes"] == [{"act": "change", "kind": "segment", "id": "members"}]
    assert (body["people"], body["effects"]) == (None, None)


def test_many_people_are_asked_only_on_demand(
    shop: Shop, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "ENOUGH", 3)
    write(folder, "eq", value="pro")
    body = plan(shop, folder)
    assert (body["people"], body["effects"]) == (len(PLANS), None)
    assert "--everybody" in plan(shop, folder, as_json=False)
    assert [each["segment"] for each in plan(shop, folder, "--everybody")["effects"]] == ["members"]


def test_what_would_be_refused_is_refused_with_file_and_path(shop: Shop, folder: Path) -> None:
    write(folder, "bigger_than", value=3)
    page = plan(shop, folder, as_json=False, code=1)
    assert "members.yaml" in page.replace("\n", "")


def test_nothing_is_written(shop: Shop, folder: Path) -> None:
    before = (shop.wired.catalog.current().version, shop.wired.backfills.latest(), shop.person("u0"))
    write(folder, "eq", value="pro")
    plan(shop, folder)
    shop.settle()
    after = (shop.wired.catalog.current().version, shop.wired.backfills.latest(), shop.person("u0"))
    assert after == before
