"""What customers call themselves is printed, and steers nobody's terminal."""

from __future__ import annotations

import io
import json
from typing import Literal

import pytest
from rich.panel import Panel
from rich.table import Table

from kizuna.cli.console import SafeConsole

TITLE = "\x1b]0;pwned\x07"
RED, CLEAR = "\x1b[31m", "\x9b2J"
TURNED = "\u202egnp.exe\u2066\u200f"
EVIL = f"Ann{TITLE}{RED}{CLEAR}\x00\r{TURNED}花"
LEFT = "Ann]0;pwned[31m2Jgnp.exe花"


def printed(what: object, *, terminal: bool = False) -> str:
    file = io.StringIO()
    colours: Literal["standard"] | None = "standard" if terminal else None
    SafeConsole(file=file, width=80, force_terminal=terminal, color_system=colours).print(what)
    return file.getvalue()


def a_table() -> Table:
    table = Table(EVIL)
    table.add_row(EVIL)
    return table


@pytest.mark.parametrize("what", [EVIL, a_table(), Panel(EVIL, title=EVIL)], ids=["text", "table", "panel"])
def test_no_word_of_a_customer_reaches_the_terminal_as_an_order(what: object) -> None:
    said = printed(what)
    assert "Ann]0;pwned" in said
    assert "花" in said
    assert not [char for char in said if char != "\n" and (ord(char) < 32 or 127 <= ord(char) < 160)]
    assert not set("\u202e\u2066\u200f") & set(said)


def test_its_own_colours_and_line_breaks_stay() -> None:
    table = Table("a", style="red", header_style="red")
    assert "\x1b[31m" in printed(table, terminal=True)
    assert printed("one\ntwo") == "one\ntwo\n"


def test_a_line_keeps_its_columns() -> None:
    frame, *_, last = printed(Panel(EVIL)).splitlines()
    assert {len(line) for line in (frame, last)} == {80}
    assert LEFT in printed(Panel(EVIL))


def test_json_says_the_same_value_and_holds_none_of_them() -> None:
    file = io.StringIO()
    SafeConsole(file=file, width=80).print_json(json.dumps({"name": EVIL}, ensure_ascii=False))
    assert json.loads(file.getvalue()) == {"name": EVIL}
    assert not set("\x1b\x9b\u202e\u2066\u200f") & set(file.getvalue())
    after = io.StringIO()
    console = SafeConsole(file=after, width=80)
    console.print_json("{}")
    console.print("\u202ea")
    assert "\\u" not in after.getvalue(), "a text after it is a text again"
