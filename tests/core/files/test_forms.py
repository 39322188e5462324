"""What a file is: told from its bytes, declared where it cannot be told, refused where it is neither."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from kizuna.core.files.encodings import encoding_of
from kizuna.core.files.faults import Unreadable
from kizuna.core.files.inflating import inflated
from kizuna.core.files.limits import FileLimits
from kizuna.core.files.sniffing import form_of, records

LIMITS = FileLimits()
JAPANESE = "会員番号,氏名\n1,愛子\n2,ソフィー\n"


@pytest.mark.parametrize(
    ("content", "declared", "expected"),
    [
        (JAPANESE.encode(), None, "utf-8"),
        (JAPANESE.encode("utf-8-sig"), None, "utf-8"),
        (JAPANESE.encode("utf-16"), None, "utf-16-le"),
        (JAPANESE.encode("utf-16-be"), "utf-16-be", "utf-16-be"),
        ("a,b\n1,2\n".encode("utf-16-le"), None, "utf-16-le"),
        ("a,b\n1,2\n".encode("utf-16-be"), None, "utf-16-be"),
        (JAPANESE.encode("cp932"), None, "cp932"),
        (JAPANESE.encode("cp932")[:-3], None, "cp932"),  # a sample that ends within a character
        (JAPANESE.encode("cp932"), "Shift_JIS", "cp932"),
        ("é".encode("cp1252") + b"\n", "latin-1", "cp1252"),
        (b"a,b\n1,2\n", None, "utf-8"),
        # A mark at the beginning is surer than what somebody says.
        (JAPANESE.encode("utf-8-sig"), "shift_jis", "utf-8"),
    ],
)
def test_an_encoding_is_told_from_the_bytes_or_declared(
    content: bytes, declared: str | None, expected: str
) -> None:
    assert encoding_of(content, declared) == expected


@pytest.mark.parametrize("declared", ["utf-7", "utf-32", "rot13", "idna", "x" * 50])
def test_an_encoding_that_hides_characters_is_not_taken(declared: str) -> None:
    with pytest.raises(Unreadable, match="unknown_encoding"):
        encoding_of(b"a", declared)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff\x41\x00\x80\x81" * 9, "binary_file"),
        (b"name\n\xfd\xfe\xff\n", "unknown_encoding"),
        ("nom\nJosé García\nJürgen\n".encode("cp1252"), "unknown_encoding"),  # could be Shift_JIS, and is not
        (b"PK\x03\x04....", "foreign_format"),
        (b"PAR1....", "foreign_format"),
        (b"BZh91AY", "foreign_format"),
        (b"", "empty_file"),
        (b" \n\n ", "empty_file"),
        (gzip.compress(b"", mtime=0), "empty_file"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n", mtime=0), mtime=0), "nested_gzip"),
        (b"a,a\n1,2\n", "duplicate_column"),
        (b",,\n1,2,3\n", "no_header"),
        (b'"a,b\n', "no_header"),
        (",".join(f"c{number}" for number in range(600)).encode(), "too_many_columns"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_name_of_the_rule(content: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        form_of([content], limits=LIMITS)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("content", "layout", "delimiter"),
    [
        (b"a;b;c\n1,5;2;3\n", "csv", ";"),
        (b"a\tb\n1\t2\n", "csv", "\t"),
        (b"a,b\n1,2\n", "csv", ","),
        (b'"a;x","b"\n1,2\n', "csv", ","),
        (b"alone\n1\n", "csv", ","),
        (b' {"type":"track"}\n', "lines", ","),
        (b'\n[ {"type":"track"} ]', "array", ","),
    ],
)
def test_layout_and_separator_are_found_out(content: bytes, layout: str, delimiter: str) -> None:
    for raw in (content, gzip.compress(content)):
        form = form_of([raw], limits=LIMITS)
        assert (form.layout, form.delimiter) == (layout, delimiter)


def test_a_gzip_of_several_members_is_one_text() -> None:
    content = gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n") + b"\0" * 512
    form = form_of([content], limits=LIMITS)
    assert [each.data for each in records([content], form, after=0, limits=LIMITS)] == [b"1,2", b"3,4"]


def test_a_cut_gzip_gives_its_rows_and_then_says_how_far_it_came() -> None:
    whole = gzip.compress(b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * 7919) for n in range(20_000)))
    cut = whole[: len(whole) // 2]
    form = form_of([cut], limits=LIMITS)
    found: list[Any] = []
    with pytest.raises(Unreadable, match="bytes of text") as refused:
        found.extend(records([cut], form, after=0, limits=LIMITS))
    assert refused.value.code == "truncated_gzip"
    assert 5_000 < len(found) < 15_000
    assert found[0].data == b"0,0"


def test_damaged_gzip_is_reported() -> None:
    content = bytearray(gzip.compress(b"a,b\n" + b"1,2\n" * 5_000 + bytes(range(256)) * 40))
    content[60] ^= 0xFF
    with pytest.raises(Unreadable, match=r"damaged_gzip|truncated_gzip"):
        list(inflated([bytes(content)], LIMITS))


def test_a_bomb_is_refused_before_it_fills_the_memory() -> None:
    small = FileLimits(inflated_free=1_000_000, inflated_ratio=100)
    bomb = gzip.compress(b"\n" * 50_000_000)
    given: list[int] = []
    with pytest.raises(Unreadable, match="gzip_bomb"):
        given.extend(len(piece) for piece in inflated([bomb], small))
    assert max(given) <= 256 * 1024
    assert sum(given) < 10_000_000


def test_a_text_beyond_the_limit_is_refused_even_where_it_compresses_like_text() -> None:
    small = FileLimits(inflated_bytes=10_000)
    with pytest.raises(Unreadable, match="file_too_large"):
        list(inflated([gzip.compress(b"1,2,3\n" * 5_000)], small))
