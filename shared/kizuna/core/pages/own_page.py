"""A person's own page: what they get, what they want, what is known of them and why. Only behind a fresh visit token.

    GET  /preferences/{visit}   own_page                     shows, changes nothing
    POST …  act=save            own_wanted ▶ (ledger) ▶ saved_page
    POST …  act=erase           erase_page, which asks once more
    POST …  act=erase-now       (the erasure begins) ▶ erased_page

Every value is escaped here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from kizuna.core.content.templates import Brand
from kizuna.core.pages import less
from kizuna.core.pages.layout import Page, page
from kizuna.core.pages.markup import (
    below_link,
    channel_name,
    contact,
    fields,
    form,
    group,
    last,
    option,
    select,
    switch,
)
from kizuna.core.pages.markup import field as line
from kizuna.core.pages.own_texts import OWN_TEXTS, OwnTexts
from kizuna.core.pages.texts import TEXTS, PageLanguage
from kizuna.core.preference_center import PreferenceCenter
from kizuna.core.restraint.wishes import minute_of
from kizuna.core.zone_words import zone_words

SAVE, EXPORT, ERASE, ERASE_NOW = "save", "export", "erase", "erase-now"
ANY, KEEP, NONE = "any", "keep", "none"  # values of rhythms and pauses beside those of the workspace


@dataclass(frozen=True, slots=True)
class OwnTopic:
    """A topic, whether it comes by e-mail today, and whether it may be switched on here."""

    id: str
    name: str
    description: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class OwnChannel:
    """Another way to reach the person; where nothing comes, whether that is because they stopped it."""

    channel: str
    is_on: bool
    is_stopped: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """Something that is known: what, the value in words, and where it comes from and what for. `key` is the name that
    programs give it, in words of English, where nobody gave it another."""

    label: str
    value: str
    why: tuple[str, ...]
    key: str = ""


@dataclass(frozen=True, slots=True)
class OwnView:
    """What the page shows. Instants are in words, in the language of the page and the person's zone."""

    topics: tuple[OwnTopic, ...]
    channels: tuple[OwnChannel, ...]
    rhythm: str  # the id of the choice, `any`, or `keep` for one that is not offered any more
    asks_again: bool
    paused_until: str  # empty: no pause
    quiet: tuple[str, str]  # from and to as HH:MM, or two empty texts
    zone: str
    zones: tuple[str, ...]
    language: PageLanguage
    known: tuple[Known, ...]
    addresses: tuple[str, ...]
    segments: tuple[str, ...]
    wording: str  # the id of the text beside the boxes, and the text; empty: nothing can be switched on here
    wording_text: str
    is_objecting: bool = False
    is_dead: bool = False

    @property
    def may_grant(self) -> bool:
        return bool(self.wording) and not self.is_objecting and not self.is_dead


@dataclass(frozen=True, slots=True)
class OwnWanted:
    """What a form asks for, of what was offered."""

    topics: frozenset[str]
    channels: frozenset[str]  # that are to stay on
    rhythm: str
    pause: str  # a duration that was offered, `keep` or `none`
    quiet: tuple[str, str] | None  # None: none
    is_quiet_unclear: bool  # half a time, or none at all between two equal ones: what stood stays
    zone: str
    language: PageLanguage


@dataclass(frozen=True, slots=True)
class Saved:
    """The changes that the record has, and what was asked for and could not be done, each a sentence."""

    said: tuple[str, ...] = field(default=())
    undone: tuple[str, ...] = field(default=())


def own_page(
    view: OwnView, *, brand: Brand, language: PageLanguage, action: str, center: PreferenceCenter
) -> Page:
    own, name = OWN_TEXTS[language], brand.voice(language).name
    told = [own.paused.format(until=view.paused_until)] if view.paused_until else []
    told += [own.objected] if view.is_objecting else []
    told += [own.dead_address] if view.is_dead else []
    notices = "".join(f'<p class="tell">{escape(each)}</p>\n' for each in told)
    inside = "".join(
        (
            _topics(view, own),
            _channels(view, own, language),
            _rhythm(view, own, center, language),
            _pause(view, own, center, language),
            _quiet(view, own, language),
            _language(view, own),
        )
    )
    body = (
        f"<h1>{escape(own.heading)}</h1>\n<p>{escape(own.intro)}</p>\n{notices}"
        f"{form(action, language, inside, button=own.save, act=SAVE)}"
    )
    more = [_known(view, own)]
    rights = _rights(own, language, action, center)
    return page(
        language=language,
        title=own.title.format(brand=name),
        brand=name,
        body=body,
        more=[*more, rights] if rights else more,
        switch=switch(action, language),
    )


