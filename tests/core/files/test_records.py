"""Bytes into rows: whatever is put in comes out again, in whatever pieces it arrives, from wherever one goes on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.files.faults import RowFault, Unreadable
from kizuna.core.files.limits import FileLimits
from kizuna.core.files.records import OPEN_QUOTES
from kizuna.core.files.sniffing import cells_of, decoded, form_of, records

SMALL = FileLimits(row_bytes=200)
CELLS = st.sampled_from(["a", "b,c", 'x"y', "l\nm", "", "日本", "\\", ' "', "ソ表;", "'", "=1+1", '""', "\t"])
ENDINGS = st.sampled_from(["\n", "\r\n"])


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def written(rows: list[list[str]], ending: str, quoting: Any, delimiter: str = ",") -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=ending, quoting=quoting, delimiter=delimiter)
    writer.writerows([["h1", "h2", "h3"], *rows])
    return text.getvalue()


@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3).filter(any), min_size=1, max_size=6),
    ending=ENDINGS,
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp932"]),
    delimiter=st.sampled_from([",", ";"]),
    size=st.integers(1, 40),
    stop=st.integers(0, 5),
)
@settings(max_examples=200, deadline=None)
def test_what_a_csv_writer_wrote_is_read_whatever_the_pieces_and_wherever_one_stopped(
    rows: list[list[str]], ending: str, quoting: Any, encoding: str, delimiter: str, size: int, stop: int
) -> None:
    rows = [row for row in rows if any(cell.strip() for cell in row) or quoting == csv.QUOTE_ALL]
    content = written(rows, ending, quoting, delimiter).encode(encoding)
    declared = encoding if encoding in ("cp932", "utf-16-le") else None
    form = form_of(pieces(content, size), limits=SMALL, encoding=declared, delimiter=delimiter)
    found = list(records(pieces(content, size), form, after=0, limits=SMALL))
    assert [cells_of(decoded(each.data, form.encoding), form.delimiter) for each in found] == rows
    if stop < len(found):
        place = found[stop].end
        rest = content[place:] if form.can_seek else content
        again = records(pieces(rest, size), form, after=place, limits=SMALL)
        assert [each.data for each in again] == [each.data for each in found[stop + 1 :]]


ELEMENTS = st.recursive(
    st.sampled_from([1, None, "]},", 'a"\\', "[", "", True]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "}", '"']), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(
    elements=st.lists(ELEMENTS, max_size=6),
    indent=st.sampled_from([None, 1]),
    size=st.integers(1, 30),
    stop=st.integers(0, 5),
)
@settings(max_examples=200, deadline=None)
def test_the_elements_of_an_array_are_cut_where_they_end(
    elements: list[Any], indent: int | None, size: int, stop: int
) -> None:
    content = json.dumps(elements, indent=indent).encode()
    form = form_of(pieces(content, size), limits=SMALL)
    found = list(records(pieces(content, size), form, after=0, limits=SMALL))
    assert [json.loads(each.data) for each in found] == elements
    if stop < len(found):
        place = found[stop].end
        again = records(pieces(content[place:], size), form, after=place, limits=SMALL)
        assert [each.data for each in again] == [each.data for each in found[stop + 1 :]]


def faults(content: bytes, size: int = 64, **declared: Any) -> list[tuple[bytes, RowFault | None]]:
    form = form_of(pieces(content, size), limits=SMALL, **declared)
    return [(each.data, each.fault) for each in records(pieces(content, size), form, after=0, limits=SMALL)]


def test_a_line_beyond_the_limit_costs_itself_alone_and_is_not_kept_in_memory() -> None:
    content = b"h\nbefore\n" + b"x" * 5_000 + b"\nafter\n"
    (first, _), (long, fault), (last, _) = faults(content)
    assert (first, last, fault) == (b"before", b"after", RowFault.ROW_TOO_LARGE)
    assert len(long) <= 2_000


def test_a_quote_that_is_never_closed_costs_the_line_it_stands_in_alone() -> None:
    lines = [b"a,b", b'1,"open', *(b"%d,x" % number for number in range(2, 100))]
    found = faults(b"\n".join(lines))
    assert found[0] == (b'1,"open', RowFault.OPEN_QUOTE)
    assert [data for data, fault in found[1:]] == lines[2:]


def test_an_open_quote_before_a_line_beyond_the_limit_costs_both_and_no_other() -> None:
    found = faults(b'a\n"open\nkept\n' + b"x" * 500 + b"\nlast\n")
    assert [fault for _, fault in found] == [RowFault.OPEN_QUOTE, None, RowFault.ROW_TOO_LARGE, None]


def test_a_file_of_open_quotes_is_given_up() -> None:
    bad = b'x,"y",""",\n' + b"z,z\n" * 60
    with pytest.raises(Unreadable, match="malformed_csv"):
        faults(b"a,b\n" + bad * (OPEN_QUOTES + 2))


def test_an_array_element_beyond_the_limit_costs_itself_alone() -> None:
    content = json.dumps([{"a": 1}, {"long": "x" * 900}, {"a": 2}]).encode()
    found = faults(content, 7)
    assert [fault for _, fault in found] == [None, RowFault.ROW_TOO_LARGE, None]


def test_an_array_without_an_end_is_reported_behind_its_last_whole_element() -> None:
    content = b'[{"a":1},{"a":2},{"a'
    form = form_of([content], limits=SMALL)
    found: list[bytes] = []
    with pytest.raises(Unreadable, match="truncated_json"):
        found.extend(each.data for each in records([content], form, after=0, limits=SMALL))
    assert found == [b'{"a":1}', b'{"a":2}']


def test_blank_lines_are_no_rows_and_old_line_ends_are_ends() -> None:
    assert [data for data, _ in faults(b"h\r\n\r\n1\r\n  \r\n2")] == [b"1", b"2"]
    assert [data for data, _ in faults(b"h\r1\r2\r")] == [b"1", b"2"]
