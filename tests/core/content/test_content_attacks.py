"""A16 to A18: templates, values and headers that try to break out."""

from __future__ import annotations

import contextlib
import re
import time
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.content.errors import ContextRefused
from kizuna.core.content.headers import mailbox
from kizuna.core.content.rendering import (
    BudgetExceeded,
    ContentError,
    HeaderInjection,
    RenderedEmail,
    RenderedSms,
    RenderError,
    Template,
    TemplateRefused,
    ValueRefused,
    header_text,
    lint,
    message_tags,
    render,
    tag_value,
)
from tests.support.content import a_context, a_transactional, an_email

BIG = "a" * 30_000


def body_of(source: str, traits: dict[str, Any] | None = None) -> str:
    rendered = render(a_transactional(source), language="en", context=a_context(traits))
    assert isinstance(rendered, RenderedSms)
    return rendered.body


def html_of(html: str, traits: dict[str, Any] | None = None) -> str:
    rendered = render(an_email(html=html), language="en", context=a_context(traits))
    assert isinstance(rendered, RenderedEmail)
    return rendered.html


# ── A16: a template that wants more than text ────────────────────────────────────────────────────

REFUSED_ON_SAVE = {
    "attribute of a literal": "{{ ''.__class__ }}",
    "unknown filter": "{{ 'a' | attr: 'format' }}",
    "call": "{{ 'a' | attr('format') }}",
    "escaping switched off": "{{ person.traits.name | safe }}",
    "base64": "{{ 'a' | base64_encode }}",
    "the clock": "{{ now }}",
    "another root": "{{ settings.secret }}",
    "engine's own name": "{{ partial }}",
    "a key that is not offered": "{{ brand.from_email }}",
    "all of a person at once": "{{ person }}",
    "include": "{% include 'other' %}",
    "render": "{% render 'other' %}",
    "extends": "{% extends 'other' %}",
    "macro": "{% macro x %}{% endmacro %}",
    "recursion in a comment": "{% comment %}{% include 'a-template' %}{% endcomment %}",
    "raw": "{% raw %}{{ x }}{% endraw %}",
    "cycle": "{% cycle 'a', 'b' %}",
    "shadowed link": "{% assign links = 'x' %}",
    "shadowed brand": "{% for brand in person.traits.list %}{% endfor %}",
    "captured brand": "{% capture brand %}x{% endcapture %}",
    "range bomb": "{% for i in (1..1000000000) %}x{% endfor %}",
    "reversed range bomb": "{% for i in (1..1000000000) reversed %}x{% endfor %}",
    "computed range": "{% for i in (1..person.traits.n) %}x{% endfor %}",
    "range as a value": "{{ (1..5) | join: ',' }}",
    "range in a condition": "{% if (1..99999999) contains 'a' %}x{% endif %}",
    "nesting": "{% if true %}" * 9 + "{% endif %}" * 9,
    "brackets": "{{ person" + "[a" * 400 + "]" * 400 + " }}",
    "long condition": "{% if " + " and ".join(["1 == 1"] * 20) + " %}x{% endif %}",
    "many parts": "{{ brand.name }}" * 2_001,
    "break without a loop": "{% break %}",
    "unclosed": "{{ brand.name",
    "unclosed tag": "{% if true",
    "unclosed block": "{% if true %}x",
    "stray end": "{% endif %}",
    "blanks": "{% if" + " " * 300 + "true %}{% endif %}",
    "slow name": "{% " + "a" * 30_000,
    "slow braces": "{" * 30_000,
    "slow openings": "{{ " * 10_000,
    "slow tag": "{% " + "a" * 900 + " %}",
}


@pytest.mark.parametrize("source", REFUSED_ON_SAVE.values(), ids=REFUSED_ON_SAVE.keys())
def test_a_template_that_reaches_out_of_its_room_is_refused_on_save_and_quickly(source: str) -> None:
    started = time.thread_time()
    problems = lint(a_transactional(source))
    assert time.thread_time() - started < 1
    assert problems
    assert all(problem.path.startswith("languages.en.body") for problem in problems)


# Names that lint knows and the engine does not, and a person's own traits shown to that person.
HARMLESS_IF_RENDERED = {"engine's own name", "all of a person at once"}


@pytest.mark.parametrize("name", sorted(REFUSED_ON_SAVE.keys() - HARMLESS_IF_RENDERED))
def test_what_was_refused_on_save_fails_if_it_is_rendered_all_the_same(name: str) -> None:
    with pytest.raises(ContentError):
        body_of(REFUSED_ON_SAVE[name], {"name": "Ann", "list": ["x"], "n": 10**9})


