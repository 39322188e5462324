"""MJML becomes HTML that still holds every piece of its Liquid; hostile or broken MJML is refused with its line."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.authoring.faults import AuthoringFault
from kizuna.core.authoring.mjml import DEPTH_MAX, MJML_MAX, compiled_mjml
from kizuna.core.content.html import unsafe_places
from kizuna.core.content.liquid_compile import compile_source, markup_of


def a_mail(inside: str, head: str = "") -> str:
    return (
        f"<mjml>{head}<mj-body><mj-section><mj-column>\n{inside}\n</mj-column></mj-section></mj-body></mjml>"
    )


def test_liquid_in_text_attributes_raw_html_and_between_tags_survives() -> None:
    pieces = [
        "{% if person.traits.age < 18 %}",
        '{{ person.traits.first_name | default: "you & yours" }}',
        "{{ links.unsubscribe }}",
        "{% for item in event.properties.products %}",
        "{{ item.name }}",
        "{% endfor %}",
        "{% endif %}",
    ]
    html = compiled_mjml(
        a_mail(
            f"{pieces[0]}<mj-text>Hello {pieces[1]}</mj-text>"
            f'<mj-button href="{pieces[2]}">Stop</mj-button>'
            f"<mj-raw>{pieces[3]}<p>{pieces[4]}</p>{pieces[5]}</mj-raw>{pieces[6]}"
        ),
        language="en",
    )
    places = [html.index(piece) for piece in pieces]
    assert places == sorted(places)
    compile_source(html, html=True)
    assert not unsafe_places(html, markup=markup_of(html))


def test_the_mail_says_its_language_and_loads_nothing_from_elsewhere() -> None:
    html = compiled_mjml(a_mail("<mj-text>やあ</mj-text>"), language="ja")
    assert 'lang="ja"' in html
    assert "<link" not in html
    assert "@import" not in html
    assert "http" not in html.split("<body", 1)[1]
    named = compiled_mjml(a_mail("<mj-text>x</mj-text>").replace("<mjml>", '<mjml lang="fr">'), language="ja")
    assert 'lang="fr"' in named


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("<p>x</p>", 1, "does not begin with <mjml>"),
        (a_mail("<mj-text>x</mj-text>\n<mj-txt>y</mj-txt>"), 3, "no such tag"),
        (a_mail("\n<mj-include path='/etc/passwd'/>"), 3, "files are not read"),
        (a_mail("<mj-text>x"), 3, "</mj-column> stands where <mj-text> of line 2 is still open"),
        (a_mail("</mj-text>"), 2, "</mj-text> stands where <mj-column>"),
        ("<mjml><mj-body>\n<mj-section>", 2, "<mj-section> is never closed"),
        ("<mjml></mjml></mjml>", 1, "closes nothing"),
        (a_mail("<!-- "), 2, "<!-- is never closed"),
        (a_mail("<mj-font name='x' href='https://fonts.example/x'/>"), 2, "tells its server who reads"),
        (a_mail("x", head="<mj-head>{{ brand.name }}</mj-head>"), 1, "is no MJML"),
        (a_mail('<mj-section {{ links.visit }}="1"></mj-section>'), 2, "does not reach the mail"),
        (a_mail("<b>" * DEPTH_MAX), 2, "deep"),
        (a_mail("<mj-spacer/>" * 3_100), 2, "more than 1500 parts"),
        (a_mail("<mj-section/>" * 1_000), None, "of HTML"),
        ("<mjml>" + "x" * MJML_MAX, None, "longer than"),
        (a_mail("kzq0qzk"), None, "reserved"),
    ],
)
def test_what_is_refused_says_why_and_in_which_line(source: str, line: int | None, reason: str) -> None:
    with pytest.raises(AuthoringFault) as refused:
        compiled_mjml(source, language="en")
    assert reason in refused.value.reason
    assert refused.value.line == line


@pytest.mark.parametrize(
    "hostile",
    [
        "<b>" * 30_000,
        "<!--" * 20_000,
        "<a b='" * 15_000,
        '<a "' * 20_000,
        "<" * 90_000,
        "</" * 45_000,
        "<mj-text>" * 10_000,
        "<![CDATA[" * 10_000,
        "&amp;" * 15_000,
    ],
)
def test_no_text_takes_long_to_be_judged(hostile: str) -> None:
    began = time.process_time()
    for source in (hostile, f"<mjml>{hostile}", a_mail(hostile)):
        try:
            compiled_mjml(source[:MJML_MAX], language="en")
        except AuthoringFault:
            continue
    assert time.process_time() - began < 1.5


_TAGS = [
    "<mj-text>",
    "</mj-text>",
    "<mj-raw>",
    "</mj-raw>",
    "<mj-section>",
    "</mj-section>",
    "<br>",
    "<!--",
    "-->",
]
_BITS = ["<b", ">", "<mj-image src='", "'/>", '"', "&", "\n", "あ"]
_LIQUID = ["{{ brand.name }}", "{% if links.visit %}", "{% endif %}"]
_PIECES = st.sampled_from([*_TAGS, *_BITS, *_LIQUID])


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=25).map("".join))
def test_any_text_becomes_html_with_all_of_its_liquid_or_is_refused(inside: str) -> None:
    source = a_mail(inside)
    try:
        html = compiled_mjml(source, language="en")
    except AuthoringFault:
        return
    for start, end in markup_of(source):
        assert source[start:end] in html