def own_wanted(body: str, view: OwnView, center: PreferenceCenter) -> OwnWanted:
    """What was asked for; what is unclear stays as it is, and nothing is read that was not offered."""
    told = fields(body)
    offered = {choice.id for choice in center.frequencies} | {ANY, KEEP}
    pauses = {str(pause) for pause in center.pauses} | {KEEP, NONE}
    rhythm, pause, zone = last(body, "rhythm"), last(body, "pause"), last(body, "zone")
    start, end = last(body, "quiet_from"), last(body, "quiet_to")
    language = last(body, "language")
    quiet: tuple[str, str] | None = (start, end)
    is_unclear = bool(start or end) and (minute_of(start) is None or minute_of(end) is None or start == end)
    if is_unclear or not (start or end):
        quiet = view.quiet if is_unclear and all(view.quiet) else None
    wanted_language: PageLanguage = view.language
    if language in ("en", "ja"):
        wanted_language = "ja" if language == "ja" else "en"
    return OwnWanted(
        topics=frozenset(told.get("topic", [])) & {each.id for each in view.topics},
        channels=frozenset(told.get("channel", [])) & {each.channel for each in view.channels},
        rhythm=rhythm if rhythm in offered else KEEP,
        pause=pause if pause in pauses else KEEP,
        quiet=quiet,
        is_quiet_unclear=is_unclear,
        zone=zone if zone in view.zones else view.zone,
        language=wanted_language,
    )


def saved_page(saved: Saved, *, brand: Brand, language: PageLanguage, action: str) -> Page:
    """Only after the record and the ledger have it all."""
    own, name = OWN_TEXTS[language], brand.voice(language).name
    heading = own.saved_heading if saved.said else TEXTS[language].unchanged_heading
    body = f"<h1>{escape(heading)}</h1>\n"
    if saved.said:
        items = "\n".join(f"<li>{escape(each)}</li>" for each in saved.said)
        body += f"<p>{escape(own.saved_intro)}</p>\n<ul>\n{items}\n</ul>"
    else:
        body += f"<p>{escape(own.saved_nothing)}</p>"
    for each in saved.undone:
        body += f'\n<p class="tell wrong" role="alert">{escape(each)}</p>'
    title = own.title.format(brand=name)
    return page(
        language=language,
        title=TEXTS[language].error.format(title=title) if saved.undone else title,
        brand=name,
        body=body,
        below=below_link(action, own.back),
        switch=None,
    )


def erase_page(*, brand: Brand, language: PageLanguage, action: str) -> Page:
    own, name = OWN_TEXTS[language], brand.voice(language).name
    body = (
        f"<h1>{escape(own.erase_heading)}</h1>\n<p>{escape(own.erase_intro)}</p>\n"
        f'<p class="soft">{escape(own.erase_keeps)}</p>\n'
        f"{form(action, language, '', button=own.erase_sure, act=ERASE_NOW, kind='grave')}"
    )
    below = below_link(action, own.erase_back)
    return page(
        language=language,
        title=own.title.format(brand=name),
        brand=name,
        body=body,
        below=below,
        switch=None,
    )


def erased_page(*, brand: Brand, language: PageLanguage) -> Page:
    """Only after the erasure has begun: from then on nobody finds the person."""
    own = OWN_TEXTS[language]
    body = f"<h1>{escape(own.erased_heading)}</h1>\n<p>{escape(own.erased_intro)}</p>"
    name = brand.voice(language).name
    return page(
        language=language, title=own.erased_title.format(brand=name), brand=name, body=body, switch=None
    )


def too_large_page(*, brand: Brand, language: PageLanguage, action: str) -> Page:
    own, name = OWN_TEXTS[language], brand.voice(language).name
    body = (
        f"<h1>{escape(own.too_large_heading)}</h1>\n<p>{escape(own.too_large_intro)}</p>\n"
        f"{contact(TEXTS[language], brand, language)}"
    )
    below = below_link(action, own.back)
    return page(
        language=language, title=own.title.format(brand=name), brand=name, body=body, below=below, switch=None
    )


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _topics(view: OwnView, own: OwnTexts) -> str:
    shown = [topic for topic in view.topics if topic.is_on or view.may_grant]
    stopped = [topic for topic in view.topics if not topic.is_on and not view.may_grant]
    inside = "\n".join(
        option("checkbox", "topic", topic.id, topic.name, topic.description, checked=topic.is_on)
        for topic in shown
    )
    if stopped:
        names = "".join(f"<li>{escape(topic.name)}</li>" for topic in stopped)
        inside += f'\n<p class="soft">{escape(own.topics_stopped)}</p>\n<ul>{names}</ul>'
    if view.may_grant:
        inside += f'\n<p class="soft">{escape(view.wording_text)}</p>'
    return group(own.topics, inside, hint=own.topics_hint)


