"""The page of attacks tells the truth: 25 of 25, and every test that it names exists, runs, and can fail."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.reading import ROOT, page, rows, section

_TEST = re.compile(r"`(tests/[a-z0-9_/]+\.py): (test_[a-z0-9_]+)`")
ATTACKS = {each[0]: each for each in rows(section(page("docs/security.md"), "## The attacks"))}
RULES = rows(section(page("docs/security.md"), "## The rules"))


@cache
def functions_of(path: Path) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def is_skipped(test: ast.FunctionDef) -> bool:
    marks = " ".join(ast.unparse(mark) for mark in test.decorator_list)
    return "skip" in marks or "xfail" in marks


def can_fail(test: ast.FunctionDef) -> bool:
    """Whether it asserts something, or hands its findings to somebody who does."""
    return any(
        isinstance(node, ast.Assert) or (isinstance(node, ast.Attribute) and node.attr == "raises")
        for node in ast.walk(test)
    )


def test_there_are_25_attacks_of_25_in_their_order() -> None:
    assert list(ATTACKS) == [f"A{number:02}" for number in range(1, 26)]


@pytest.mark.parametrize("row", [*ATTACKS.values(), *RULES], ids=lambda row: row[0][:40])
def test_what_is_said_to_hold_is_proved_by_tests_that_exist_and_run(row: list[str]) -> None:
    named = _TEST.findall(row[-1])
    assert named, "nothing proves it"
    assert len(named) == row[-1].count("`") // 2, "something else than a test is named"
    for path, name in named:
        test = functions_of(ROOT / path).get(name)
        assert test is not None, f"{path} has no {name}"
        assert not is_skipped(test), f"{name} does not run"
        assert can_fail(test), f"{name} asserts nothing"


def test_every_file_of_attacks_is_on_the_page() -> None:
    """A test that was written against an attack belongs to its row."""
    told = set(_TEST.findall(page("docs/security.md")))
    for name in ("test_link_attacks", "test_client_grants", "test_canary_person", "test_flood"):
        path = f"tests/functions/{name}.py"
        tests = {found for found in functions_of(ROOT / path) if found.startswith("test_")}
        unnamed = {found for found in tests if (path, found) not in told}
        assert len(unnamed) <= 1, unnamed
