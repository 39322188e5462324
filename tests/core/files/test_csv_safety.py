"""What Kizuna writes for spreadsheets is shown by them, and never run (`abuse-cases.md` A24)."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.files.csv_safety import csv_line, is_formula, safe_cell


@pytest.mark.parametrize(
    "cell",
    [
        '=HYPERLINK("https://evil.example")',
        "+1+1",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(1)",
        " =1+1",
        "\ufeff=1+1",
        "\u3000@SUM(1)",
        "+819012345678",
    ],
)
def test_a_cell_that_begins_like_a_formula_is_text(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a=b", "a=b"),
        ("", ""),
        (None, ""),
        (-5, "-5"),
        (-2.5, "-2.5"),
        (4.8e-05, "0.000048"),
        (-1e-07, "-0.0000001"),
        (1e21, "1000000000000000000000"),
        (3.0, "3.0"),
        (True, "true"),
        ("1-2", "1-2"),
        ("'=1", "'=1"),
    ],
)
def test_what_is_no_formula_stays_as_it_is(value: object, expected: str) -> None:
    assert safe_cell(value) == expected


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_every_line_is_read_back_with_every_cell_safe(cells: list[str]) -> None:
    (row,) = csv.reader(io.StringIO(csv_line(cells), newline=""))
    assert len(row) == len(cells)
    assert not any(is_formula(cell) for cell in row)
    assert [
        cell.removeprefix("'") if is_formula(told) else cell for cell, told in zip(row, cells, strict=True)
    ] == cells


@given(st.text())
def test_no_separator_of_other_countries_cuts_a_cell(text: str) -> None:
    line = csv_line([text])
    assert line.startswith('"')
    assert line.endswith('"\r\n')
