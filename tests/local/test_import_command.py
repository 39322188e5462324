"""`kizuna --local import`: sent to the local cloud, shown as it goes on, and safe to type again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from kizuna.cli.context import Place
from kizuna.cli.main import app
from kizuna.cli.progress import ProgressLine
from kizuna.cli.remote import run_here
from tests.support.clouds import Shop
from tests.support.served import served_shop

SAMPLES = Path(__file__).parents[2] / "events" / "imports"
COMMAND = typer.main.get_command(app)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with served_shop() as served:
        yield served.shop


def run(arguments: list[str], place: Place) -> object:
    return COMMAND.main(args=arguments, prog_name="kizuna", standalone_mode=False, obj=place)


def typed(folder: Path, *arguments: str, terminal: bool = False) -> tuple[int, str]:
    """Type a command in a folder; its exit code, and what it printed."""
    asked = {"arguments": list(arguments), "folder": str(folder), "terminal": terminal}
    *said, last = (json.loads(line) for line in run_here(json.dumps(asked).encode(), run))
    return last["code"], "".join(each["output"] for each in said)


def imported(folder: Path, *arguments: str) -> dict[str, Any]:
    code, output = typed(folder, "--json", "import", "--source", "shop", *arguments)
    assert code == 0, output
    found: dict[str, Any] = json.loads(output)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in SAMPLES.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path


def test_a_file_is_imported_once_and_its_rejects_lie_beside_it(shop: Shop, folder: Path) -> None:
    first = imported(folder, "people.csv")
    assert (first["state"], first["rows"], first["created"], first["already"]) == ("done", 6, 4, False)
    lines = (folder / "people.csv.rejects.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [
        ['"5"', '"missing_identity"'],
        ['"6"', '"unreadable_time"'],
    ]
    again = imported(folder, "people.csv")
    assert (again["already"], again["rows"]) == (True, 6)
    assert shop.person("c-1001").trait("first_name") == "愛子"


def test_a_mapping_is_found_from_where_the_command_was_typed(shop: Shop, folder: Path) -> None:
    done = imported(folder, "--map", "orders-sjis.yaml", "orders-sjis.csv")
    assert (done["rows"], done["rejected"]) == (3, {"unreadable_value": 1})
    assert [event.properties["currency"] for event in shop.timeline("c-1001") if event.type == "track"] == [
        "JPY",
        "JPY",
    ]


def test_a_dry_run_leaves_everything_as_it_was(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("user_id,email\ndry-1,dry@people.example\n", encoding="utf-8")
    found = imported(tmp_path, "--dry-run", "new.csv")
    assert (found["rows"], found["createdAtMost"]) == (1, 1)
    assert shop.holder("user_id", "dry-1") is None
    assert not (tmp_path / "new.csv.rejects.csv").exists()


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--source", "nobody", "people.csv"), "there is no source 'nobody'"),
        (("--source", "shop", "missing.csv"), "missing.csv: No such file"),
        (("--source", "shop", "--zone", "Mars", "people.csv"), "options: zone: 'Mars' is no zone"),
        (("--source", "shop", "--encoding", "utf-7", "people.csv"), "unknown_encoding"),
        (("--source", "shop", "--map", "people.csv", "people.csv"), "must be a mapping of names"),
        (("--source", "shop", "book.csv"), "foreign_format: is a zip archive or a spreadsheet"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sent(
    folder: Path, arguments: tuple[str, ...], told: str
) -> None:
    (folder / "book.csv").write_bytes(b"PK\x03\x04")
    code, output = typed(folder, "import", *arguments)
    assert code == 1
    assert told in " ".join(output.split())


@pytest.mark.usefixtures("shop")
def test_on_a_terminal_the_progress_is_one_line_that_is_written_again(tmp_path: Path) -> None:
    (tmp_path / "seen.csv").write_text("user_id,event\nseen,A\n", encoding="utf-8")
    code, output = typed(tmp_path, "import", "--source", "shop", "seen.csv", terminal=True)
    assert code == 0
    assert "\r\x1b[2Kseen.csv ████████████████████████ 100% · 1 rows" in output


def test_the_line_tells_the_rate_and_the_time_that_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    moments = iter([0.0, 10.0, 10.0, 10.0])
    line = ProgressLine(Place(), "crm.csv", clock=lambda: next(moments))
    line.show(0.25, 5_000, 2)
    shown = capsys.readouterr().out
    assert "crm.csv ██████░░░░░░░░░░░░░░░░░░  25% · 5,000 rows · 500 rows/s · 30s left · 2 refused" in shown


def test_where_json_was_asked_for_there_is_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    ProgressLine(Place(as_json=True), "crm.csv").show(0.5, 1, 0)
    assert capsys.readouterr().out == ""
