"""`kizuna template`: lint with an exit code, and previews as a real person, with pictures."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kizuna.core.errors import Unavailable
from kizuna.local.pictures import browser, take_pictures
from kizuna.runtime.wiring import installed
from tests.support.clouds import Shop, running_shop
from tests.support.content import EMAIL, WORKSPACE
from tests.support.kizuna_command import kizuna, told


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        running.greet("u1")
        running.settle()
        with installed(running.wired):
            yield running


def a_folder(where: Path, **content: Any) -> Path:
    """A workspace with one template of its own."""
    document = {
        "id": "mine",
        "channel": "email",
        "default_language": "en",
        "languages": {"en": {**EMAIL, **content}},
    }
    (where / "templates").mkdir()
    (where / "templates" / "mine.yaml").write_text(yaml.safe_dump(document))
    brands = (WORKSPACE / "brands.yaml").read_text()
    (where / "brands.yaml").write_text(brands)
    return where


def test_the_sample_workspace_has_nothing_that_would_be_refused() -> None:
    code, output = kizuna("--json", "template", "lint", str(WORKSPACE))
    assert code == 0
    assert not any(each["refused"] for each in json.loads(output)["findings"])


def test_advice_says_why_and_how_in_the_language_asked_for_and_fails_only_when_strict(tmp_path: Path) -> None:
    folder = str(a_folder(tmp_path))
    (first, *_) = told("template", "lint", folder, "--language", "ja")["findings"]
    assert first["rule"] == "preheader-missing"
    assert first["path"] == "templates/mine.yaml: languages.en"
    assert first["mend"].endswith("ください。")
    code, output = kizuna("template", "lint", folder, "--strict")
    assert code == 1
    assert "0 refused, 2 pieces of advice" in output


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ({"text": "{{ nothing }}"}, "templates/mine.yaml: languages.en.text:1"),
        ({"text": 3}, "templates/mine.yaml: languages.en.text"),
        ({"html": "<p>{% include 'nothing' %}</p>"}, "templates/mine.yaml: languages.en.html:1"),
    ],
)
def test_what_would_be_refused_ends_with_exit_code_1(
    tmp_path: Path, content: dict[str, Any], path: str
) -> None:
    code, output = kizuna("--json", "template", "lint", str(a_folder(tmp_path, **content)))
    assert code == 1
    assert path in [each["path"] for each in json.loads(output)["findings"] if each["refused"]]


def test_why_it_would_be_refused_is_said_in_japanese_too(tmp_path: Path) -> None:
    folder = str(a_folder(tmp_path, text="{{ nothing }}"))
    code, output = kizuna("--json", "template", "lint", folder, "--language", "ja")
    assert code == 1
    (found,) = json.loads(output)["findings"]
    assert found["detail"].startswith("「nothing」という変数はありません。")
    code, output = kizuna("template", "lint", folder, "--language", "ja")
    assert code == 1
    assert "「nothing」という変数はありません。" in output


def test_an_unknown_template_is_named(tmp_path: Path) -> None:
    code, output = kizuna("template", "lint", str(a_folder(tmp_path)), "--template", "other")
    assert (code, "there is no template 'other'" in output) == (1, True)


def test_a_campaign_is_shown_as_one_person_would_get_it_and_nothing_is_sent(shop: Shop) -> None:
    before = len(shop.messages("u1"))
    (mail,) = told("template", "preview", "win-back", "--person", "u1", "--in", "ja")["previews"]
    assert (mail["channel"], mail["language"], mail["reason"]) == ("email", "ja", "")
    assert mail["message"]["subject"]
    assert mail["facts"] == {"has_unsubscribe": True, "has_sender_identity": True, "has_postal_address": True}
    assert "https://preview.invalid/u/preview" in mail["message"]["text"]
    assert "/u/v1." not in json.dumps(mail)
    assert len(shop.messages("u1")) == before


def test_what_could_not_be_rendered_says_which_value_is_missing(shop: Shop) -> None:
    code, output = kizuna("--json", "template", "preview", "order-thanks-sms", "--person", "u1")
    assert code == 1
    assert "is missing" in json.loads(output)["previews"][0]["reason"]
    event = json.dumps(
        {"name": "Order Completed", "properties": {"order_id": "7", "total": 5, "currency": "JPY"}}
    )
    (text,) = told("template", "preview", "order-thanks-sms", "--person", "u1", "--event", event)["previews"]
    assert "7" in text["message"]["body"]


def test_a_draft_from_a_folder_is_shown_with_values_of_the_person_escaped(shop: Shop, tmp_path: Path) -> None:
    folder = a_folder(tmp_path, subject="For {{ person.traits.first_name | default: 'you' }}")
    (mail,) = told("template", "preview", "mine", "--person", "u1", "--from", str(folder))["previews"]
    assert mail["message"]["subject"].startswith("For ")


PICTURE = "https://shop.example/a.png"
OTHER_CHANNELS: dict[str, tuple[dict[str, Any], str]] = {
    "line": (
        {"messages": [{"text": "いらっしゃいませ"}, {"image": PICTURE}]},
        f'messages: ["いらっしゃいませ", {{"image": "{PICTURE}"}}]',
    ),
    "whatsapp": ({"template": "hello", "body": ["花子"]}, 'body: ["花子"]'),
    "inbox": ({"title": "Hello", "body": "Come in", "data": {"a": "1"}}, 'data: {"a": "1"}'),
    "task": ({"queue": "calls", "title": "Call", "script": "Hello", "due": "4h"}, "due: 4h"),
    "sms": ({"body": "Hello"}, '"encoding": "GSM-7"'),
}


@pytest.mark.parametrize("channel", OTHER_CHANNELS)
def test_a_draft_of_any_channel_is_shown_in_words_that_can_be_read(
    shop: Shop, tmp_path: Path, channel: str
) -> None:
    content, line = OTHER_CHANNELS[channel]
    folder = a_folder(tmp_path)
    document = {
        "id": "mine",
        "channel": channel,
        "purpose": "transactional",
        "default_language": "en",
        "languages": {"en": content},
    }
    (folder / "templates" / "mine.yaml").write_text(yaml.safe_dump(document))
    code, output = kizuna("template", "preview", "mine", "--person", "u1", "--from", str(folder))
    assert (code, line in " ".join(output.split())) == (0, True), output
    (shown,) = told("template", "preview", "mine", "--person", "u1", "--from", str(folder))["previews"]
    assert (shown["channel"], shown["reason"]) == (channel, "")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("nothing", "--person", "u1"), "there is no template and no campaign 'nothing'"),
        (("win-back", "--person", "nobody"), "nobody is known by 'nobody'"),
        (("win-back", "--person", "u1", "--channel", "sms"), "has no template for sms"),
        (("win-back", "--person", "u1", "--event", "[1]"), "--event"),
        (("win-back", "--person", "u1", "--event", '{"name": "x", "properties": 3}'), "properties"),
    ],
)
def test_what_cannot_be_shown_says_why(shop: Shop, words: tuple[str, ...], reason: str) -> None:
    code, output = kizuna("template", "preview", *words)
    assert (code, reason in output) == (1, True)


@pytest.mark.slow
@pytest.mark.skipif(browser() is None, reason="needs Chromium")
def test_a_mail_is_pictured_at_two_widths_in_light_and_dark_without_scripts_or_network(
    tmp_path: Path,
) -> None:
    html = (
        "<style>body{background:#fff}@media (prefers-color-scheme: dark){body{background:#000}}</style>"
        "<body><p>Hello</p><script>document.body.innerHTML='<h1>changed</h1>'.repeat(99)</script>"
        "<img src='http://127.0.0.1:1/x.png' alt=''></body>"
    )
    pictures = list(take_pictures(html, tmp_path / "shots", "mail"))
    assert [each.name for each in pictures] == [
        f"mail-{width}-{scheme}.png" for width in (360, 600) for scheme in ("light", "dark")
    ]
    sizes = [struct.unpack(">II", each.read_bytes()[16:24])[0] for each in pictures]
    assert sizes == [360, 360, 600, 600]
    assert pictures[0].read_bytes() != pictures[1].read_bytes()


def test_without_a_browser_it_says_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="pictures need a browser"):
        next(take_pictures("<p>x</p>", tmp_path, "mail"))
