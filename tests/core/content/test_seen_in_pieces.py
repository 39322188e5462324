"""What is seen of a mail by its pieces is what is seen of the whole, whatever was put into it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kizuna.cli.paths import WORKSPACE
from kizuna.cli.workspace_files import read_workspace
from kizuna.core.catalog import Catalog, build
from kizuna.core.content.facts import content_facts
from kizuna.core.content.rendering import Links, RenderedEmail, TemplateContext, render
from kizuna.core.content.seen_in_pieces import Shown, shown_in_pieces
from kizuna.core.content.visible import comparable, visible

WORDS = st.one_of(
    st.sampled_from(("", "a", " a\n", "é ", "<p>", "</p>", "<br>", "</a>", "</div>", "<title>", "</title>")),
    st.sampled_from(('<p title="', '">', "<p style='color:", "'>", '<a href="', '<a href="https://x/?')),
    st.sampled_from(("<a title='", "' href='u'>", '<a HREF="u" class="', '<div style="display:none">')),
    st.sampled_from(("<img alt='", "' />", " hidden>", "<!-- ", " -->", "<style>", "</style>", "<textarea>")),
    st.sampled_from(
        ("<script>", "</script>", "\ue0000\ue001", "<", "<b", "&", "&am", "&#3", "&amp;", "&lt=")
    ),
)
VALUES = st.one_of(
    st.sampled_from(
        ("", "x", " x ", "p;", "amp;", "9;", "&amp;", "&#39;s", "&lt;b&gt;", "https://u/1?a=1&amp;b=2")
    ),
    st.sampled_from(
        ("display:none", "<b>", '"', "'", "&", "x&copy", "-->", "\ue0001\ue001", "lt;", "é", "=\x00 ")
    ),
    st.text("ab;&#<>\"'é -", max_size=5),
)


@st.composite
def pieces(draw: st.DrawFn) -> tuple[str, ...]:
    count = draw(st.integers(1, 9))
    return tuple(draw(VALUES if number % 2 else WORDS) for number in range(count))


@given(pieces())
@example(("<p>", "x", "</p>"))
@example(("&am", "p;", ""))
@example(('<a href="', "https://u/1?a=1&amp;b=2", '">y</a>'))
@example(('<p style="', "display:none", '">x</p>'))
@example(("<", "b", ">x"))
@example(("<!-- ", "-->", "x -->"))
def test_the_pieces_show_what_the_whole_shows_or_say_nothing(pieces: tuple[str, ...]) -> None:
    seen = shown_in_pieces(pieces)
    assert seen is None or seen == _whole(pieces)


def _whole(pieces: tuple[str, ...]) -> Shown:
    seen = visible("".join(pieces))
    return Shown(comparable(seen.text), seen.links)


@pytest.mark.parametrize(
    "pieces",
    [
        ("<p>Hello ", "O&#39;Hara &amp; Sons", ",</p>"),
        ('<a href="', "https://u/1", '">out</a>'),
        ('<a class="c" href="https://u/', "1", '" title="', "x", '">out</a>'),
        ("<title>", "x", "</title><style>p{}</style><p>y</p>"),
        ('<div style="display:none">', "x", "</div>z"),
        ("", "x", ""),
    ],
)
def test_what_is_written_the_usual_way_is_seen_by_its_pieces(pieces: tuple[str, ...]) -> None:
    assert shown_in_pieces(pieces) == _whole(pieces)


@pytest.mark.parametrize(
    "pieces",
    [
        ("<p>", "<b>", "</p>"),
        ("<p>", "a&b", "</p>"),
        ("<p>&", "amp;", "</p>"),
        ("<", "p", ">x"),
        ('<p style="', "display:none", '">x</p>'),
        ("<!-- ", "x", " --><p>y</p>"),
        ("<textarea>", "x", "</textarea>"),
        ("<p>\ue0000\ue001", "x", "</p>"),
    ],
)
def test_what_a_value_might_turn_into_something_else_is_looked_through_as_a_whole(
    pieces: tuple[str, ...],
) -> None:
    assert shown_in_pieces(pieces) is None


def test_each_mail_shows_its_own_values() -> None:
    seen = [shown_in_pieces(('<a href="https://u/', n, '">', n, "</a>")) for n in ("1", "2", "1")]
    assert [(each.text, set(each.links)) for each in seen if each] == [
        (n, {f"https://u/{n}"}) for n in ("1", "2", "1")
    ]


# ── whole mails ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return build(read_workspace(WORKSPACE).documents)


def _mail(catalog: Catalog, template: str, language: str, traits: dict[str, str]) -> RenderedEmail:
    chosen = catalog.templates[template]
    context = TemplateContext(
        brand=next(iter(catalog.brands.values())),
        person_language=language,
        traits=traits,
        event_name=None,
        event_properties={},
        campaign_id="c",
        campaign_name="C",
        links=Links("https://l.example/u/1", "https://l.example/p/1", "https://l.example/v", "https://l.example/c"),
        consent={},
    )  # fmt: skip
    mail = render(chosen, language=language, context=context)
    assert isinstance(mail, RenderedEmail)
    return mail


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", ["Ada", "O'Hara & Sons", "絆", "<b>", "{{ x }}", "\ue0000\ue001", ""])
def test_the_facts_of_a_mail_are_those_of_its_whole(catalog: Catalog, language: str, name: str) -> None:
    mail = _mail(
        catalog, "win-back-email", language, {"first_name": name, "last_name": name, "favorite_genre": name}
    )
    assert "".join(mail.pieces) == mail.html
    brand = next(iter(catalog.brands.values()))
    assert content_facts(mail, brand) == content_facts(replace(mail, pieces=()), brand)


def test_who_changes_the_html_of_a_mail_need_not_know_of_its_pieces(catalog: Catalog) -> None:
    mail = _mail(catalog, "win-back-email", "en", {})
    brand = next(iter(catalog.brands.values()))
    assert content_facts(mail, brand).has_unsubscribe
    assert not content_facts(replace(mail, html="<p>nothing</p>"), brand).has_unsubscribe
