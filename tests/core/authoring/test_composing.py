"""Blocks, MJML and missing text parts are worked out when a workspace is read; errors name what the author sees."""

from pathlib import Path
from typing import Any

import pytest

from kizuna.cli.workspace_files import read_workspace
from kizuna.core.authoring.composing import Documents, composed
from kizuna.core.catalog import build
from kizuna.core.content.rendering import Links, RenderedEmail, TemplateContext, render
from kizuna.core.content.templates import RenderedPush, Template
from kizuna.core.errors import InvalidDefinition
from tests.support.builders import some_documents

FOOTER: dict[str, Any] = {
    "id": "footer",
    "default_language": "en",
    "languages": {
        "en": {
            "html": "<p>{{ brand.legal_name }}, {{ brand.postal_address }}\n"
            "<a href='{{ links.unsubscribe }}'>Stop</a></p>\n",
            "mjml": "<mj-text>{{ brand.legal_name }}, {{ brand.postal_address }}\n"
            "<a href='{{ links.unsubscribe }}'>Stop</a></mj-text>\n",
            "text": "{{ brand.legal_name }}, {{ brand.postal_address }}\nStop: {{ links.unsubscribe }}\n",
        },
        "ja": {"text": "配信停止: {{ links.unsubscribe }}"},
    },
}
MAIL = {
    "subject": "Spring",
    "mjml": "<mjml><mj-body><mj-section><mj-column>\n<mj-text>Hello {{ person.traits.first_name }}</mj-text>\n"
    "{% include 'footer' %}</mj-column></mj-section></mj-body></mjml>",
}


def documents(*blocks: dict[str, Any], **languages: Any) -> Documents:
    template = {**some_documents()["template", "spring-email"], "languages": languages or {"en": MAIL}}
    return {
        **some_documents(),
        ("template", "spring-email"): template,
        **{("block", block["id"]): block for block in blocks or (FOOTER,)},
    }


def problems_of(wanted: Documents) -> list[str]:
    with pytest.raises(InvalidDefinition) as refused:
        composed(wanted, origin=lambda kind, name: f"{kind}s/{name}.yaml")
    return [str(problem) for problem in refused.value.problems]


def test_a_mail_of_mjml_and_blocks_is_stored_as_html_with_a_text_part_and_meets_the_duties_of_the_law() -> (
    None
):
    catalog = build(composed(documents()))
    template = catalog.templates["spring-email"]
    assert template.blocks == ("footer",)
    context = TemplateContext(
        brand=catalog.brands["shop"],
        traits={"first_name": "<b>Ann</b> {{ brand.name }}"},
        links=Links("https://x.example/u/1"),
    )
    mail = render(template, language="en", context=context)
    assert isinstance(mail, RenderedEmail)
    assert "Hello &lt;b&gt;Ann&lt;/b&gt; {{ brand.name }}" in mail.html
    assert "Hello <b>Ann</b> {{ brand.name }}" in mail.text
    assert "Stop: https://x.example/u/1" in mail.text
    assert "mj-" not in mail.html.replace("mj-column", "").replace("mj-outlook", "").replace("mj-full", "")


def test_composing_twice_changes_nothing_and_other_definitions_stay_as_they_are() -> None:
    wanted = documents()
    once = composed(wanted)
    assert composed(once) == once == composed(wanted)
    assert {key: once[key] for key in once if key[0] != "template"} == {
        key: wanted[key] for key in wanted if key[0] != "template"
    }


def test_a_template_that_needs_nothing_is_left_as_it_is() -> None:
    assert composed(some_documents()) == some_documents()


def test_a_block_speaks_the_templates_language_or_the_nearest_or_its_default() -> None:
    body = {"body": "ザ・ショップ {% include 'footer' %}"}
    wanted: dict[Any, Any] = {
        ("template", "t"): {
            "id": "t",
            "channel": "sms",
            "default_language": "ja",
            "languages": {"ja-JP": body, "ja": body, "de": body},
        },
        ("block", "footer"): FOOTER,
    }
    said = composed(wanted)["template", "t"]["languages"]
    assert said["ja-JP"]["body"] == said["ja"]["body"] == "ザ・ショップ 配信停止: {{ links.unsubscribe }}"
    assert said["de"]["body"].endswith("Stop: {{ links.unsubscribe }}")


def test_blocks_may_hold_blocks_but_never_themselves() -> None:
    def block(name: str, text: str) -> dict[str, Any]:
        return {"id": name, "default_language": "en", "languages": {"en": {"text": text}}}

    mail = {"subject": "x", "html": "<p>x</p>", "text": "{% include 'a' %}"}
    outer, inner = block("a", "1 {% include 'b' %}"), block("b", "2")
    done = composed(documents(outer, inner, en=mail))["template", "spring-email"]
    assert done["languages"]["en"]["text"] == "1 2"
    assert done["blocks"] == ["a", "b"]
    circle = problems_of(documents(outer, block("b", "{% include 'a' %}"), en=mail))
    assert circle == [
        "templates/spring-email.yaml: languages.en.text:1: block 'a': block 'b': block 'a' includes itself"
    ]
    bomb = [block("a" * at, f"{{% include '{'a' * (at + 1)}' %}}" * 30) for at in range(1, 5)]
    (told,) = problems_of(documents(*bomb, block("aaaaa", "x" * 1_000), en=mail))
    assert "more than" in told or "longer than" in told


