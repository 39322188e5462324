"""`kizuna list`: people put on lists and taken off, by hand and from files."""

from __future__ import annotations

import csv
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

STAFF = {("list", "staff"): {"id": "staff", "name": "Staff"}}
COLLEAGUES = {
    ("segment", "colleagues"): {"id": "colleagues", "name": "Colleagues", "when": {"static_list": "staff"}}
}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop(documents={**sample_documents(), **STAFF, **COLLEAGUES}) as running:
        for number in range(5):
            running.greet(f"u{number}")
        running.settle()
        yield running


def told(shop: Shop, *words: str, code: int = 0) -> Any:
    with installed(shop.wired):
        done = CliRunner().invoke(app, ["--json", "list", *words], obj=Place(installed=True))
    assert done.exit_code == code, done.output
    shop.settle()
    return json.loads(done.output)


def people_on(shop: Shop) -> set[str]:
    return {row["person"] for row in told(shop, "show", "staff")["people"]}


def person(shop: Shop, user: str) -> str:
    return shop.person(user).id


def test_somebody_is_put_on_a_list_and_taken_off_again(shop: Shop) -> None:
    done = told(shop, "add", "staff", "user_id:u0", "--by", "mia")
    assert done["changed"] == [person(shop, "u0")]
    assert "colleagues" in shop.person("u0").segments
    [row] = told(shop, "show", "staff")["people"]
    assert (row["person"], row["by"]) == (person(shop, "u0"), "mia")
    assert told(shop, "all")["lists"] == [{"id": "staff", "name": "Staff", "people": 1}]
    assert told(shop, "add", "staff", "user_id:u0")["unchanged"] == [person(shop, "u0")]
    told(shop, "remove", "staff", "user_id:u0")
    assert people_on(shop) == set()
    assert "colleagues" not in shop.person("u0").segments


def test_a_file_may_be_brought_in_again_and_says_which_lines_name_nobody(shop: Shop, tmp_path: Path) -> None:
    file, rejects = tmp_path / "people.csv", tmp_path / "rejects.csv"
    file.write_text("name,id\nA,u1\nB,nobody\nC,u2\n\nD,u1\n", "utf-8")
    words = ["import", "staff", str(file), "--column", "id", "--kind", "user_id", "--rejects", str(rejects)]
    assert told(shop, *words, code=1) == {"list": "staff", "changed": 2, "unchanged": 0, "refused": 1}
    assert list(csv.reader(rejects.read_text("utf-8").splitlines())) == [["line", "reason"], ["3", "unknown"]]
    assert people_on(shop) == {person(shop, "u1"), person(shop, "u2")}
    assert told(shop, *words, code=1)["changed"] == 0
    plain = tmp_path / "people.txt"
    plain.write_text("user_id:u1\nuser_id:u2\n", "utf-8")
    assert told(shop, "import", "staff", str(plain), "--remove")["changed"] == 2
    assert people_on(shop) == set()


def test_what_cannot_be_done_is_said(shop: Shop, tmp_path: Path) -> None:
    assert "there is no list 'friends'" in told(shop, "add", "friends", "user_id:u0", code=1)["reasons"][0]
    file = tmp_path / "people.csv"
    file.write_text("name,id\nA,u1\n", "utf-8")
    refusal = told(shop, "import", "staff", str(file), "--column", "who", code=1)
    assert refusal["reasons"] == ["people.csv has no column 'who': name, id"]
