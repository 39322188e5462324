"""What is said by WhatsApp and LINE, and what travels with an e-mail: saved, rendered, or refused."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.content.attachments import RenderedCalendar
from kizuna.core.content.brand_senders import BrandSenders, EmailSending, SmsSending
from kizuna.core.content.errors import BudgetExceeded, ContentError, HeaderInjection, ValueRefused
from kizuna.core.content.headers import mailbox
from kizuna.core.content.messengers import LineImage
from kizuna.core.content.mime import calendar_text, raw_mail
from kizuna.core.content.rendering import (
    Links,
    RenderedEmail,
    RenderedLine,
    RenderedWhatsApp,
    Template,
    TemplateContext,
    lint,
    render,
)
from tests.support.builders import NOON, rendered_email
from tests.support.content import a_brand

SENDER = "Shop <news@shop.example>"


def a_template(channel: str, **content: Any) -> Template:
    return Template.model_validate(
        {
            "id": "t",
            "channel": channel,
            "purpose": "transactional",
            "default_language": "ja",
            "languages": {"ja": content},
        }
    )


def rendered(template: Template, **traits: Any) -> Any:
    context = TemplateContext(brand=a_brand(), person_language="ja", traits=traits, links=Links())
    return render(template, language="ja", context=context)


# ── WhatsApp ────────────────────────────────────────────────────────────────────────────────────


def test_the_values_of_an_approved_template_are_written_for_the_person() -> None:
    template = a_template(
        "whatsapp", template="hello", body=["{{ person.traits.name }}"], header="こんにちは"
    )
    assert rendered(template, name="花子") == RenderedWhatsApp(
        "ja", template="hello", template_language="ja", header="こんにちは", body=("花子",)
    )


def test_a_free_text_is_an_answer() -> None:
    found = rendered(a_template("whatsapp", text="{{ person.traits.name }}さま"), name="花子")
    assert (found.text, found.answers) == ("花子さま", True)


@pytest.mark.parametrize("value", ["", "  ", "a\tb", "a     b", "x" * 1_025, "two\nlines"])
def test_a_value_that_whatsapp_would_refuse_is_an_error_and_no_message(value: str) -> None:
    template = a_template("whatsapp", template="hello", body=["{{ person.traits.name }}"])
    with pytest.raises(ContentError):
        rendered(template, name=value)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"template": "hello", "text": "both"},
        {"template": "Has Capitals"},
        {"text": "hi", "body": ["values belong to a template"]},
        {"text": "hi", "buttons": [{"index": 0, "type": "url", "value": "x"}]},
        {"template": "t", "header": "a", "media": {"kind": "image", "url": "https://shop.example/a.png"}},
        {"template": "t", "media": {"kind": "image", "url": "http://shop.example/a.png"}},
        {"template": "t", "buttons": [{"index": 0, "type": "url", "value": "x"}] * 2},
        {"template": "t", "buttons": [{"index": 10, "type": "url", "value": "x"}]},
        {"template": "t", "body": ["x"] * 21},
    ],
)
def test_what_no_whatsapp_message_can_be_is_refused_when_saved(content: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_template("whatsapp", **content)


@pytest.mark.parametrize(
    ("language", "named", "is_good"),
    [
        ("ja", None, True),
        ("en-GB", None, True),
        ("zh-Hant-TW", None, False),
        ("zh-Hant-TW", "zh_TW", True),
        ("ja-jp", None, False),
    ],
)
def test_a_language_that_whatsapp_does_not_know_is_refused_when_saved(
    language: str, named: str | None, is_good: bool
) -> None:
    content = {"template": "hello", **({"template_language": named} if named else {})}
    document = {"id": "t", "channel": "whatsapp", "purpose": "transactional", "default_language": language}
    template = Template.model_validate({**document, "languages": {language: content}})
    paths = [problem.path for problem in lint(template)]
    assert paths == ([] if is_good else [f"languages.{language}.template_language"])


# ── LINE ────────────────────────────────────────────────────────────────────────────────────────


def test_texts_and_pictures_go_together_in_their_order() -> None:
    image = {"image": "https://shop.example/a.png"}
    template = a_template("line", messages=[{"text": "{{ person.traits.name }}さま"}, image], silent=True)
    expected = RenderedLine("ja", ("花子さま", LineImage(image="https://shop.example/a.png")), silent=True)
    assert rendered(template, name="花子") == expected


def test_a_text_may_be_as_long_as_line_counts() -> None:
    template = a_template("line", messages=[{"text": "{{ person.traits.name }}"}])
    assert rendered(template, name="あ" * 5_000)
    with pytest.raises(BudgetExceeded):
        rendered(template, name="😀" * 2_501)  # two UTF-16 code units each


@pytest.mark.parametrize(
    "messages", [[], [{"text": "a"}] * 6, [{"image": "http://shop.example/a.png"}], [{}]]
)
def test_what_no_push_of_line_can_be_is_refused_when_saved(messages: list[Any]) -> None:
    with pytest.raises(ValidationError):
        a_template("line", messages=messages)


def test_too_long_as_written_is_told_when_saved_with_its_place() -> None:
    def told(template: Template) -> list[str]:
        return [problem.path for problem in lint(template)]

    assert told(a_template("line", messages=[{"text": "あ" * 5_001}])) == ["languages.ja.messages[0]"]
    assert told(a_template("whatsapp", text="a" * 4_097)) == ["languages.ja.text"]
    assert told(a_template("push", title="t", body="あ" * 1_300)) == ["languages.ja"]
    assert told(a_template("line", messages=[{"text": "{{ person.nothing }}"}])) == [
        "languages.ja.messages[0]:1"
    ]


# ── e-mail with company ─────────────────────────────────────────────────────────────────────────


def mail_of(email: RenderedEmail, **more: Any) -> tuple[bytes, EmailMessage]:
    given_: dict[str, Any] = {"sender": SENDER, "to": "ann@example.com", "send_id": "m1", "at": NOON}
    raw = raw_mail(email, **(given_ | more))
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return raw, parsed


@given(st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=200))
def test_any_subject_comes_back_as_it_was_and_no_line_is_too_long(subject: str) -> None:
    raw, parsed = mail_of(rendered_email(subject=subject))
    head = raw.partition(b"\r\n\r\n")[0]
    assert all(len(line) <= 78 for line in head.split(b"\r\n"))
    assert str(parsed["Subject"]).split() == subject.split()
    assert b"\n" not in raw.replace(b"\r\n", b"")


@given(st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=200))
def test_any_name_of_a_sender_comes_back_as_it_was_and_no_line_is_too_long(name: str) -> None:
    as_told = mailbox(name, "hello@shop.example", field="from")
    raw, parsed = mail_of(rendered_email(), sender=as_told, reply_to=as_told)
    head = raw.partition(b"\r\n\r\n")[0]
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    if not name.isascii():
        assert all(len(line) <= 76 for line in head.split(b"\r\n") if b"=?utf-8?" in line)
    for field in ("From", "Reply-To"):
        assert [each.addr_spec for each in parsed[field].addresses] == ["hello@shop.example"]
    unfolded = head.replace(b"\r\n ", b" ").decode()
    (told,) = [line.removeprefix("From: ") for line in unfolded.split("\r\n") if line.startswith("From: ")]
    shown = told.removesuffix(" <hello@shop.example>").strip('"')
    assert name.isascii() or str(make_header(decode_header(shown))).split() == name.split()


def test_the_way_out_stays_one_address_however_long_it_is() -> None:
    url = "https://api.example.com/u/" + "x" * 400
    raw, parsed = mail_of(
        rendered_email(), headers={"List-Unsubscribe": f"<{url}>"}, reply_to="care@shop.example"
    )
    assert f"List-Unsubscribe: <{url}>\r\n".encode() in raw
    assert (str(parsed["To"]), str(parsed["Reply-To"])) == ("ann@example.com", "care@shop.example")


def test_an_appointment_is_there_to_be_read_and_as_a_file() -> None:
    entry = RenderedCalendar("打ち合わせ; 店, 横浜", NOON, NOON.replace(hour=13), location="横浜市中区")
    _, parsed = mail_of(rendered_email(calendar=entry))
    kinds = [part.get_content_type() for part in parsed.walk()]
    assert kinds == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics",
    ]  # fmt: skip
    text = calendar_text(entry, send_id="m1", at=NOON)
    assert "SUMMARY:打ち合わせ\\; 店\\, 横浜\r\n" in text
    assert {"DTSTART:20261123T120000Z", "DTEND:20261123T130000Z", "UID:m1@kizuna"} <= set(text.split("\r\n"))
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_the_same_mail_is_the_same_bytes() -> None:
    email = rendered_email(calendar=RenderedCalendar("t", NOON, NOON.replace(hour=14)))
    assert mail_of(email)[0] == mail_of(email)[0]


@pytest.mark.parametrize(
    ("email", "more"),
    [
        ({"subject": "a\r\nBcc: b@example.com"}, {}),
        ({}, {"headers": {"X-A": "a\nX-B: b"}}),
        ({}, {"sender": "a\n<b@example.com>"}),
    ],
)
def test_no_header_can_be_smuggled_in(email: dict[str, str], more: dict[str, Any]) -> None:
    with pytest.raises(HeaderInjection):
        mail_of(rendered_email(**email), **more)


def test_an_address_that_is_no_ascii_is_refused() -> None:
    with pytest.raises(ValueRefused):
        mail_of(rendered_email(), to="花子@example.com")


def test_files_and_an_appointment_come_from_the_template() -> None:
    whole = {
        "subject": "s",
        "html": "<p>h</p>",
        "text": "t",
        "attachments": [
            {"name": "terms.txt", "type": "text/plain", "text": "{{ person.traits.name }}"},
            {"name": "a.png", "type": "image/png", "base64": "iVBORw0KGgo="},
        ],
        "calendar": {
            "title": "予約",
            "starts": "{{ person.traits.at }}",
            "ends": "2026-12-24T19:00:00+09:00",
        },
    }
    found = rendered(a_template("email", **whole), name="花子", at="2026-12-24T18:00:00+09:00")
    assert [file.data for file in found.attachments] == ["花子".encode(), b"\x89PNG\r\n\x1a\n"]
    assert found.calendar is not None
    assert found.calendar.title == "予約"
    for wrong in ("tomorrow", "2026-12-24T20:00:00+09:00"):
        with pytest.raises(ContentError):
            rendered(a_template("email", **whole), name="花子", at=wrong)


# ── as whom a brand speaks ──────────────────────────────────────────────────────────────────────


def test_an_identity_says_where_mail_is_handed_over() -> None:
    arn = "arn:aws:ses:eu-west-1:123456789012:identity/shop.example"
    assert (EmailSending(identity=arn).region, EmailSending().region) == ("eu-west-1", None)
    with pytest.raises(ValidationError):
        EmailSending(identity="shop.example")


def test_a_country_may_have_a_number_of_its_own() -> None:
    sms = SmsSending(origination="pool-1", by_country={"JP": "+8150"})
    assert [sms.origin_for(country) for country in ("JP", "US", None)] == ["+8150", "pool-1", "pool-1"]


def test_a_text_of_more_parts_than_the_brand_allows_is_not_sent() -> None:
    brand = a_brand(senders=BrandSenders(sms=SmsSending(max_parts=1)))
    template = a_template("sms", body="{{ person.traits.name }}")
    context = TemplateContext(brand=brand, traits={"name": "あ" * 71})
    with pytest.raises(BudgetExceeded):
        render(template, language="ja", context=context)
    assert rendered(template, name="あ" * 71).parts.parts == 2