def _channels(view: OwnView, own: OwnTexts, language: PageLanguage) -> str:
    if not view.channels:
        return ""
    pieces = []
    for each in view.channels:
        label = own.keep_channel.format(channel=channel_name(TEXTS[language], each.channel))
        if each.is_on:
            pieces.append(option("checkbox", "channel", each.channel, label, checked=True))
        else:
            stopped = own.channel_off.get(each.channel, own.channel_off["*"])
            off = stopped if each.is_stopped else own.channel_unasked
            pieces.append(f'<p>{escape(label)}<br><span class="soft">{escape(off)}</span></p>')
    return group(own.channels, "\n".join(pieces))


def _rhythm(view: OwnView, own: OwnTexts, center: PreferenceCenter, language: PageLanguage) -> str:
    if not center.frequencies and view.rhythm == ANY:
        return ""
    choices = [(ANY, own.any_rhythm)]
    choices += [(each.id, less.named(each.name, language)) for each in center.frequencies]
    if view.rhythm == KEEP:
        choices.append((KEEP, own.own_rhythm))
    inside = "\n".join(
        option("radio", "rhythm", value, label, checked=value == view.rhythm) for value, label in choices
    )
    hint = own.asked_again if view.asks_again else own.rhythm_hint
    return group(own.rhythm, inside, hint=hint)


def _pause(view: OwnView, own: OwnTexts, center: PreferenceCenter, language: PageLanguage) -> str:
    if not center.pauses and not view.paused_until:
        return ""
    choices = [(NONE, own.no_pause)]
    if view.paused_until:
        choices.append((KEEP, own.keep_pause.format(until=view.paused_until)))
    texts = TEXTS[language]
    choices += [
        (str(pause), texts.pause_for.format(time=less.length(pause, language))) for pause in center.pauses
    ]
    chosen = KEEP if view.paused_until else NONE
    inside = "\n".join(
        option("radio", "pause", value, label, checked=value == chosen) for value, label in choices
    )
    return group(own.pause, inside)


def _quiet(view: OwnView, own: OwnTexts, language: PageLanguage) -> str:
    start, end = view.quiet
    inside = (
        f'<div class="pair">{line("time", "quiet_from", own.quiet_from, start, hint="quiet-hint")}'
        f"{line('time', 'quiet_to', own.quiet_to, end, hint='quiet-hint')}</div>"
        + select(
            "zone", own.zone, [(name, zone_words(name, language)) for name in view.zones], chosen=view.zone
        )
    )
    return group(own.quiet, inside, hint=own.quiet_hint, hint_id="quiet-hint")


def _language(view: OwnView, own: OwnTexts) -> str:
    inside = "\n".join(
        f'<span lang="{code}">{option("radio", "language", code, label, checked=view.language == code)}</span>'
        for code, label in (("en", "English"), ("ja", "日本語"))
    )
    return group(own.language, inside)


def _known(view: OwnView, own: OwnTexts) -> str:
    pieces = [f'<h2>{escape(own.known)}</h2>\n<p class="soft">{escape(own.known_intro)}</p>']
    entries = "".join(
        f"<dt>{escape(each.label)}{_key(each.key)}</dt><dd><bdi>{escape(each.value)}</bdi>"
        + "".join(f'<br><span class="soft">{escape(why)}</span>' for why in each.why)
        + "</dd>"
        for each in view.known
    )
    lists = ((own.addresses, view.addresses), (own.segments, view.segments))
    entries += "".join(
        f"<dt>{escape(label)}</dt><dd>{'<br>'.join(f'<bdi>{escape(value)}</bdi>' for value in values)}</dd>"
        for label, values in lists
        if values
    )
    pieces.append(f"<dl>{entries}</dl>" if entries else f"<p>{escape(own.known_nothing)}</p>")
    return "\n".join(pieces)


def _key(key: str) -> str:
    return f'（<span lang="en">{escape(key)}</span>）' if key else ""


def _rights(own: OwnTexts, language: PageLanguage, action: str, center: PreferenceCenter) -> str:
    pieces = []
    for offered, hint, button, act, kind in (
        (center.offers_export, own.export_hint, own.export, EXPORT, "quiet"),
        (center.offers_erasure, own.erase_hint, own.erase, ERASE, "grave"),
    ):
        if offered:
            told = f'<p class="soft">{escape(hint)}</p>\n'
            pieces.append(told + form(action, language, "", button=button, act=act, kind=kind))
    return f"<h2>{escape(own.rights)}</h2>\n" + "\n".join(pieces) if pieces else ""


__all__ = [
    "ANY",
    "ERASE",
    "ERASE_NOW",
    "EXPORT",
    "KEEP",
    "NONE",
    "SAVE",
    "Known",
    "OwnChannel",
    "OwnTopic",
    "OwnView",
    "OwnWanted",
    "Saved",
    "erase_page",
    "erased_page",
    "own_page",
    "own_wanted",
    "saved_page",
    "too_large_page",
]
