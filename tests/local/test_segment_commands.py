"""`kizuna segment …` in a local cloud: a new segment is filled through the real handlers, and can be looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kizuna.cli.context import Place
from kizuna.cli.main import app
from kizuna.runtime.wiring import installed
from tests.support.clouds import Shop, running_shop, sample_documents

FANS = {
    "id": "fans",
    "name": "Fans",
    "when": {"event": "Song Played", "verb": "count", "value": 2, "window": {"last": "30d"}},
}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Six people who played one, two or three songs before anybody asked; then there are fans."""
    with running_shop() as made:
        for number in range(6):
            user = f"listener-{number}"
            made.send(
                {
                    "type": "identify",
                    "userId": user,
                    "traits": {"email": f"{user}@people.example", "country": "US"},
                },
                *(
                    {"type": "track", "userId": user, "event": "Song Played", "messageId": f"{user}-{each}"}
                    for each in range(number % 3 + 1)
                ),
            )
        made.settle()
        made.apply({**sample_documents(), ("segment", "fans"): FANS})
        yield made


def run(shop: Shop, *arguments: str, code: int = 0) -> Any:
    """What a command prints with `--json`."""
    with installed(shop.wired):
        place = Place(installed=True)
        with place.console.capture() as said:
            done = CliRunner().invoke(app, ["--json", *arguments], obj=place)
    assert done.exit_code == code, (said.get(), done.output, done.exception)
    return json.loads(said.get())


def test_a_new_segment_is_filled_and_its_status_says_so(shop: Shop) -> None:
    before = run(shop, "segment", "status")["backfill"]
    assert (before["state"], before["waitingFor"]) == ("running", ["fans"])
    assert [
        each["complete"] for each in run(shop, "segment", "list")["segments"] if each["id"] == "fans"
    ] == [False]
    shop.settle()
    after = run(shop, "segment", "status")["backfill"]
    assert (after["state"], after["share"], after["people"], after["total"]) == ("done", 1, 6, 6)
    shown = run(shop, "segment", "show", "fans")
    assert (shown["members"], shown["complete"]) == (4, True)
    assert shown["text"]["ja"] == "過去30日に「Song Played」をした回数が2以上である"


def test_a_draft_in_a_file_is_counted_and_sampled(shop: Shop, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text("event: Song Played\nverb: count\nop: gte\nvalue: 3\n", encoding="utf-8")
    counted = run(shop, "segment", "count", str(draft))["segments"][str(draft)]
    assert (counted["members"], counted["people"], counted["complete"]) == (2, 6, True)
    sampled = run(shop, "segment", "sample", str(draft), "--size", "1")
    assert len(sampled["sample"]) == 1
    assert sampled["sample"][0]["because"][0]["text"].startswith("they did “Song Played”")
    draft.write_text("trait: plan\nop: eqq\nvalue: 1\n", encoding="utf-8")
    refused = run(shop, "segment", "count", str(draft), code=1)
    assert refused["reasons"][0].startswith(f"{draft}: op: there is no 'eqq'")


def test_members_overlap_and_explanation(shop: Shop) -> None:
    shop.settle()
    found = run(shop, "segment", "members", "fans", "--limit", "1000")
    listed = list(found["members"])
    while found["next"]:
        found = run(shop, "segment", "members", "fans", "--after", found["next"])
        listed += found["members"]
    assert len(listed) == len(set(listed)) == 4
    assert run(shop, "segment", "overlap", "fans", "everyone")["pairs"][0]["members"] == 4
    body = run(shop, "segment", "explain", "fans", "listener-1", "--language", "ja")
    assert (body["holds"], body["onRecord"], body["when"]["seen"]["count"]) == (True, True, 2)
    assert body["until"] == "2026-12-22T12:00:00.000Z"
    assert run(shop, "segment", "explain", "nobody", "listener-1", code=1)["error"] == "NotFound"
    assert run(shop, "segment", "overlap", "fans", code=1)["error"] == "NotFound"


def test_every_page_can_be_shown_as_text(shop: Shop) -> None:
    for arguments in (
        ["list"], ["show", "fans"], ["count"], ["count", "fans"], ["sample", "fans"], ["members", "fans"],
        ["overlap", "fans", "everyone"], ["explain", "fans", "listener-2"], ["status"],
    ):  # fmt: skip
        with installed(shop.wired):
            place = Place(installed=True)
            with place.console.capture() as said:
                done = CliRunner().invoke(app, ["segment", *arguments], obj=place)
        assert done.exit_code == 0, (arguments, done.exception)
        assert said.get().strip()


def said_in_japanese(shop: Shop, *arguments: str) -> str:
    with installed(shop.wired):
        place = Place(installed=True)
        with place.console.capture() as said:
            CliRunner().invoke(app, ["segment", *arguments, "--language", "ja"], obj=place)
    return said.get()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "fans"], ["該当者: 4", "使われている場所: なし"]),
        (["count"], ["セグメント", "該当者"]),
        (["sample", "fans"], ["調べた人数", "お客様", "理由", "回数が2以上"]),
        (["overlap", "fans", "everyone"], ["fansとeveryoneの両方", "いずれか", "すべて"]),
    ],
)
def test_tables_speak_the_language_asked_for(shop: Shop, arguments: list[str], words: list[str]) -> None:
    shop.settle()
    told = said_in_japanese(shop, *arguments)
    assert [word for word in words if word not in told] == []
    assert not {"members", "people", "segment", "person", "because", "looked at"} & set(told.split())


def test_a_segment_that_is_misspelt_is_told_with_the_one_meant(shop: Shop, tmp_path: Path) -> None:
    assert run(shop, "segment", "show", "fanz", code=1)["reasons"] == [
        "there is no segment 'fanz' in force; did you mean 'fans'?"
    ]
    draft = tmp_path / "draft.yaml"
    draft.write_text("any: [{trait: plan, op: equals, value: pro}, {in_segment: fan}]\n", encoding="utf-8")
    assert run(shop, "segment", "count", str(draft), code=1)["reasons"] == [
        f"{draft}: any.0.op: there is no 'equals' here; did you mean 'eq'?"
    ]
    draft.write_text("any: [{everyone: true}, {in_segment: fan}]\n", encoding="utf-8")
    assert run(shop, "segment", "count", str(draft), code=1)["reasons"] == [
        f"{draft}: any.1: asks about segment 'fan', which does not exist; did you mean 'fans'?"
    ]


def test_a_plan_tells_who_would_enter(shop: Shop, tmp_path: Path) -> None:
    shop.settle()
    from kizuna.usecases.segments.changes import effects_of

    wider = {**FANS, "when": {"event": "Song Played"}}
    *_, last = effects_of(
        {**sample_documents(), ("segment", "fans"): wider},
        shop.wired.catalog.current(),
        shop.wired.people,
        now=shop.now,
    )
    (effect,) = last.segments
    assert (effect.sums.members, effect.sums.entering, effect.sums.leaving) == (6, 2, 0)