def test_blocks_that_say_nothing_cannot_be_multiplied_without_end() -> None:
    """A thousand times a thousand times a thousand of nothing is still no text, and takes for ever."""

    def block(name: str, text: str) -> dict[str, Any]:
        return {"id": name, "default_language": "en", "languages": {"en": {"text": text}}}

    nothing = [
        block("a", "{% include 'b' %}" * 1_000),
        block("b", "{% include 'c' %}" * 1_000),
        block("c", "\n"),
    ]
    mail = {"subject": "x", "html": "<p>x</p>", "text": "x" + "{% include 'a' %}" * 1_000}
    (told,) = problems_of(documents(*nothing, en=mail))
    assert told.endswith("puts in more than 500 blocks")
    some = [block("a", "{% include 'b' %}" * 20), block("b", "{% include 'c' %}" * 20), block("c", "y")]
    done = composed(documents(*some, en={**mail, "text": "{% include 'a' %}"}))["template", "spring-email"]
    assert done["languages"]["en"]["text"] == "y" * 400


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"text": "a\n{% include 'nothing' %}"}, "text:2: there is no block 'nothing'"),
        ({"text": "a\n{% include footer %}"}, "text:2: write {% include 'name' %}"),
        ({"text": "a\n\n{% if x %}{% include 'footer' %}"}, "text"),
        (
            {"mjml": "<mjml>\n<mj-body>\n<mj-txt/></mj-body></mjml>"},
            "mjml:3: <mj-txt>: there is no such tag of MJML",
        ),
        ({"mjml": "<mjml>\n{{ nothing }}{{"}, "mjml:2: {{ is never closed"),
        ({"mjml": "<mjml></mjml>", "html": "<p>x</p>"}, " has both html and mjml; give one of them"),
        ({"mjml": 3}, "mjml: is not a text"),
        ({"html": "<p>\n{% nope %}</p>"}, "html:2: unknown tag 'nope'"),
        ({"html": "<style>x</style>"}, "html: nothing is left of it to be read as text"),
    ],
)
def test_what_is_wrong_names_file_key_and_line(content: dict[str, Any], problem: str) -> None:
    told = problems_of(documents(en={"subject": "x", **content}))
    assert len(told) == 1
    place = "templates/spring-email.yaml: languages.en"
    assert told[0].startswith((f"{place}.{problem}", f"{place}:{problem}"))


def test_a_broken_block_is_told_once_in_its_own_file() -> None:
    broken = {"id": "footer", "default_language": "en", "languages": {"en": {"text": "a\n{% if x %}"}}}
    told = problems_of(documents(broken, en={"subject": "x", "html": "<p>x</p>", "text": "x"}))
    (only,) = told
    assert only.startswith("blocks/footer.yaml: languages.en.text")


def test_a_brands_block_stands_in_no_other_brands_mail() -> None:
    wanted = dict(composed(documents({**FOOTER, "brand": "shop"})))
    build(wanted)
    other = {**wanted["brand", "shop"], "id": "cafe"}
    wanted |= {("brand", "cafe"): other, ("block", "footer"): {**FOOTER, "brand": "cafe"}}
    with pytest.raises(InvalidDefinition, match="holds the block 'footer' of the brand 'cafe'"):
        build(wanted)
    wanted["block", "footer"] = {**FOOTER, "brand": "nobody"}
    with pytest.raises(InvalidDefinition, match="there is no brand 'nobody'"):
        build(wanted)


def test_an_include_that_was_never_composed_is_refused_and_not_sent() -> None:
    with pytest.raises(InvalidDefinition, match="unknown tag 'include'"):
        build(documents(en={"subject": "x", "html": "<p>x</p>", "text": "{% include 'footer' %}"}))


def test_odd_documents_are_left_for_the_catalog_to_refuse() -> None:
    odd: dict[Any, Any] = {
        ("template", "a"): {"id": "a", "channel": "email", "languages": [1]},
        ("template", "b"): {"id": "b", "channel": "email", "languages": {"en": 3}},
        ("block", "c"): {"id": "c"},
    }
    assert composed(odd) == odd


def test_a_folder_is_read_with_its_templates_finished(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.yaml").write_text(
        "id: a\nchannel: email\nlanguages: { en: { subject: x, html: '<p>Hello</p>' } }\n"
    )
    assert read_workspace(tmp_path).documents["template", "a"]["languages"]["en"]["text"] == "Hello"
    (tmp_path / "blocks.yaml").write_text(
        "- { id: b, default_language: en, languages: { en: { text: '{{' } } }\n"
    )
    with pytest.raises(
        InvalidDefinition, match=r"blocks.yaml\[0\]: languages.en.text:1: \{\{ is never closed"
    ):
        read_workspace(tmp_path)


def test_declared_words_stand_where_something_is_not_known() -> None:
    template = Template.model_validate(
        {
            "id": "t",
            "channel": "push",
            "default_language": "en",
            "languages": {
                "en": {"title": "x", "body": "Hello {{ person.traits.name }}, {{ event.properties.what }}"},
                "ja": {"title": "x", "body": "{{ person.traits.name }}さま {{ event.properties.what }}"},
            },
            "fallbacks": {
                "person.traits.name": {"en": "friend", "ja": "お客"},
                "event.properties.what": {"en": "{{ brand.name }}"},
            },
        }
    )
    brand = build(some_documents()).brands["shop"]

    def said(language: str, **traits: Any) -> str:
        context = TemplateContext(brand=brand, traits=traits, event_name="x", event_properties={"what": None})
        rendered = render(template, language=language, context=context)
        assert isinstance(rendered, RenderedPush)
        return rendered.body

    assert said("en") == said("en", name=" ") == said("en", name=None) == "Hello friend, {{ brand.name }}"
    assert said("ja-JP") == "お客さま {{ brand.name }}"
    assert said("en", name="Ann") == "Hello Ann, {{ brand.name }}"
