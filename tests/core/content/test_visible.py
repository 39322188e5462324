"""What is taken apart quickly is seen as the parser of the standard library sees it, however it is written."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kizuna.cli.paths import WORKSPACE
from kizuna.cli.workspace_files import read_workspace
from kizuna.core.content.visible import seen_in_usual_html, visible, visible_to_the_parser

HIDDEN = ("display:none", "visibility: hidden", "opacity:0", "opacity:0.5", "color:red")
ODD = (
    "<!-->", "<!--->", "<!-- a -- b -->", "<!-- a --!> b -->", "<![CDATA[x]]>", "<?php x ?>", "<", "a < b", "</ p>",
    "</p >", "<p", "<p =x>", "<a href=x>", "<a href='x'>", '<a href="a>b">', '<a href="x" href="y">',
    "<a href='&amp;x'>", "<a title=' href=\"t\"' href=\"u\">", "<a style=' href=\"display:none\"'>", "<style>",
    "<style>a</style>", "<style>a<b</style>", "<title>x &amp; y</title>", "<title/>", "<script>x</p></script>",
    "<textarea><p></textarea>", "<noscript>", "<plaintext>", "<br>", "<br/>", '<img alt="x" />', "&amp", "&",
    "&nbsp;", "&#847;&zwnj;", "<A HREF='X'>", "<P HIDDEN>", '<td\n nowrap\tclass="x">', '<a\xa0href="x">', "</br>",
    "<a href>", '<a href="">', '<a href=" x ">', "<p/>", "<!DOCTYPE html>", "<!doctype", "<!-- a - b -->",
    "<!--[if mso]>x<![endif]-->", "<!--[if !mso]><!-->", "<svg>", "\x00",
)  # fmt: skip
NAMES = st.sampled_from(
    ("p", "div", "a", "span", "td", "b", "head", "template", "br", "img", "noscript", "style")
)
WORDS = st.text(string.ascii_letters + " &;#1<>'\"-/=", max_size=6)


@st.composite
def tags(draw: st.DrawFn) -> str:
    name = draw(NAMES)
    if draw(st.booleans()):
        return f"</{name}>"
    given = []
    if draw(st.booleans()):
        given.append(
            f'href="{draw(st.sampled_from(("https://a.example", "https://b.example/?x=1&amp;y=2", "")))}"'
        )
    if draw(st.booleans()):
        given.append(f'style="{draw(st.sampled_from(HIDDEN))}"')
    if draw(st.integers(0, 5)) == 0:
        given.append("hidden")
    return f"<{' '.join([name, *draw(st.permutations(given))])}{draw(st.sampled_from(('', ' ', '/', ' /')))}>"


PAGES = st.lists(st.one_of(tags(), WORDS, st.sampled_from(ODD)), max_size=14).map("".join)


@given(PAGES)
@example('<a href="x">1<a href="y">2</a></p>3<style>4</style>5')
@example("<div style='display:none'>a<p>b</div>c")
def test_both_ways_see_the_same(html: str) -> None:
    assert visible(html) == visible_to_the_parser(html)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "around", ["{}", "<p>a{}b</p>", "<div style='display:none'>a{}b</div>c<a href='u'>d</a>"]
)
def test_both_ways_see_the_same_of_what_is_oddly_written(odd: str, around: str) -> None:
    html = around.format(odd)
    assert visible(html) == visible_to_the_parser(html)


def test_a_link_is_read_anew_in_each_mail_however_often_its_tag_was_seen() -> None:
    seen = [visible(f'<a class="c" href="https://a.example/{n}">x</a>').links for n in (1, 2, 1)]
    assert seen == [{"https://a.example/1"}, {"https://a.example/2"}, {"https://a.example/1"}]


def test_a_hidden_link_stays_hidden_when_its_tag_is_known() -> None:
    html = '<a style="display:none" href="https://a.example/{}">x</a>'
    assert [visible(html.format(n)).links for n in (1, 2)] == [set(), set()]


def test_the_mails_of_the_sample_workspace_are_written_the_usual_way() -> None:
    """Else they would cost what they cost before."""
    documents = read_workspace(WORKSPACE).documents
    pages = [
        content["html"]
        for (kind, _), document in documents.items()
        if kind == "template"
        for content in document.get("languages", {}).values()
        if "html" in content
    ]
    assert pages
    for html in pages:
        assert seen_in_usual_html(html) == visible_to_the_parser(html)
