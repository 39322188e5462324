"""The parts of a message as they are written: what may stand in them, wherever it comes from."""

from __future__ import annotations

import pytest

from kizuna.core.content.errors import ValueRefused
from kizuna.core.content.writing import Writer

BELL = "\x07"


def page(source: str, value: str) -> str:
    return Writer("t", {"v": value}, "en").page(source, "html")[0]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("<p>{{ v }}</p>", f"a{BELL}b"),
        ("<p>{{ v }}</p>", "a\x85b"),
        (f"<p>{BELL}{{{{ v }}}}</p>", "ab"),
        (f"<p>{{{{ v }}}}{BELL}</p>", "ab"),
        ("<p>{{ v | upcase }}</p>", f"a{BELL}b"),
        (f"<p>{BELL}</p>", ""),
    ],
    ids=[
        "a value",
        "a value beyond ASCII",
        "words before it",
        "words behind it",
        "the engine's",
        "words alone",
    ],
)
def test_a_page_with_a_control_character_is_refused_whoever_wrote_it(source: str, value: str) -> None:
    for _ in range(2):  # also of words that were looked through before
        with pytest.raises(ValueRefused, match="control character"):
            page(source, value)


def test_words_that_were_looked_through_say_nothing_of_the_next_value() -> None:
    source = "<p>{{ v }}</p>"
    assert page(source, "fine") == "<p>fine</p>"
    with pytest.raises(ValueRefused):
        page(source, BELL)
    assert page(source, "fine again") == "<p>fine again</p>"


@pytest.mark.parametrize("end", ["\x85", "\x1f", "\r", "\r\n", " \n"])
def test_blanks_at_the_ends_are_taken_off_though_some_of_them_are_control_characters(end: str) -> None:
    assert page(f"{end}<p>{{{{ v }}}}</p>{end}", "a\r\nb") == "<p>a\nb</p>"
