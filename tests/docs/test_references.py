"""What the pages point at exists: links, anchors, files, and names in those files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.reading import PAGES, ROOT, anchors, codes, links

_BESIDE = (ROOT, ROOT / "shared" / "kizuna")
_FILE = re.compile(r"([A-Za-z0-9_./-]+\.(?:py|md|toml|json|yaml|lock|csv\.gz))(?:: ([A-Za-z_.]+))?")
_FOLDER = re.compile(r"(?:shared|functions|infra|events|tests|docs|scripts)(?:/[a-z_]+)*/?")
_ELSEWHERE = re.compile(r"[a-z]+:")
_NOT_OURS = {"other.toml", "policy.yaml"}  # of somebody's own workspace
DECISION_LINES = 12


def named(path: Path) -> Iterator[str]:
    return iter(codes(path.read_text(encoding="utf-8")))


def found(name: str) -> Path | None:
    return next((base / name for base in _BESIDE if (base / name).exists()), None)


@cache
def defined(path: Path) -> frozenset[str]:
    """Everything a module defines or imports at its top, and what its classes define."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        names |= set(_names(node))
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{name}" for inner in node.body for name in _names(inner)}
    return frozenset(names)


def _names(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case _:
            return


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    lost = []
    for link in links(path.read_text(encoding="utf-8")):
        if _ELSEWHERE.match(link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        known = target.exists() and (not anchor or anchor in anchors(target.read_text(encoding="utf-8")))
        lost += [] if known else [link]
    assert not lost


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_file_and_name_in_it_exists(path: Path) -> None:
    lost = []
    for code in named(path):
        match = _FILE.fullmatch(code)
        if match is None or match[1] in _NOT_OURS:
            continue
        file, name = found(match[1]), match[2]
        if file is None or (name and name not in defined(file)):
            lost.append(code)
    assert not lost


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_folder_exists(path: Path) -> None:
    lost = [code for code in named(path) if _FOLDER.fullmatch(code) and found(code) is None]
    assert not lost


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        reached.add(path)
        targets = [
            (path.parent / link.partition("#")[0]).resolve() for link in links(path.read_text("utf-8"))
        ]
        waiting += [target for target in targets if target in PAGES and target not in reached]
    assert set(PAGES) == reached


def test_every_decision_is_dated_and_short() -> None:
    text = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    _, *entries = re.split(r"^## ", text, flags=re.MULTILINE)
    for entry in entries:
        title, *lines = entry.strip().splitlines()
        assert re.match(r"\d{4}-\d\d-\d\d: ", title), title
        assert len([line for line in lines if line]) <= DECISION_LINES, title
        assert "Rejected" in entry, title
