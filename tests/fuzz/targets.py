"""What is fuzzed, with its seeds and what must hold of every input (S3, `docs/security.md`)."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from kizuna.adapters.tables import people_keys
from kizuna.core.clicks.tokens import issue_click, read_click
from kizuna.core.consent.sms_keywords import SmsWords, classify, normalise
from kizuna.core.content.errors import ContentError
from kizuna.core.content.headers import header_text, mailbox
from kizuna.core.content.rendering import RenderedEmail, TemplateRefused, lint, render
from kizuna.core.identity.tokens import subject_of
from kizuna.core.ids import digest
from kizuna.core.links import (
    Confirm,
    LinkKeys,
    LinkScope,
    Preferences,
    Survey,
    Unsubscribe,
    Visit,
    issue,
    read,
)
from kizuna.core.messenger_reports import read_reports
from kizuna.core.provider_reports import is_of_elsewhere
from kizuna.core.report_parts import UnreadableReport
from tests.support.content import a_context, an_email

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVENTS = Path(__file__).parents[2] / "events" / "feedback"
KEYS = LinkKeys("k2", {"k1": b"one secret of thirty-two bytes..", "k2": b"another secret, as long as that."})
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:kizuna-dev-feedback"


@dataclass(frozen=True, slots=True)
class Target:
    """`holds` raises for an input that breaks us, AssertionError for one that is taken for what it is not."""

    seeds: Sequence[str]
    holds: Callable[[str], None]
    words: Sequence[str] = ()


# ── links ───────────────────────────────────────────────────────────────────────────────────────

_SCOPES: tuple[LinkScope, ...] = (
    Unsubscribe("news", "email"),
    Preferences(),
    Survey("nps"),
    Visit(),
    Confirm(),
)
_LINKS = tuple(
    issue(send_ref=digest("m", str(number)), scope=scope, issued_at=NOON, nonce=bytes(16), keys=KEYS)
    for number, scope in enumerate(_SCOPES)
)
_CLICKS = tuple(issue_click(digest("m", str(number)), number, keys=KEYS) for number in range(3))
_JWT = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsifQ.eyJzdWIiOiJ1IiwiZXhwIjoxfQ.c2lnbmF0dXJl"


def _token(text: str) -> None:
    assert (read(text, keys=KEYS) is not None) == (text in _LINKS), "a forged link was read"
    assert (read_click(text, keys=KEYS) is not None) == (text in _CLICKS), "a forged click was read"
    assert subject_of(text, key_of=lambda _: b"s" * 32, now=NOON) is None, "a forged token vouched"


# ── keywords ────────────────────────────────────────────────────────────────────────────────────

_WORDS = SmsWords(stop=("配信停止", "ストップ"), start=("再開",), help=("ヘルプ",), review=("やめ",))
_TEXTS = (
    *("STOP", "please stop texting me", "Opt out.", "START", "unstop!", "HELP", "the bus stop", "Arrêt"),
    *("配信停止。", "ｽﾄｯﾌﾟ", "再開", "もうやめてください", "thanks", "re: 12:30?", "> quoted\n\nSTOP"),
)


def _keyword(text: str) -> None:
    plain = normalise(text)
    assert normalise(plain) == plain
    for words in (SmsWords(), _WORDS):
        assert classify(text, words) is classify(f" {text}\u200b\n", words)
        assert classify(text, words) is classify(plain, words)


# ── what providers report ───────────────────────────────────────────────────────────────────────


def _report(text: str) -> None:
    is_of_elsewhere(text, QUEUE)
    try:
        read_reports(text, received_at=NOON)
    except UnreadableReport:
        return


# ── templates ───────────────────────────────────────────────────────────────────────────────────

_TEMPLATES = (
    "Hello {{ person.traits.name }}!",
    "{% if person.traits.v == 'a' and links.x %}a{% elsif true %}b{% else %}c{% endif %}",
    "{% for x in (1..3) %}{{ forloop.index | times: 2 }}{% break %}{% endfor %}",
    "{% assign x = person.traits.v | split: ',' | join: '-' %}{{ x | upcase | default: 'you' }}",
    "{% capture x %}{{ brand.name }}{% endcapture %}{% case x %}{% when 'a' %}1{% endcase %}{{ x | size }}",
    "{% comment %}{{ no }}{% endcomment %}{{- 'a' | replace: 'a', 'b' -}}{% unless false %}x{% endunless %}",
)
_LIQUID = (
    *("{{ person.traits.v }}", "{% for x in (1..999999999) %}", "{% endfor %}", "| attr: 'x'", ".__class__"),
    *(
        "{% include 'x' %}",
        "{% render 'x' %}",
        "[0]",
        "| times: 9999999999",
        "forloop.parentloop",
        "{% raw %}",
    ),
)


_ASKING = an_email(
    html='<p title="{{ person.traits.v }}">{{ person.traits.v }}</p>', text="{{ person.traits.v }}"
)


def _value(text: str) -> None:
    """What a person's record holds is text, whatever it looks like (A17)."""
    try:
        rendered = render(_ASKING, language="en", context=a_context({"v": text}))
    except ContentError:
        return
    assert isinstance(rendered, RenderedEmail)
    assert set(re.findall(r"<\w+", rendered.html)) <= _OWN_TAGS, "a value that became markup"


_OWN_TAGS = {"<p", "<div", "<span", "<html", "<head", "<meta", "<title", "<body", "<style"}


def _template(text: str) -> None:
    _value(text)
    try:
        template = an_email(html=text or "x", text="t " + text)
    except ValidationError:
        return  # no text at all: half of a surrogate pair
    problems = lint(template)
    try:
        render(template, language="en", context=a_context({"v": "<b>", "name": "Ann"}))
    except TemplateRefused:
        assert problems, "refused when it is sent, and not when it was saved"
    except ContentError:
        return


# ── headers and keys ────────────────────────────────────────────────────────────────────────────

_NAMES = ("Ann", "Groove Harbour", "ann@example.com", "あん <ann@example.com>", '"Ann, B." <a@b.example>')


def _header(text: str) -> None:
    ways: tuple[Callable[[], object], ...] = (
        lambda: header_text(text, field="f"),
        lambda: mailbox(text, "a@example.com", field="f"),
        lambda: mailbox("Ann", text, field="f"),
    )
    for way in ways:
        try:
            said = str(way())
        except ContentError:
            continue
        assert len(said.splitlines()) <= 1, "a header of two lines"
        assert not set("\r\n\x00") & set(said)


def _key(text: str) -> None:
    key = people_keys.identity("user_id", text)
    assert key.startswith("i#user_id#")
    assert key.count("#") == 2, "a value that ends its part of the key"
    assert len(key.encode()) < 2_048
    for near in (text + "#", text + "%23", text.replace("#", "%23"), text.lower(), text.strip()):
        assert (people_keys.identity("user_id", near) == key) == (near == text)


@functools.cache
def targets() -> Mapping[str, Target]:
    """By name."""
    reports = tuple(json.dumps(json.loads(path.read_text("utf-8"))) for path in sorted(EVENTS.glob("*.json")))
    return {
        "token": Target((*_LINKS, *_CLICKS, _JWT), _token),
        "keyword": Target(_TEXTS, _keyword),
        "report": Target(
            reports, _report, ("Notification", '"Message":', '"eventType":', "\\u0000", "\\ud800")
        ),
        "template": Target(_TEMPLATES, _template, _LIQUID),
        "header": Target(_NAMES, _header),
        "key": Target(("u1", "a#b", "i#user_id#x", "~abc", "%7Eabc"), _key),
    }
