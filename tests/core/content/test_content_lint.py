"""What is refused when a template is saved, and what is only remarked."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from kizuna.core.content.lint import variables
from kizuna.core.content.rendering import Brand, Template, lint
from tests.support.content import EMAIL, a_brand, a_push, a_transactional, an_email, an_sms


def reasons(template: Template) -> list[str]:
    return [f"{problem.path}: {problem.reason}" for problem in lint(template)]


def a_document(**changes: Any) -> dict[str, Any]:
    document = {"id": "x", "channel": "email", "default_language": "en", "languages": {"en": dict(EMAIL)}}
    return document | changes


def test_a_complete_template_has_no_problem() -> None:
    assert [lint(template) for template in (an_email(), an_sms(), a_push())] == [(), (), ()]


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("aps", "APNs or FCM"),
        ("google_x", "APNs or FCM"),
        ("kizuna_message", "where the id of the message travels"),
    ],
)
def test_data_of_a_push_leaves_others_their_names(name: str, owner: str) -> None:
    with pytest.raises(ValidationError, match=rf"{name}: .*{owner}"):
        a_push(data={"open": "shop://home", name: "x"})


@pytest.mark.parametrize("part", ["subject", "html", "text"])
def test_a_missing_part_is_named_with_its_path(part: str) -> None:
    content = {key: value for key, value in EMAIL.items() if key != part}
    with pytest.raises(ValidationError) as caught:
        Template.model_validate(a_document(languages={"en": EMAIL, "ja": content}))
    (error,) = caught.value.errors()
    assert error["loc"] == ("languages", "ja", part)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"channel": "fax"}, ("channel",)),
        ({"channel": "sms"}, ("languages", "en", "body")),
        ({"languages": {}}, ("languages",)),
        ({"languages": {"english!": EMAIL}}, ("languages", "english!", "[key]")),
        ({"default_language": "ja"}, ()),
        ({"cc": "all@example.com"}, ("cc",)),
        ({"languages": {"en": EMAIL | {"bcc": "x"}}}, ("languages", "en", "bcc")),
        ({"languages": {"en": EMAIL | {"subject": "a\nBcc: x"}}}, ("languages", "en", "subject")),
        ({"languages": {"en": EMAIL | {"html": "x" * 100_001}}}, ("languages", "en", "html")),
        ({"id": "no spaces"}, ("id",)),
    ],
)
def test_a_definition_of_the_wrong_shape_is_refused_where_it_is_wrong(
    changes: dict[str, Any], place: tuple[str, ...]
) -> None:
    with pytest.raises(ValidationError) as caught:
        Template.model_validate(a_document(**changes))
    assert place in {error["loc"] for error in caught.value.errors()}


def test_every_problem_of_every_language_is_found_at_once_with_its_line() -> None:
    broken = EMAIL | {
        "subject": "{{ oops }}",
        "html": "<p>\n{% include 'x' %}</p>",
        "text": "{{ person.name }}",
    }
    template = Template.model_validate(a_document(languages={"en": broken, "ja": broken}))
    assert [problem.path for problem in lint(template)] == [
        f"languages.{language}.{place}"
        for language in ("en", "ja")
        for place in ("subject:1", "html:2", "text:1")
    ]
    found = reasons(template)
    assert "unknown variable oops" in found[0]
    assert "unknown tag 'include'" in found[1]
    assert "person has language, traits" in found[2]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{ 'a' | shout }}", "unknown filter 'shout'"),
        ("{% if %}x{% endif %}", "body:1"),
        ("{{ person.traits.a b }}", "body:1"),
        ("{{ }}", ""),
        (" ", "is empty"),
        ("{{ links.website }}", "unknown variable links.website"),
        ("a" * 1_000, "takes 7 text messages"),
    ],
)
def test_a_mistake_is_explained(source: str, reason: str) -> None:
    found = reasons(a_transactional(source))
    assert not reason or any(reason in line for line in found)


def test_a_subject_longer_than_an_inbox_shows_is_refused_whatever_its_variables() -> None:
    assert "is 151 characters long" in reasons(an_email(subject="x" * 151))[0]
    assert lint(an_email(subject="x" * 140 + "{{ person.traits.a_rather_long_name }}")) == ()


def test_localised_filters_are_refused_in_a_language_without_formats() -> None:
    template = an_sms("{{ 1 | money: 'EUR' }}", language="fr", purpose="transactional")
    assert "'money' has formats for en, ja, de only" in reasons(template)[0]
    assert lint(an_sms("{{ 'a' | upcase }}", language="fr", purpose="transactional")) == ()
    assert lint(an_sms("{{ 1 | money: 'GBP' }}", language="en-GB", purpose="transactional")) == ()


@pytest.mark.parametrize(
    ("lacking", "reason"),
    [
        ("{{ links.unsubscribe }}", "links.unsubscribe"),
        ("{{ brand.legal_name }}", "brand.legal_name"),
        ("{{ brand.postal_address }}", "brand.postal_address"),
    ],
)
@pytest.mark.parametrize("part", ["html", "text"])
def test_a_promotional_mail_without_its_duties_is_refused(part: str, lacking: str, reason: str) -> None:
    bare = EMAIL[part].replace(lacking, "")
    assert reason in reasons(an_email(**{part: bare}))[0]
    conditional = EMAIL[part].replace(lacking, f"{{% if person.traits.x %}}{lacking}{{% endif %}}")
    assert reason in reasons(an_email(**{part: conditional}))[0]


def test_a_duty_may_be_written_out_when_the_brand_is_known() -> None:
    written = {
        part: EMAIL[part]
        .replace("{{ brand.legal_name }}", "The Shop  LTD.")
        .replace("{{ brand.postal_address }}", "1 High Street,\nDover")
        for part in ("html", "text")
    }
    assert lint(an_email(**written), brand=a_brand()) == ()
    assert len(lint(an_email(**written))) == 2


def test_a_promotional_text_needs_a_way_out_and_a_name_and_a_transactional_one_does_not() -> None:
    assert "such as STOP" in reasons(an_sms("{{ brand.name }}: sale!"))[0]
    assert "brand.legal_name" in reasons(an_sms("Sale! Reply STOP to stop"))[0]
    assert lint(a_transactional("Your parcel is here")) == ()


def test_the_variables_of_a_template_are_listed() -> None:
    template = an_email(subject="{{ person.traits['first name'] | default: event.properties.x }}")
    asked = variables(template)
    assert {"person.traits.first name", "event.properties.x", "links.unsubscribe"} <= asked
    assert variables(a_push(data={"open": "{{ campaign.id }}"})) == {"campaign.id"}
    assert variables(a_transactional("{{ person.traits[campaign.id] }}")) == {
        "person.traits.*",
        "campaign.id",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"from_email": "hello@shop.example\r\nBcc: x@y.example"},
        {"from_email": "nobody"},
        {"from_email": "a@b.example, c@d.example"},
        {"from_name": "Shop\nBcc: x"},
        {"support_url": "http://shop.example/"},
        {"support_url": "javascript:alert(1)"},
        {"languages": {}},
        {"languages": {"ja": {"from_name": "a\rb"}}},
        {"postal_address": ""},
        {"unknown": "x"},
    ],
)
def test_a_brand_that_could_break_a_header_or_name_nobody_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_brand(**changes)


def test_a_brand_speaks_the_nearest_language_and_its_own_when_it_knows_no_other() -> None:
    brand: Brand = a_brand()
    assert brand.voice("ja-JP").name == "ザ・ショップ"
    assert brand.voice("ja").postal_address == "1 High Street, Dover"
    assert brand.voice("fr").name == "The Shop"