BOMBS = {
    "nested loops": "{% for a in (1..900) %}{% for b in (1..900) %}x{% endfor %}{% endfor %}",
    "loops one after the other": "{% for a in (1..900) %}x{% endfor %}" * 3,
    "nodes in a loop": "{% for a in (1..1000) %}" + "{% if 1 == 1 %}{% endif %}" * 100 + "{% endfor %}",
    "conditions": "{% for a in (1..1000) %}"
    + ("{% if " + " or ".join(["'a' contains 'b'"] * 6) + " %}{% endif %}") * 50
    + "{% endfor %}",
    "filters": "{% for a in (1..1000) %}" + "{{ 'a' | upcase | split: 'x' | join }}" * 20 + "{% endfor %}",
    "money": "{% for a in (1..1000) %}" + "{{ a | money: 'USD' }}" * 20 + "{% endfor %}",
    "dates": "{% for a in (1..1000) %}"
    + "{{ '2026-11-22T10:00:00Z' | datetime: 'full', 'Asia/Tokyo' }}" * 20
    + "{% endfor %}",
    "replace": "{{ person.traits.big | replace: 'a', person.traits.big }}",
    "replace of nothing": "{{ person.traits.big | replace: '', person.traits.big }}",
    "join": "{{ person.traits.big | split: '' | join: person.traits.big }}",
    "doubling": "{% assign x = 'aaaaaaaaaa' %}{% for a in (1..900) %}{% assign x = x | append: x %}{% endfor %}",
    "doubling lists": "{% assign x = 'a,b' | split: ',' %}"
    "{% for a in (1..900) %}{% assign x = x | concat: x %}{% endfor %}",
    "squaring": "{% assign x = 9 %}{% for a in (1..900) %}{% assign x = x | times: x %}{% endfor %}{{ x }}",
    "captures": "{% assign x = 'aaaaaaaaaa' %}{% for a in (1..900) %}"
    "{% capture x %}{{ x }}{{ x }}{% endcapture %}{% endfor %}",
    "output": "{% for a in (1..900) %}{{ person.traits.big }}{% endfor %}",
    "search": "{% for a in (1..1000) %}{% if person.traits.big contains 'aaaaaaaaaaaab' %}{% endif %}{% endfor %}",
    "sorting": "{% for a in (1..1000) %}{% assign x = person.traits.big | split: '' | sort %}{% endfor %}",
    "variables": "".join(f"{{% assign v{i} = 1 %}}" for i in range(1_900)),
}


@pytest.mark.parametrize("source", BOMBS.values(), ids=BOMBS.keys())
def test_a_template_that_does_too_much_is_stopped_by_its_budget(source: str) -> None:
    lint(a_transactional(source))  # parsed beforehand: what counts is the rendering
    started = time.thread_time()
    with pytest.raises(BudgetExceeded):
        body_of(source, {"big": BIG})
    assert time.thread_time() - started < 1  # 0.1 s of work


def test_an_honest_template_stays_far_below_its_budget() -> None:
    rows = [{"name": f"Record {i}", "price": 1980} for i in range(100)]
    source = "{% for row in person.traits.rows %}{{ row.name }} {{ row.price | money: 'JPY' }}\n{% endfor %}"
    assert html_of(f"<pre>{source}</pre>", {"rows": rows}).count("¥1,980") == 100


class Trap:
    """An object whose attributes must never be looked at."""

    secret = "gotcha"

    def __html__(self) -> str:
        raise AssertionError("looked up")

    def __liquid__(self) -> str:
        raise AssertionError("looked up")

    def __str__(self) -> str:
        raise AssertionError("looked up")


@pytest.mark.parametrize(
    "value", [Trap(), {"a": Trap()}, [[Trap()]], {1: "x"}, {"a": {1, 2}}, b"x", float("nan")]
)
def test_a_value_with_attributes_never_reaches_a_template(value: object) -> None:
    with pytest.raises(ContextRefused):
        body_of("{{ person.traits.v }}", {"v": value})


def test_values_nested_without_end_are_refused() -> None:
    deep: list[Any] = []
    for _ in range(40):
        deep = [deep]
    with pytest.raises(ContextRefused):
        body_of("x", {"v": deep})


@pytest.mark.parametrize("name", ["__class__", "__init__", "format", "keys", "items", "upper", "secret"])
def test_no_attribute_of_a_value_is_ever_resolved(name: str) -> None:
    for value in ("text", 3, ["a"], {"a": 1}, None):
        with pytest.raises(RenderError):
            body_of(f"{{{{ person.traits.v.{name} }}}}", {"v": value})
        with pytest.raises(RenderError):
            body_of(f"{{{{ person.traits.v['{name}'] }}}}", {"v": value})


