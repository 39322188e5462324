"""The pages behind the links of a message, and what their forms may ask for.

    GET  /u/{token}            unsubscribe_page     shows, changes nothing
    POST /u/{token}            unsubscribe_choice ▶ reduction ▶ (ledger) ▶ unsubscribed_page
    GET  /preferences/{token}  preferences_page     shows no state: the link proves no identity
    POST /preferences/{token}  preference_choices ▶ reductions ▶ (ledger) ▶ preferences_saved_page
    a token that does not verify                    broken_link_page, status 400

A form can only be read into `Reduction`s, whatever was posted: there is no value that means "subscribe". Success
pages are to be shown after the ledger has the reduction, never before. Every value is escaped here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import assert_never
from urllib.parse import parse_qs, quote

from kizuna.core.content.templates import Brand
from kizuna.core.links import Unsubscribe
from kizuna.core.pages.layout import Page, Switch, page
from kizuna.core.pages.texts import TEXTS, PageLanguage, Texts

EVERY = "*"
"""Every topic, or every channel, as the ledger writes it."""

_BODY_MAX = 8_192
_FIELDS_MAX = 200
_ACCEPT_MAX = 500


class Choice(StrEnum):
    """How far somebody wants to leave."""

    TOPIC = "topic"
    CHANNEL = "channel"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Reduction:
    """No more of this topic on this channel; `*` is all of them. Becomes one `withdraw` in the ledger."""

    topic: str
    channel: str


@dataclass(frozen=True, slots=True)
class TopicLabel:
    """A topic as people read it, in the language of the page."""

    id: str
    name: str
    description: str = ""


# ── language ────────────────────────────────────────────────────────────────────────────────────


def page_language(
    *, requested: str | None = None, person: str | None = None, accept_language: str | None = None
) -> PageLanguage:
    """What somebody picked on the page, else the person's own language, else the browser's, else English."""
    for wish in (requested, person, *_accepted(accept_language or "")):
        if (language := _offered(wish or "")) is not None:
            return language
    return "en"


def posted_language(body: str) -> str | None:
    """The language of the form that was posted, to be passed as `requested`."""
    return _fields(body).get("lang", [None])[-1]


def _offered(wish: str) -> PageLanguage | None:
    match wish.strip().replace("_", "-").split("-", 1)[0].lower():
        case "en":
            return "en"
        case "ja":
            return "ja"
        case _:
            return None


def _accepted(header: str) -> list[str]:
    """Language ranges of an Accept-Language header, the most wanted first (RFC 9110 section 12.5.4)."""
    ranked: list[tuple[float, str]] = []
    for part in header[:_ACCEPT_MAX].split(","):
        name, _, parameter = part.partition(";")
        weight = _weight(parameter)
        if weight > 0:
            ranked.append((weight, name))
    return [name for _, name in sorted(ranked, key=lambda entry: -entry[0])]


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


# ── unsubscribe ─────────────────────────────────────────────────────────────────────────────────


def unsubscribe_page(
    *,
    brand: Brand,
    language: PageLanguage,
    topic_name: str,
    channel: str,
    action: str,
    preferences_url: str | None = None,
) -> Page:
    """The answer to GET: a form that posts to `action`, the path of the link itself."""
    texts, name = TEXTS[language], brand.voice(language).name
    by = _channel(texts, channel)
    labels = {
        Choice.TOPIC: texts.leave_topic.format(topic=topic_name, channel=by),
        Choice.CHANNEL: texts.leave_channel.format(channel=by),
        Choice.ALL: texts.leave_all,
    }
    hints = {Choice.ALL: texts.leave_all_hint}
    choices = "\n".join(
        _option("radio", "scope", choice, label, hints.get(choice, ""), checked=choice is Choice.TOPIC)
        for choice, label in labels.items()
    )
    body = (
        f'<h1 id="h">{escape(texts.leave_heading)}</h1>\n<p>{escape(texts.leave_intro)}</p>\n'
        f"{_form_start(action, language)}"
        f'<fieldset aria-labelledby="h">\n{choices}\n</fieldset>\n'
        f'<button type="submit">{escape(texts.leave_button)}</button>\n</form>'
    )
    below = _note(texts.orders_stay)
    if preferences_url is not None:
        below += (
            f'<p class="below"><a href="{escape(preferences_url)}">{escape(texts.to_preferences)}</a></p>\n'
        )
    return page(
        language=language,
        title=texts.leave_title.format(brand=name),
        brand=name,
        body=body,
        below=below,
        switch=_switch(action, language),
    )


def unsubscribe_choice(body: str) -> Choice:
    """What the POST asks for. Anything unclear, a one-click POST included, means the topic of the link."""
    wanted = _fields(body).get("scope", [""])[-1]
    return Choice(wanted) if wanted in set(Choice) else Choice.TOPIC


def reduction(choice: Choice, scope: Unsubscribe) -> Reduction:
    """What to record for a choice made through a link of this scope."""
    match choice:
        case Choice.TOPIC:
            return Reduction(scope.topic, scope.channel)
        case Choice.CHANNEL:
            return Reduction(EVERY, scope.channel)
        case Choice.ALL:
            return Reduction(EVERY, EVERY)
        case _:
            assert_never(choice)


def unsubscribed_page(*, brand: Brand, language: PageLanguage, stopped: Reduction, topic_name: str) -> Page:
    """Only after the ledger has it. `topic_name` is the name of the topic that was stopped."""
    texts = TEXTS[language]
    return _stopped_page(brand, language, [_described(texts, stopped, topic_name)])


# ── preferences ─────────────────────────────────────────────────────────────────────────────────


def preferences_page(
    *,
    brand: Brand,
    language: PageLanguage,
    topics: Sequence[TopicLabel],
    channels: Sequence[str],
    action: str,
) -> Page:
    """Everything that can be stopped, with nothing about what the person gets today."""
    texts, name = TEXTS[language], brand.voice(language).name
    by_topic = "\n".join(
        _option(
            "checkbox",
            "stop",
            f"topic:{topic.id}",
            texts.stop_topic.format(topic=topic.name),
            topic.description,
        )
        for topic in topics
    )
    by_channel = "\n".join(
        _option(
            "checkbox",
            "stop",
            f"channel:{channel}",
            texts.stop_channel.format(channel=_channel(texts, channel)),
        )
        for channel in channels
    )
    everything = _option("checkbox", "stop", "all", texts.leave_all, texts.leave_all_hint)
    body = (
        f"<h1>{escape(texts.prefer_heading)}</h1>\n<p>{escape(texts.prefer_intro)}</p>\n"
        f"{_form_start(action, language)}"
        f"<fieldset>\n<legend>{escape(texts.prefer_topics)}</legend>\n{by_topic}\n</fieldset>\n"
        f"<fieldset>\n<legend>{escape(texts.prefer_channels)}</legend>\n{by_channel}\n{everything}\n</fieldset>\n"
        f'<button type="submit">{escape(texts.prefer_button)}</button>\n</form>'
    )
    return page(
        language=language,
        title=texts.prefer_title.format(brand=name),
        brand=name,
        body=body,
        below=_note(texts.prefer_more) + _note(texts.orders_stay),
        switch=_switch(action, language),
    )


def preference_choices(body: str, *, topics: Iterable[str], channels: Iterable[str]) -> tuple[Reduction, ...]:
    """The reductions that the form asks for, of those that were offered; empty if it asks for nothing."""
    offered = {f"topic:{topic}": Reduction(topic, EVERY) for topic in topics}
    offered |= {f"channel:{channel}": Reduction(EVERY, channel) for channel in channels}
    offered["all"] = Reduction(EVERY, EVERY)
    wanted = dict.fromkeys(offered[value] for value in _fields(body).get("stop", []) if value in offered)
    return tuple(wanted)


def preferences_saved_page(
    *,
    brand: Brand,
    language: PageLanguage,
    stopped: Sequence[Reduction],
    topics: Sequence[TopicLabel],
) -> Page:
    """Only after the ledger has them all. With nothing stopped it says so."""
    texts = TEXTS[language]
    if not stopped:
        body = f"<h1>{escape(texts.unchanged_heading)}</h1>\n<p>{escape(texts.unchanged_intro)}</p>"
        name = brand.voice(language).name
        title = texts.prefer_title.format(brand=name)
        return page(language=language, title=title, brand=name, body=body, switch=None)
    names = {topic.id: topic.name for topic in topics}
    shown = [_described(texts, each, names.get(each.topic, each.topic)) for each in stopped]
    return _stopped_page(brand, language, shown)


# ── a link that does not work ───────────────────────────────────────────────────────────────────


def broken_link_page(*, brand: Brand, language: PageLanguage, path: str) -> Page:
    """For a token that does not verify: the same page whatever was wrong, and a way to reach the sender.

    `path` is where the language switch leads; it is quoted, so it may be anything that was asked for.
    """
    texts, name = TEXTS[language], brand.voice(language).name
    body = (
        f"<h1>{escape(texts.broken_heading)}</h1>\n<p>{escape(texts.broken_intro)}</p>\n"
        f"<p>{escape(texts.broken_help)}</p>\n{_contact(texts, brand, language)}"
    )
    title = texts.broken_title.format(brand=name)
    return page(language=language, title=title, brand=name, body=body, switch=_switch(path, language))


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _stopped_page(brand: Brand, language: PageLanguage, shown: Sequence[str]) -> Page:
    texts, name = TEXTS[language], brand.voice(language).name
    items = "".join(f"<li>{escape(item)}</li>" for item in shown)
    body = (
        f'<div role="status">\n<h1>{escape(texts.left_heading)}</h1>\n'
        f"<p>{escape(texts.left_intro)}</p>\n<ul>{items}</ul>\n</div>\n"
        f'<p class="soft">{escape(texts.on_its_way)} {escape(texts.orders_stay)}</p>\n'
        f'<p class="soft">{escape(texts.mind_changed)}</p>\n{_contact(texts, brand, language)}'
    )
    title = texts.left_title.format(brand=name)
    return page(language=language, title=title, brand=name, body=body, switch=None)


def _described(texts: Texts, stopped: Reduction, topic_name: str) -> str:
    if stopped == Reduction(EVERY, EVERY):
        return texts.leave_all
    if stopped.topic == EVERY:
        return texts.leave_channel.format(channel=_channel(texts, stopped.channel))
    if stopped.channel == EVERY:
        return texts.stop_topic.format(topic=topic_name)
    return texts.leave_topic.format(topic=topic_name, channel=_channel(texts, stopped.channel))


def _channel(texts: Texts, channel: str) -> str:
    return texts.channels.get(channel, channel)


def _contact(texts: Texts, brand: Brand, language: PageLanguage) -> str:
    voice = brand.voice(language)
    return (
        f'<p><a class="go" href="mailto:{escape(quote(brand.reply_to, safe="@"))}">'
        f"{escape(texts.write_to_us.format(address=brand.reply_to))}</a><br>"
        f'<a class="go" href="{escape(voice.support_url)}" rel="noreferrer">'
        f"{escape(texts.contact_page.format(brand=voice.name))}</a></p>"
    )


def _form_start(action: str, language: PageLanguage) -> str:
    return (
        f'<form method="post" action="{escape(_path(action))}">\n'
        f'<input type="hidden" name="lang" value="{language}">\n'
    )


def _option(kind: str, name: str, value: str, label: str, hint: str = "", *, checked: bool = False) -> str:
    small = f"<small>{escape(hint)}</small>" if hint else ""
    mark = " checked" if checked else ""
    return (
        f'<label class="choice"><input type="{kind}" name="{name}" value="{escape(value)}"{mark}>'
        f"<span>{escape(label)}{small}</span></label>"
    )


def _note(text: str) -> str:
    return f'<p class="soft below">{escape(text)}</p>\n'


def _switch(path: str, language: PageLanguage) -> Switch:
    other: PageLanguage = "ja" if language == "en" else "en"
    return Switch(f"{_path(path)}?lang={other}", other, TEXTS[language].switch)


def _path(path: str) -> str:
    """A path on this host, whatever is passed: never a scheme, never another host."""
    return "/" + quote(path.encode("utf-8", "replace"), safe="/._~-").lstrip("/")


def _fields(body: str) -> dict[str, list[str]]:
    if len(body) > _BODY_MAX:
        return {}
    try:
        return parse_qs(body, max_num_fields=_FIELDS_MAX)
    except ValueError:
        return {}
