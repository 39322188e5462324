"""The pages behind the links of a message, and what their forms may ask for.

    GET  /u/{token}            unsubscribe_page     shows, changes nothing
    POST /u/{token}            unsubscribe_choice ▶ reduction ▶ (ledger) ▶ unsubscribed_page
    GET  /preferences/{token}  preferences_page     shows no state: the link proves no identity
    POST /preferences/{token}  preference_choices ▶ reductions ▶ (ledger) ▶ preferences_saved_page
    a token that does not verify                    broken_link_page, status 400

A form can only be read into `Reduction`s and what leaves less (`less`), whatever was posted: there is no value that
means "subscribe". Success pages are to be shown after the ledger has the reduction, never before. Every value is
escaped here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import assert_never

from kizuna.core.content.templates import Brand
from kizuna.core.links import Unsubscribe
from kizuna.core.pages import less
from kizuna.core.pages.layout import Page, page
from kizuna.core.pages.markup import (
    below_link,
    channel_name,
    contact,
    fields,
    form,
    group,
    note,
    option,
    switch,
)
from kizuna.core.pages.texts import TEXTS, PageLanguage, Texts
from kizuna.core.preference_center import LeavingReason, PreferenceCenter

EVERY = "*"
"""Every topic, or every channel, as the ledger writes it."""

NOTHING_OFFERED = PreferenceCenter(frequencies=(), pauses=())
REASON, VISIT = "reason", "visit"  # what a form is for, beside leaving


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


# ── unsubscribe ─────────────────────────────────────────────────────────────────────────────────


def unsubscribe_page(
    *,
    brand: Brand,
    language: PageLanguage,
    topic_name: str,
    channel: str,
    action: str,
    preferences_url: str | None = None,
    center: PreferenceCenter = NOTHING_OFFERED,
) -> Page:
    """The answer to GET: a form that posts to `action`, the path of the link itself.

    `center` offers to hear less instead; `preferences_url` leads to everything that can be reduced.
    """
    texts, name = TEXTS[language], brand.voice(language).name
    by = channel_name(texts, channel)
    labels = {
        Choice.TOPIC: texts.leave_topic.format(topic=topic_name, channel=by),
        Choice.CHANNEL: texts.leave_channel.format(channel=by),
        Choice.ALL: texts.leave_all,
    }
    hints = {Choice.ALL: texts.leave_all_hint}
    choices = "\n".join(
        option("radio", "scope", choice, label, hints.get(choice, ""), checked=choice is Choice.TOPIC)
        for choice, label in labels.items()
    )
    inside = f'<fieldset aria-labelledby="h">\n{choices}\n</fieldset>\n'
    gentler = less.options(center, language, kind="radio", name="scope")
    inside += group(texts.less_instead, gentler) if gentler else ""
    button = texts.choose_button if gentler else texts.leave_button
    body = (
        f'<h1 id="h">{escape(texts.leave_heading)}</h1>\n<p>{escape(texts.leave_intro)}</p>\n'
        f"{form(action, language, inside, button=button)}"
    )
    below = note(texts.orders_stay)
    if preferences_url is not None:
        below += below_link(preferences_url, texts.to_preferences)
    return page(
        language=language,
        title=texts.leave_title.format(brand=name),
        brand=name,
        body=body,
        below=below,
        switch=switch(action, language),
    )


def unsubscribe_choice(body: str) -> Choice:
    """What the POST asks for. Anything unclear, a one-click POST included, means the topic of the link."""
    wanted = fields(body).get("scope", [""])[-1]
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


def unsubscribed_page(
    *,
    brand: Brand,
    language: PageLanguage,
    stopped: Reduction,
    topic_name: str,
    action: str = "",
    reasons: Sequence[LeavingReason] = (),
) -> Page:
    """Only after the ledger has it. `topic_name` is the name of the topic that was stopped.

    With `reasons` it asks, once and without insisting, why; the answer is posted to `action`.
    """
    texts = TEXTS[language]
    asks = (_why_card(texts, language, action, reasons),) if reasons and action else ()
    return _stopped_page(brand, language, [_described(texts, stopped, topic_name)], more=asks)


def _why_card(texts: Texts, language: PageLanguage, action: str, reasons: Sequence[LeavingReason]) -> str:
    choices = "\n".join(
        option("radio", "reason", each.id, less.named(each.name, language)) for each in reasons
    )
    inside = f'<fieldset aria-labelledby="why">\n{choices}\n</fieldset>\n'
    return (
        f'<h2 id="why">{escape(texts.why_heading)}</h2>\n<p class="soft">{escape(texts.why_intro)}</p>\n'
        f"{form(action, language, inside, button=texts.why_button, act=REASON, kind='quiet')}"
    )


def leaving_reason(body: str, reasons: Iterable[LeavingReason]) -> str | None:
    """The reason that was ticked, of those that were offered."""
    wanted = fields(body).get("reason", [""])[-1]
    return wanted if wanted in {each.id for each in reasons} else None


def thanked_page(*, brand: Brand, language: PageLanguage) -> Page:
    """After a reason was given, or none was."""
    texts = TEXTS[language]
    body = f"<h1>{escape(texts.thanks_heading)}</h1>\n<p>{escape(texts.thanks_intro)}</p>"
    return _plain_page(brand, language, texts.left_title, body)


def lessened_page(
    *,
    brand: Brand,
    language: PageLanguage,
    said: str,
    action: str,
    stopped: Sequence[Reduction] = (),
    topics: Sequence[TopicLabel] = (),
) -> Page:
    """Only after the record has it: what was asked for instead of leaving, and what was `stopped` beside it. `said`
    is HTML, escaped already."""
    texts = TEXTS[language]
    names = {topic.id: topic.name for topic in topics}
    left = [_described(texts, each, names.get(each.topic, each.topic)) for each in stopped]
    items = "".join(f"<li>{escape(each)}</li>\n" for each in left)
    also = f"<p>{escape(texts.left_intro)}</p>\n<ul>\n{items}</ul>\n" if left else ""
    body = (
        f"<h1>{escape(texts.lessened_heading)}</h1>\n<p>{escape(texts.lessened_intro)}</p>\n"
        f'<ul>\n<li>{said}</li>\n</ul>\n{also}<p class="soft">{escape(texts.orders_stay)}</p>'
    )
    below = below_link(action, texts.back_to_choices)
    return _plain_page(brand, language, texts.prefer_title, body, below=below)


# ── preferences ─────────────────────────────────────────────────────────────────────────────────


def preferences_page(
    *,
    brand: Brand,
    language: PageLanguage,
    topics: Sequence[TopicLabel],
    channels: Sequence[str],
    action: str,
    center: PreferenceCenter = NOTHING_OFFERED,
    offers_visit: bool = False,
) -> Page:
    """Everything that can be stopped, with nothing about what the person gets today.

    With `offers_visit` a second form asks for the mailed link that opens the whole page.
    """
    texts, name = TEXTS[language], brand.voice(language).name
    by_topic = "\n".join(
        option(
            "checkbox",
            "stop",
            f"topic:{topic.id}",
            texts.stop_topic.format(topic=topic.name),
            topic.description,
        )
        for topic in topics
    )
    by_channel = "\n".join(
        option(
            "checkbox",
            "stop",
            f"channel:{channel}",
            texts.stop_channel.format(channel=channel_name(texts, channel)),
        )
        for channel in channels
    )
    everything = option("checkbox", "stop", "all", texts.leave_all, texts.leave_all_hint)
    gentler = less.options(center, language, kind="radio", name="less")
    if gentler:  # without scripts a choice cannot be taken back, but for another one
        gentler = option("radio", "less", "", texts.less_nothing, checked=True) + "\n" + gentler
    inside = (
        (group(texts.less_heading, gentler) if gentler else "")
        + group(texts.prefer_topics, by_topic)
        + group(texts.prefer_channels, f"{by_channel}\n{everything}")
    )
    body = (
        f"<h1>{escape(texts.prefer_heading)}</h1>\n<p>{escape(texts.prefer_intro)}</p>\n"
        f"{form(action, language, inside, button=texts.choose_button if gentler else texts.prefer_button)}"
    )
    return page(
        language=language,
        title=texts.prefer_title.format(brand=name),
        brand=name,
        body=body,
        more=(_visit_card(texts, language, action),) if offers_visit else (),
        below=note(texts.prefer_more) + note(texts.orders_stay),
        switch=switch(action, language),
    )


def _visit_card(texts: Texts, language: PageLanguage, action: str) -> str:
    asks = form(action, language, "", button=texts.visit_button, act=VISIT, kind="quiet")
    return f"<h2>{escape(texts.visit_heading)}</h2>\n<p>{escape(texts.visit_intro)}</p>\n{asks}"


def preference_choices(body: str, *, topics: Iterable[str], channels: Iterable[str]) -> tuple[Reduction, ...]:
    """The reductions that the form asks for, of those that were offered; empty if it asks for nothing."""
    offered = {f"topic:{topic}": Reduction(topic, EVERY) for topic in topics}
    offered |= {f"channel:{channel}": Reduction(EVERY, channel) for channel in channels}
    offered["all"] = Reduction(EVERY, EVERY)
    wanted = dict.fromkeys(offered[value] for value in fields(body).get("stop", []) if value in offered)
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
        return _plain_page(brand, language, texts.prefer_title, body)
    names = {topic.id: topic.name for topic in topics}
    shown = [_described(texts, each, names.get(each.topic, each.topic)) for each in stopped]
    return _stopped_page(brand, language, shown)


# ── a link that does not work ───────────────────────────────────────────────────────────────────


def broken_link_page(
    *, brand: Brand, language: PageLanguage, path: str, entry_url: str | None = None
) -> Page:
    """For a token that does not verify: the same page whatever was wrong, and a way to reach the sender.

    `path` is where the language switch leads; it is quoted, so it may be anything that was asked for. `entry_url`
    is where a new link can be asked for.
    """
    texts, name = TEXTS[language], brand.voice(language).name
    body = (
        f"<h1>{escape(texts.broken_heading)}</h1>\n<p>{escape(texts.broken_intro)}</p>\n"
        f"<p>{escape(texts.broken_help)}</p>\n{contact(texts, brand, language)}"
    )
    title = texts.broken_title.format(brand=name)
    return page(
        language=language,
        title=title,
        brand=name,
        body=body,
        below=below_link(entry_url, texts.new_link) if entry_url else "",
        switch=switch(path, language),
    )


def later_page(*, brand: Brand, language: PageLanguage, is_post: bool = True) -> Page:
    """Honest where a store refuses: nothing was saved, or nothing can be shown, and what to do about it."""
    texts = TEXTS[language]
    title, heading, intro = (
        (texts.later_title, texts.later_heading, texts.later_intro)
        if is_post
        else (texts.wait_title, texts.wait_heading, texts.wait_intro)
    )
    body = f"<h1>{escape(heading)}</h1>\n<p>{escape(intro)}</p>\n{contact(texts, brand, language)}"
    return _plain_page(brand, language, title, body)


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _stopped_page(
    brand: Brand, language: PageLanguage, shown: Sequence[str], *, more: Sequence[str] = ()
) -> Page:
    texts = TEXTS[language]
    items = "\n".join(f"<li>{escape(each)}</li>" for each in shown)
    body = (
        f"<h1>{escape(texts.left_heading)}</h1>\n<p>{escape(texts.left_intro)}</p>\n<ul>\n{items}\n</ul>\n"
        f'<p class="soft">{escape(_joined(language, texts.on_its_way, texts.orders_stay))}</p>\n'
        f'<p class="soft">{escape(texts.mind_changed)}</p>\n{contact(texts, brand, language)}'
    )
    return _plain_page(brand, language, texts.left_title, body, more=more)


def _joined(language: PageLanguage, *sentences: str) -> str:
    return ("" if language == "ja" else " ").join(sentences)


def _plain_page(
    brand: Brand,
    language: PageLanguage,
    title: str,
    body: str,
    *,
    more: Sequence[str] = (),
    below: str = "",
) -> Page:
    name = brand.voice(language).name
    return page(
        language=language,
        title=title.format(brand=name),
        brand=name,
        body=body,
        more=more,
        below=below,
        switch=None,
    )


def _described(texts: Texts, stopped: Reduction, topic_name: str) -> str:
    if stopped == Reduction(EVERY, EVERY):
        return texts.leave_all
    if stopped.topic == EVERY:
        return texts.leave_channel.format(channel=channel_name(texts, stopped.channel))
    if stopped.channel == EVERY:
        return texts.stop_topic.format(topic=topic_name)
    return texts.leave_topic.format(topic=topic_name, channel=channel_name(texts, stopped.channel))