LIQUID_JUNK = st.text(alphabet="{}%|:.,'\"()[]=<>!-# \nabfionrstxe019", max_size=120)
WORDS = (
    "{{ }} {% %} {%- -%} if endif for endfor in else elsif unless endunless assign capture endcapture "
    "case when endcase comment endcomment # break person.traits.v links x = == contains and or | default: "
    "upcase replace: split: join: 'a' '' 1 (1..3) -1 1.5 nil true , forloop.index person brand.name money:"
)
PIECES = st.lists(st.sampled_from(WORDS.split()), max_size=30).map(" ".join)


@settings(max_examples=300)
@given(LIQUID_JUNK | PIECES, st.sampled_from([{}, {"v": "<x>"}, {"v": [1, "a"]}, {"v": {"a": None}}]))
def test_junk_is_refused_or_rendered_and_raises_nothing_else(source: str, traits: dict[str, Any]) -> None:
    template = an_email(html=source or "x", text="t " + source)
    problems = lint(template)
    try:
        render(template, language="en", context=a_context(traits))
    except TemplateRefused:
        assert problems
    except ContentError:
        pass


# ── A17: values that are markup ──────────────────────────────────────────────────────────────────


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@settings(max_examples=200)
@given(
    st.text(min_size=1, max_size=80) | st.sampled_from(["<script>alert(1)</script>", "\" onclick='x'", "-->"])
)
def test_whatever_a_name_holds_it_is_text_in_html_and_in_a_quoted_attribute(value: str) -> None:
    html = '<p title="{{ person.traits.v }}">{{ person.traits.v }}</p>'
    try:
        rendered = html_of(html, {"v": value})
    except ValueRefused:
        return  # control characters and lone surrogates
    tags = Tags(rendered).seen
    assert [tag for tag, _ in tags] == ["p"]
    assert tags[0][1].keys() == {"title"}
    shown = re.fullmatch(r'<p title="(.*)">(.*)</p>', rendered, re.DOTALL)
    assert shown
    wanted = re.sub(r"\r\n?", "\n", value)
    assert unescape(shown.group(1)) == unescape(shown.group(2)) == wanted


def test_every_filter_chain_keeps_a_value_escaped() -> None:
    attack = {"v": '<img src=x onerror="alert(1)">', "l": ["<b>", "<i>"], "d": {"<u>": "<s>"}}
    for chain in (
        "person.traits.v | escape | upcase",
        "person.traits.v | append: person.traits.v",
        "person.traits.v | replace: 'x', '<br>' | strip_newlines",
        "person.traits.v | newline_to_br | squish",
        "person.traits.v | url_encode",
        "person.traits.v | truncate: 9",
        "person.traits.v | split: ' ' | join: ' '",
        "person.traits.v | slice: 0, 8 | prepend: person.traits.v",
        "person.traits.nope | default: person.traits.v",
        "person.traits.l",
        "person.traits.l | join: '<br>'",
        "person.traits.l | first",
        "person.traits.d",
    ):
        tags = {tag for tag, _ in Tags(html_of(f"<p>{{{{ {chain} }}}}</p>", attack)).seen}
        assert not tags & {"img", "i", "u", "s"}, chain


def test_markup_in_a_plain_part_is_literal_text() -> None:
    assert body_of("Hi {{ person.traits.v }}", {"v": "<b>Ann & Bob</b>"}) == "Hi <b>Ann & Bob</b>"


@pytest.mark.parametrize("value", ["{{ brand.id }}", "{% include 'x' %}", "{{ 7 | times: 6 }}", "{% raw %}"])
def test_a_value_is_never_rendered_as_a_template(value: str) -> None:
    assert body_of("{{ person.traits.v }}", {"v": value}) == value
    assert unescape(html_of("<p>{{ person.traits.v }}</p>", {"v": value})) == f"<p>{value}</p>"
    captured = "{% capture x %}{{ person.traits.v }}{% endcapture %}{{ x }}"
    assert body_of(captured, {"v": value}) == value


