"""What a command says when it was typed wrong, or given a file that cannot be: a reason, and no traceback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from kizuna.cli.context import Place
from kizuna.cli.main import app, main
from kizuna.cli.remote import run_here
from kizuna.core.errors import NotFound
from tests.support.clouds import Shop
from tests.support.served import served_shop

COMMAND = typer.main.get_command(app)


@pytest.fixture(scope="module", autouse=True)
def shop() -> Iterator[Shop]:
    with served_shop() as served:
        yield served.shop


def run(arguments: list[str], place: Place) -> object:
    return COMMAND.main(args=arguments, prog_name="kizuna", standalone_mode=False, obj=place)


def typed(folder: Path, *arguments: str) -> tuple[int, str]:
    asked = {"arguments": list(arguments), "folder": str(folder), "terminal": False}
    *said, last = (json.loads(line) for line in run_here(json.dumps(asked).encode(), run))
    return last["code"], "".join(each["output"] for each in said)


CASES = {
    "a language that is not told": (
        ("explain", "ada", "--language", "fr"),
        (2, "✗ Invalid value for '--language': 'fr' is not one of 'en', 'ja'.\n"),
    ),
    "a day that is none": (
        ("violations", "--day", "2026-99-99"),
        (2, "✗ Invalid value for '--day': '2026-99-99' is no day, such as 2026-11-22\n"),
    ),
    "a command that is not there": (
        ("profile", "shwo"),
        (2, "✗ No such command 'shwo'. Did you mean 'show'?\n"),
    ),
    "a file that cannot be written": (
        ("hygiene", "--ids", "nowhere/ids.jsonl"),
        (1, "✗ nowhere/ids.jsonl: No such file or directory\n"),
    ),
    "rules that are no definition": (
        ("identity", "simulate", "words.yaml"),
        (1, "✗ words.yaml: must be one definition: `id: identity`, and its rules\n"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_was_wrong_is_said_in_a_line(case: str, tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text("only words", encoding="utf-8")
    arguments, said = CASES[case]
    assert typed(tmp_path, *arguments) == said


def test_it_is_said_as_json_where_that_was_asked_for(tmp_path: Path) -> None:
    code, output = typed(tmp_path, "--json", "hygiene", "--ids", "nowhere/ids.jsonl")
    assert (code, json.loads(output)["reasons"]) == (1, ["nowhere/ids.jsonl: No such file or directory"])


@pytest.mark.parametrize("where", [(), ("--local",)], ids=["deployed", "local"])
def test_help_is_told_whether_or_not_a_local_cloud_is_meant(
    where: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["kizuna", *where, "profile", "forget", "--help"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "Erase a person" in capsys.readouterr().out


def test_what_fails_outside_the_local_cloud_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def torn(*_: object, **__: object) -> None:
        raise NotFound("no stack named Kizuna-dev")

    monkeypatch.setattr("kizuna.cli.main.app", torn)
    monkeypatch.setattr("sys.argv", ["kizuna", "profile", "show", "ada"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr()
    assert (said.out + said.err).strip() == "✗ no stack named Kizuna-dev"


def test_the_name_of_a_command_is_no_path_though_a_folder_is_called_so(tmp_path: Path) -> None:
    for name in ("template", "tests"):
        (tmp_path / name).mkdir()
    code, output = typed(tmp_path, "--json", "template", "tests")
    assert (code, json.loads(output)) == (0, {"proofs": []})
