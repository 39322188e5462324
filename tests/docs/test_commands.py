"""Console blocks: each command exists with its options, and what can run on its own does."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from kizuna.cli.main import app
from tests.docs.reading import PAGES, ROOT, codes, commands, page

TOOLS = {"aws", "curl", "export", "npx", ".venv/bin/python"}
OFFLINE = "console offline"
COMMAND = typer.main.get_command(app)


def shown() -> Iterator[tuple[str, str]]:
    """Every command of every page."""
    for path in PAGES:
        for command, _ in commands(path.read_text(encoding="utf-8")):
            yield path.name, command


def offline() -> list[tuple[str, list[str]]]:
    return [each for path in PAGES for each in commands(path.read_text(encoding="utf-8"), info=OFFLINE)]


def why_unknown(words: list[str]) -> str | None:
    """What is wrong with the words of a kizuna command, None if nothing is."""
    command: Any = COMMAND
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--help":
            return None
        if word.startswith("-"):
            option = next(
                (each for each in command.params if word in (*each.opts, *each.secondary_opts)), None
            )
            if option is None:
                return f"{command.name}: no option {word}"
            if not option.is_flag:
                rest = rest[1:]
        elif (commands_below := _below(command)) is not None:
            if word not in commands_below:
                return f"{command.name}: no command {word}"
            command = commands_below[word]
    alone = getattr(command, "invoke_without_command", False)  # a group that says something by itself
    return f"{command.name}: which command?" if _below(command) is not None and not alone else None


def _below(command: Any) -> dict[str, Any] | None:
    """The commands of a group; None for a command that is none."""
    found: dict[str, Any] | None = getattr(command, "commands", None)
    return found


def targets() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize(("where", "command"), list(shown()))
def test_a_command_that_is_shown_exists(where: str, command: str) -> None:
    first, *words = shlex.split(command)
    match first.removeprefix(".venv/bin/"):
        case "make":
            assert {word for word in words if "=" not in word} <= targets(), where
        case "kizuna":
            assert why_unknown(words) is None, where
        case _:
            assert first in TOOLS, f"{where}: {first}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_command_in_a_sentence_exists(path: Path) -> None:
    lost = []
    for code in codes(path.read_text(encoding="utf-8")):
        words = code.replace("…", "").split()
        match words:
            case ["make", *rest] if rest:
                lost += [] if {word for word in rest if "=" not in word} <= targets() else [code]
            case ["kizuna", *rest] if rest and not rest[-1].startswith("--"):  # such as `kizuna --local`
                lost += [] if why_unknown(rest) is None else [code]
            case _:
                pass
    assert not lost


@pytest.mark.parametrize(("command", "output"), offline())
def test_a_command_that_needs_nothing_says_what_is_shown(
    command: str, output: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(app, shlex.split(command)[1:])
    assert done.exit_code == 0, done.output
    for line in output:
        assert line.strip() in done.output


def test_every_command_has_help() -> None:
    for name, command in (_below(COMMAND) or {}).items():
        for inner in _below(command) or [""]:
            done = CliRunner().invoke(app, [word for word in (name, inner, "--help") if word])
            assert done.exit_code == 0, (name, inner)


def test_the_readme_shows_the_two_commands_first() -> None:
    first, second, *_ = (command for command, _ in commands(page("README.md")))
    assert (first, second) == ("make demo", "make test")