@pytest.mark.parametrize(
    "html",
    [
        "<a href={{ person.traits.v }}>x</a>",
        '<a href="{{ person.traits.v }}">x</a>',
        '<a href="{{ event.properties.url }}">x</a>',
        '<a href="https://shop.example{{ person.traits.v }}">x</a>',
        '<a href="{{ brand.support_url }}{{ person.traits.v }}">x</a>',
        '<a href="{{ person.traits.v }}?score=9">x</a>',
        '<a href="{{ links.survey }}?score={{ person.traits.v }}">x</a>',
        '<a href="{{ links.survey }}?to=//evil.example">x</a>',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="jAvAsCrIpT:alert(1)">x</a>',
        '<img src="data:text/html,x">',
        "<p class={{ person.traits.v }}>x</p>",
        "<p {{ person.traits.v }}>x</p>",
        "<{{ person.traits.v }}>x",
        '<p style="color:{{ person.traits.v }}">x</p>',
        "<style>p{color:{{ person.traits.v }}}</style>",
        "<script>var x = '{{ person.traits.v }}'</script>",
        "<script>1</script>",
        "<p onclick='x'>x</p>",
        "<iframe src='https://x.example/'></iframe>",
        "<form action='https://x.example/'><input></form>",
        "<!-- {{ person.traits.v }} -->",
        '<meta http-equiv="Refresh" content="0;url=https://evil.example/{{ person.traits.v }}">',
        '<meta http-equiv="{{ person.traits.v }}" content="0">',
        "<math><mtext>x</mtext></math>",
        "<mj-text>x</mj-text>",
        "<scr{% if true %}ipt{% endif %}>1</script>",
        "{{ '<script>' }}1</script>",
        "{% assign x = '<a title=' %}{{ x }}{{ person.traits.v }}>",
        "{{ person.traits.v | append: '<img src=x>' }}",
    ],
)
def test_a_place_where_escaping_does_not_protect_is_refused_on_save(html: str) -> None:
    assert [p for p in lint(an_email(html=html)) if p.path.startswith("languages.en.html:1")]


def an_item(link: str) -> Template:
    content = {"title": "t", "body": "b", "link": link}
    document = {
        "id": "a-template",
        "channel": "inbox",
        "default_language": "en",
        "languages": {"en": content},
    }
    return Template.model_validate(document)


@pytest.mark.parametrize(
    ("link", "is_good"),
    [
        ("https://shop.example", True),
        ("https://shop.example/a?b={{ event.properties.id | url_encode }}", True),
        ("shop://orders/{{ event.properties.id }}", True),
        ("{{ brand.support_url }}", True),
        ("{{ links.preferences }}", True),
        ("{{ links.survey }}?score=9", True),
        ("{{ event.properties.url }}", False),
        ("https://{{ event.properties.host }}/", False),
        ("https://shop.example{{ event.properties.path }}", False),
        ("{{ event.properties.scheme }}://orders", False),
        ("{% if person.traits.x %}{{ person.traits.x }}{% endif %}https://shop.example/", False),
        ("http://shop.example/", False),
        ("javascript:alert(1)", False),
        ("JavaScript://shop.example/%0aalert(1)", False),
        ("intent://x#Intent;S.browser_fallback_url={{ event.properties.url }};end", False),
        ("//evil.example/", False),
        ("/orders", False),
    ],
)
def test_where_an_item_of_the_inbox_leads_is_written_by_its_author(link: str, is_good: bool) -> None:
    assert [problem.path for problem in lint(an_item(link))] == ([] if is_good else ["languages.en.link"])


# ── A18: headers ─────────────────────────────────────────────────────────────────────────────────

BREAKS = [
    "\r\nBcc: evil@example.com",
    "a\nb",
    "a\rb",
    "a\x00b",
    "a\x85b",
    "a\u2028b",
    "a\x0bb",
    "\n",
    "a\x1b[0m",
]


@pytest.mark.parametrize("value", BREAKS)
def test_a_line_break_in_a_subject_fails_the_message_and_names_the_field(value: str) -> None:
    for part in ("subject", "preheader"):
        template = an_email(**{part: "Hi {{ person.traits.v }}"})
        with pytest.raises(HeaderInjection) as caught:
            render(template, language="en", context=a_context({"v": value}))
        assert caught.value.field == f"a-template: languages.en.{part}"
        assert "evil" not in str(caught.value)


@pytest.mark.parametrize("value", BREAKS)
def test_a_line_break_is_refused_in_names_addresses_and_tags(value: str) -> None:
    with pytest.raises(HeaderInjection):
        mailbox(value, "a@example.com", field="from")
    with pytest.raises(ContentError):
        mailbox("A", f"a@example.com{value}", field="from")
    with pytest.raises(HeaderInjection):
        tag_value(value, field="tag")
    with pytest.raises(HeaderInjection):
        message_tags({value: "x"})


@pytest.mark.parametrize(
    "address", ["a@b.example, c@d.example", "a@b.example>", "<a@b.example>", "a b@c.example", ""]
)
def test_one_address_cannot_become_two(address: str) -> None:
    with pytest.raises(ValueRefused):
        mailbox("A", address, field="from")


@pytest.mark.parametrize("value", ["", "a b", "a/b", "あ", "x" * 257])
def test_a_tag_that_ses_would_not_take_is_refused(value: str) -> None:
    with pytest.raises(ValueRefused):
        tag_value(value, field="tag")


@given(st.text(max_size=40))
def test_header_text_is_one_line_or_an_error(value: str) -> None:
    try:
        assert len(header_text(value, field="x").splitlines()) <= 1
    except HeaderInjection:
        assert value
    with contextlib.suppress(HeaderInjection):
        assert mailbox(value, "a@example.com", field="from").isascii()
