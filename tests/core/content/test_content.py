"""Rendering: what a person gets, and the named error when it cannot be made."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.content.rendering import (
    BudgetExceeded,
    MissingVariable,
    RenderedEmail,
    RenderedPush,
    RenderedSms,
    RenderError,
    ValueRefused,
    render,
    sender,
)
from kizuna.core.content.writing import _CONTROLS, _has_controls
from tests.support.content import a_brand, a_context, a_push, a_transactional, an_email, an_sms


def text_of(source: str, traits: dict[str, Any] | None = None, *, language: str = "en") -> str:
    rendered = render(
        an_sms(source, language=language, purpose="transactional"),
        language=language,
        context=a_context(traits),
    )
    assert isinstance(rendered, RenderedSms)
    return rendered.body


def test_each_channel_gives_its_own_kind_of_message() -> None:
    context = a_context({"name": "Ann"})
    email = render(an_email(subject="For {{ person.traits.name }}"), language="en", context=context)
    push = render(a_push(data={"open": "shop://{{ campaign.id }}"}), language="en", context=context)
    assert isinstance(email, RenderedEmail)
    assert email.subject == "For Ann"
    assert "The Shop Ltd. 1 High Street, Dover" in email.text
    assert isinstance(push, RenderedPush)
    assert (push.title, push.body, push.data) == ("Hello", "Come in", {"open": "shop://spring"})


def test_the_preheader_is_hidden_at_the_start_of_the_body() -> None:
    email = render(
        an_email(html="<html><body class='x'><p>Hello</p></body></html>", preheader="Only for <you>"),
        language="en",
        context=a_context(),
    )
    assert isinstance(email, RenderedEmail)
    before, _, after = email.html.partition("Only for &lt;you&gt;")
    assert before.startswith("<html><body class='x'><div style=\"display:none")
    assert after.endswith("</div><p>Hello</p></body></html>")


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("ja", "ja"),
        ("ja-JP", "ja"),
        ("JA_jp", "ja"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("", "en"),
        ("junk;", "en"),
    ],
)
def test_the_nearest_language_is_taken_and_the_default_when_there_is_none(wanted: str, given: str) -> None:
    template = an_email().model_copy(
        update={"languages": {**an_email().languages, "ja": an_email(subject="こんにちは").languages["en"]}}
    )
    email = render(template, language=wanted, context=a_context())
    assert isinstance(email, RenderedEmail)
    assert email.language == given
    assert email.subject == ("こんにちは" if given == "ja" else "Hello")
    assert ("株式会社ショップ" in email.text) == (given == "ja")


@pytest.mark.parametrize(
    "source",
    [
        "{{ person.traits.name }}",
        "{{ person.traits.name | upcase }}",
        "{{ person.traits.name | append: '!' }}",
        "{{ 'a' | append: person.traits.name }}",
        "{% for x in person.traits.name %}{{ x }}{% endfor %}-",
        "{{ event.name }}",
        "{{ person.traits.address.city }}",
    ],
)
def test_a_missing_value_is_an_error_with_its_name_and_never_an_empty_string(source: str) -> None:
    with pytest.raises(MissingVariable) as caught:
        text_of(source)
    assert caught.value.variable in source
    assert caught.value.variable.split(".")[0] in ("person", "event")
    assert "a-template: languages.en.body" in str(caught.value)


def test_a_template_may_ask_whether_a_value_is_there_and_may_give_a_default() -> None:
    source = "{% if person.traits.name %}Hi {{ person.traits.name }}{% else %}Hi{% endif %}"
    assert text_of(source, {"name": "Ann"}) == "Hi Ann"
    assert text_of(source) == "Hi"
    assert text_of("{% unless person.traits.vip %}Hello{% endunless %}") == "Hello"
    assert text_of("Hi {{ person.traits.name | default: 'you' }}") == "Hi you"


@pytest.mark.parametrize(
    ("source", "language", "expected"),
    [
        ("{{ 1980 | money: 'JPY' }}", "en", "¥1,980"),
        ("{{ 1980 | money: 'JPY' }}", "ja", "￥1,980"),
        ("{{ 39.9 | money: 'USD' }}", "en", "$39.90"),
        ("{{ '39.90' | money: 'eur' }}", "ja", "€39.90"),
        ("{{ 12345.678 | number }}", "en", "12,345.678"),
        ("{{ '2026-11-22' | date: 'long' }}", "en", "November 22, 2026"),
        ("{{ '2026-11-22' | date: 'full' }}", "ja", "2026年11月22日日曜日"),
        ("{{ '2026-11-22' | date: 'long' }}", "de", "22. November 2026"),
        ("{{ '2026-11-22' | date: 'full' }}", "de-AT", "Sonntag, 22. November 2026"),
        ("{{ '2026-11-22' | date }}", "de", "22.11.2026"),
        ("{{ '2026-11-22T16:30:00+09:00' | datetime: 'short' }}", "de", "22.11.26, 16:30"),
        ("{{ 1234.5 | money: 'EUR' }}", "de", "1.234,50 €"),
        ("{{ '2026-11-22T16:30:00Z' | date: 'short', 'Asia/Tokyo' }}", "ja", "2026/11/23"),
        ("{{ '2026-11-22T16:30:00Z' | time: 'short', 'Asia/Tokyo' }}", "en", "1:30 AM"),
        ("{{ '2026-11-22T16:30:00+09:00' | datetime: 'medium' }}", "ja", "2026/11/22 16:30:00"),
    ],
)
def test_amounts_and_dates_read_as_the_reader_writes_them(source: str, language: str, expected: str) -> None:
    assert text_of(source, language=language) == expected


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'abc' | money: 'USD' }}",
        "{{ 1 | money: 'DOLLARS' }}",
        "{{ 1 | money }}",
        "{{ true | money: 'USD' }}",
        "{{ '1e30' | money: 'USD' }}",
        "{{ 'NaN' | number }}",
        "{{ '22/11/2026' | date }}",
        "{{ 'now' | date }}",
        "{{ '2026-11-22' | time }}",
        "{{ '2026-11-22' | date: '%Y' }}",
        "{{ '2026-11-22T10:00:00Z' | time: 'short', 'Mars/Olympus' }}",
        "{{ '2026-11-22T10:00:00' | time: 'short', 'Asia/Tokyo' }}",
        "{{ '1e400' | ceil }}",
        "{{ 1 | divided_by: 0 }}",
        "{{ 5 | round: -999999999 }}",
    ],
)
def test_a_value_that_a_filter_cannot_use_fails_the_message(source: str) -> None:
    with pytest.raises(ValueRefused):
        text_of(source)


def test_decimals_and_dates_of_the_store_are_plain_values_for_a_template() -> None:
    traits = {"total": Decimal("6380"), "price": Decimal("39.90"), "day": date(2026, 11, 22)}
    source = "{{ person.traits.total | plus: 20 }} {{ person.traits.price | money: 'USD' }}"
    assert text_of(source, traits) == "6400 $39.90"
    assert text_of("{{ person.traits.day | date: 'short' }}", traits) == "11/22/26"


@pytest.mark.parametrize("value", ["", "   ", "\n"])
def test_a_part_that_comes_out_empty_fails_the_message(value: str) -> None:
    with pytest.raises(ValueRefused):
        text_of("{{ person.traits.v }}", {"v": value})


def test_an_over_long_text_or_push_is_refused_and_not_cut() -> None:
    with pytest.raises(BudgetExceeded):
        text_of("{{ person.traits.v }}", {"v": "x" * 1_600})
    with pytest.raises(BudgetExceeded):
        render(a_push(body="{{ person.traits.v }}"), language="en", context=a_context({"v": "x" * 4_000}))
    with pytest.raises(BudgetExceeded):
        render(an_email(subject="{{ person.traits.v }}"), language="en", context=a_context({"v": "x" * 600}))


def test_the_same_input_gives_the_same_message() -> None:
    context = a_context({"names": ["b", "a"]})
    template = a_transactional("{% for n in person.traits.names %}{{ n }}{% endfor %}")
    assert render(template, language="en", context=context) == render(
        template, language="en", context=context
    )


def test_an_error_names_template_part_line_and_cause_and_quotes_no_value() -> None:
    secret = "ann@example.com"
    html = "<p>\n{{ person.traits[person.traits.email] }}</p>"
    with pytest.raises(RenderError) as caught:
        render(an_email(html=html), language="en", context=a_context({"email": secret}))
    assert str(caught.value).startswith("a-template: languages.en.html:2: ")
    assert caught.value.cause == "missing_variable"
    assert secret not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_the_sender_is_named_in_ascii() -> None:
    assert sender(a_brand(), language="en") == "The Shop <hello@shop.example>"
    encoded = sender(a_brand(languages={"ja": {"from_name": "ザ・ショップ"}}), language="ja")
    assert encoded.isascii()
    assert encoded.startswith("=?utf-8?b?")
    assert encoded.endswith("?= <hello@shop.example>")


def test_the_template_engine_is_not_loaded_before_something_is_rendered() -> None:
    code = "import kizuna.core.content.rendering, sys; sys.exit('liquid' in sys.modules or 'babel' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603


@given(st.text(st.characters(max_codepoint=0x2FF), max_size=8))
def test_a_control_character_is_found_in_any_script(text: str) -> None:
    assert _has_controls(text) == bool(_CONTROLS.search(text))
    assert _has_controls(text.encode("ascii", "ignore").decode()) == bool(
        _CONTROLS.search(text.encode("ascii", "ignore").decode())
    )
