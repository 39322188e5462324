"""The demo's output in the README. `python -m tests.docs.demo_output` plays the demo and writes it there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from tests.docs.reading import ROOT, page

MARK = "<!-- the demo's output: python -m tests.docs.demo_output -->"
_SHOWN = re.compile(rf"({re.escape(MARK)}\n```text\n)(.*?)^(```)$", re.MULTILINE | re.DOTALL)
_WIDE = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", "PYTHONIOENCODING": "utf-8"}
_WHAT_BECAME = "What was intended, and what became of it"
_WITHHELD = "Withheld, by reason"
_PERSON = "everything we decided about"
_RFM = "RFM orders"
_END = "╯"


def play() -> str:
    """What `make demo` prints, without a terminal. Raises if it does not end well."""
    command = [sys.executable, "-m", "kizuna.cli.main", "demo"]
    environment = {**os.environ, **_WIDE}
    environment.pop("PEOPLE", None)
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=environment)  # noqa: S603
    output = done.stdout.decode("utf-8").strip("\n")
    return "".join(f"{line.rstrip()}\n" for line in output.splitlines())


def shown() -> str:
    """What the README shows."""
    found = _SHOWN.search(page("README.md"))
    if found is None:
        raise ValueError(f"README.md has no block below {MARK!r}")
    return found[2]


@dataclass(frozen=True, slots=True)
class Told:
    """The output in parts. Who bounces, complains and leaves is drawn anew each time, and some figures with them."""

    opening: str
    shape: str  # the tables of states and campaigns, without their figures
    states: Mapping[str, tuple[int, ...]]  # a row of the first table by its name, one figure a channel
    withheld: Mapping[str, int]
    rfm: Mapping[str, int]  # how many people are in each bucket
    sentences: str
    verdict: str


def told(output: str) -> Told:
    opening, _, rest = output.partition(_WHAT_BECAME)
    tables, _, rest = rest.partition(_WITHHELD)
    reasons, _, rest = rest.partition(_PERSON)
    reasons, _, rfm = reasons.partition(_RFM)
    sentences, _, verdict = rest.partition(_END)
    last = verdict.rpartition(_END)[2]
    rows = {name: cells for name, *cells in _cells(tables.partition("Campaigns")[0])}
    return Told(
        opening=opening,
        shape=re.sub(r" *(\d+|·)(?= )", " #", tables),
        states={
            name: tuple(0 if cell == "·" else int(cell) for cell in cells) for name, cells in rows.items()
        },
        withheld={reason: int(count) for reason, count in _cells(reasons)},
        rfm={cells[0]: int(cells[1]) for cells in _cells(rfm) if len(cells) > 6},
        sentences=sentences,
        verdict=" ".join(last.split()),
    )


def _cells(table: str) -> list[list[str]]:
    lines = (line for line in table.splitlines() if line.startswith("│"))
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]


def write() -> None:
    played = play()
    text = _SHOWN.sub(lambda found: found[1] + played + found[3], page("README.md"), count=1)
    (ROOT / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
