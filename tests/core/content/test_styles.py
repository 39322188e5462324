"""Styles of a mail stand in it: none is fetched from elsewhere, where strangers would learn who reads."""

from __future__ import annotations

import pytest

from kizuna.core.content.html import unsafe_places
from kizuna.core.content.lint import lint
from tests.support.content import EMAIL, an_email


@pytest.mark.parametrize(
    "style",
    [
        "@import url(https://fonts.example/css);",
        "@IMPORT 'a.css';",
        "@im/* here */port 'a.css';",
        r"@\69mport 'a.css';",
        r"@\000069 mport 'a.css';",
        r"@i\mport 'a.css';",
        r"@\import 'a.css';",
        "p { color: red }\n@import 'a.css';",
        "p{content:'</'}@import 'a.css';",
    ],
)
def test_a_style_that_fetches_another_is_refused_however_it_is_written(style: str) -> None:
    (found,) = unsafe_places(f"<p>x</p>\n<style>{style}</style>", markup=())
    assert found.line == 2
    assert "@import" in found.reason


@pytest.mark.parametrize(
    "html",
    [
        "<style>p { color: red } @media (width > 3px) { a { color: blue } }</style>",
        "<style>/* @import is not for mails */ p { color: red }</style>",
        "<p>Write @import at the top.</p>",
        r"<style>p::before { content: '\201C \110000 \0 \\' }</style>",
    ],
)
def test_other_styles_and_the_word_alone_are_left_alone(html: str) -> None:
    assert unsafe_places(html, markup=()) == ()


def test_a_style_that_never_ends_is_refused_whatever_stands_in_it() -> None:
    (found,) = unsafe_places("<p>x</p>\n<style>p{}", markup=())
    assert (found.line, found.reason) == (2, "a <style> that is never closed")


def test_each_style_is_judged_by_itself() -> None:
    found = unsafe_places(
        "<style>p{}</style>\n<style>@import 'a'</style>\n\n<style>@import 'b'</style>", markup=()
    )
    assert [each.line for each in found] == [2, 4]
    assert unsafe_places("<style>@im</style><style>port 'a'</style>", markup=()) == ()


def test_a_template_with_one_is_not_saved() -> None:
    (problem,) = lint(an_email(html=EMAIL["html"] + "\n<style>@import 'a.css'</style>"))
    assert problem.path == f"languages.en.html:{EMAIL['html'].count(chr(10)) + 2}"
