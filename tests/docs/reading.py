"""Reads the project's own pages: tables, fenced blocks, links, and names of code in backticks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: what stands behind the fence (`console offline`), and what is in it."""

    info: str
    text: str


def page(name: str) -> str:
    """The text of a page below the root, such as `docs/flow.md`."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    return [Block(info.strip(), body) for info, body in _FENCE.findall(text)]


def without_blocks(text: str) -> str:
    return _FENCE.sub("", text)


def links(text: str) -> list[str]:
    return _LINK.findall(without_blocks(text))


def anchors(text: str) -> set[str]:
    """The anchors that a page's headings make, as code hosts make them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(without_blocks(text))
    }


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of the same or a higher level."""
    level = heading.split(" ", 1)[0]
    _, found, rest = text.partition(f"\n{heading}\n")
    if not found:
        raise ValueError(f"there is no heading {heading!r}")
    following = re.search(rf"^#{{1,{len(level)}}} ", rest, re.MULTILINE)
    return rest[: following.start()] if following else rest


def rows(text: str) -> list[list[str]]:
    """The cells of all table rows in a text, headers and rulers left out."""
    return [cells for table in tables(text) for cells in table[1:]]


def tables(text: str) -> list[list[list[str]]]:
    """Each table as its rows of cells, the header first."""
    found: list[list[list[str]]] = []
    inside = False
    for line in without_blocks(text).splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not inside:
            found.append([cells])
        elif not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            found[-1].append(cells)
        inside = True
    return found


def codes(text: str) -> list[str]:
    """Everything in single backticks."""
    return _CODE.findall(without_blocks(text))


def commands(text: str, *, info: str | None = None) -> Iterator[tuple[str, list[str]]]:
    """Each `$ command` of the console blocks, with the lines of output shown below it. One may go on behind a `\\` at
    the end of its line."""
    for block in blocks(text):
        if not block.info.startswith("console") or (info is not None and block.info != info):
            continue
        command, output = "", list[str]()
        for line in [*block.text.splitlines(), "$ "]:
            if command.endswith("\\") and not output:
                command = command.removesuffix("\\") + line.strip()
                continue
            if not line.startswith("$ "):
                output.append(line)
                continue
            if command:
                yield command, output
            command, output = line.removeprefix("$ "), []
