"""A person's own page, behind a fresh visit token: looking, changing, taking everything along, being erased.

The token was mailed to the address it is about, so whoever holds it reads that mailbox: that is what proves a consent
given here, and confirms it at once. Each change is an event of the person, so it is on the timeline and in the ledger
before the page says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kizuna.core import feedback
from kizuna.core.durations import instant_to_text
from kizuna.core.events import Event
from kizuna.core.ids import digest
from kizuna.core.intake.http import HttpReply
from kizuna.core.links import LinkToken
from kizuna.core.messages import Message
from kizuna.core.pages import less
from kizuna.core.pages import own_page as own
from kizuna.core.pages.markup import channel_name, last
from kizuna.core.pages.own_page import (
    KEEP,
    NONE,
    OwnView,
    OwnWanted,
    Saved,
    erase_page,
    erased_page,
    own_page,
    own_wanted,
    saved_page,
    too_large_page,
)
from kizuna.core.pages.own_texts import OWN_TEXTS
from kizuna.core.pages.texts import TEXTS
from kizuna.core.people import Profile
from kizuna.core.restraint.wishes import FREQUENCY, PAUSE, PREFERENCES_CHANGED, QUIET_HOURS
from kizuna.core.rights.rights import RightsEntry
from kizuna.core.sentences import moment
from kizuna.core.zone_words import zone_words
from kizuna.core.zones import zone_named
from kizuna.usecases.own_side.front_desk import LINK, Call, FrontDesk, html, later, recorded
from kizuna.usecases.own_side.own_view import own_view
from kizuna.usecases.rights.asking import Registrar, request_erasure
from kizuna.usecases.rights.exporting import Exporter, export

EXPORT_MAX = 4_500_000  # bytes: what a function may answer, and some room
ACTOR = "self"


def own_pages(call: Call, token: LinkToken, on: FrontDesk) -> HttpReply:
    """Answer one request that carries a fresh visit token."""
    message = call.message
    profile = on.people.profiles([message.person]).get(message.person) if message else None
    if message is None or profile is None:
        return html(200, erased_page(brand=call.brand, language=call.language))
    center = call.catalog.policy.preference_center
    view = own_view(
        profile, message.address_id, on.ledger, call.catalog, language=call.language, now=call.now
    )
    if not call.is_post:
        page = own_page(view, brand=call.brand, language=call.language, action=call.action, center=center)
        return html(200, page)
    match last(call.body, "act"):
        case own.EXPORT if center.offers_export:
            return _exported(call, token, profile, on)
        case own.ERASE if center.offers_erasure:
            return html(200, erase_page(brand=call.brand, language=call.language, action=call.action))
        case own.ERASE_NOW if center.offers_erasure:
            registrar = Registrar(on.people, on.erasures, on.hash_keys)
            # The sweep of alarms takes the work up within minutes; from here on nobody finds the person.
            request_erasure(profile.id, registrar, now=call.now, actor=ACTOR, ground="request")
            return html(200, erased_page(brand=call.brand, language=call.language))
        case _:
            return _saved(call, token, profile, view, message, on)


def _exported(call: Call, token: LinkToken, profile: Profile, on: FrontDesk) -> HttpReply:
    """The document itself; a line of the log says who took it along, once for each visit."""
    exporter = Exporter(on.people, on.ledger, on.messages, on.erasures, on.journeys)
    pieces, size = [], 0
    for piece in export(profile, exporter, call.catalog, now=call.now):
        pieces.append(piece)
        size += len(piece.encode())
        if size > EXPORT_MAX:
            page = too_large_page(brand=call.brand, language=call.language, action=call.action)
            return html(200, page)
    told = digest("exported", token.send_ref, instant_to_text(token.issued_at))
    on.erasures.log(RightsEntry(told, "exported", call.now, ACTOR, "", profile.id))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Content-Disposition": 'attachment; filename="my-data.json"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return HttpReply(200, "".join(pieces), headers)


# ── changing ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Change:
    """One change: its event and the sentence that tells of it once it is stored."""

    name: str
    told: Mapping[str, Any]
    said: str
    type: str = "track"


def _saved(
    call: Call, token: LinkToken, profile: Profile, view: OwnView, message: Message, on: FrontDesk
) -> HttpReply:
    is_save = last(call.body, "act") == own.SAVE
    wanted = own_wanted(call.body, view, call.catalog.policy.preference_center) if is_save else None
    changes = list(_changes(wanted, view, call, message)) if wanted is not None else []
    events = [_event(change, call, token, profile, message) for change in changes if change.told]
    if not recorded(events, message.person, on, call):
        return later(call)
    is_unclear = wanted is not None and wanted.is_quiet_unclear
    undone = (OWN_TEXTS[call.language].quiet_unclear,) if is_unclear else ()
    saved = Saved(tuple(change.said for change in changes), undone)
    language = wanted.language if wanted is not None else call.language
    shown = language if language != view.language else call.language
    page = saved_page(saved, brand=call.brand, language=shown, action=call.action)
    return html(200, page)


def _changes(wanted: OwnWanted, view: OwnView, call: Call, message: Message) -> Iterator[_Change]:
    """What differs from what stands, in the order of the page. The same form once more is no change."""
    texts = OWN_TEXTS[call.language]
    for topic in view.topics:
        about = {"topic": topic.id, "channel": "email", "message_id": message.id}
        if topic.is_on and topic.id not in wanted.topics:
            yield _Change(feedback.UNSUBSCRIBED, about, texts.saved_off.format(topic=topic.name))
        elif not topic.is_on and topic.id in wanted.topics and view.may_grant:
            told = {**about, "address_id": message.address_id, "wording_version": view.wording}
            yield _Change(feedback.SUBSCRIBED, told, texts.saved_on.format(topic=topic.name))
    for each in view.channels:
        if each.is_on and each.channel not in wanted.channels:
            told = {"topic": "*", "channel": each.channel, "message_id": message.id}
            name = channel_name(TEXTS[call.language], each.channel)
            yield _Change(feedback.UNSUBSCRIBED, told, texts.saved_channel_off.format(channel=name))
    wishes = list(_wishes(wanted, view, call))
    if wishes:
        told = {"only_less": False} | {name: value for name, value, _ in wishes}
        yield _Change(PREFERENCES_CHANGED, told, wishes[0][2])
        yield from (_Change("", {}, said) for _, _, said in wishes[1:])
    if wanted.language != view.language:
        said = OWN_TEXTS[wanted.language].saved_language
        yield _Change("", {"language": wanted.language}, said, type="identify")


def _wishes(wanted: OwnWanted, view: OwnView, call: Call) -> Iterator[tuple[str, Any, str]]:
    texts, center, now = OWN_TEXTS[call.language], call.catalog.policy.preference_center, call.now
    if wanted.rhythm not in (KEEP, view.rhythm):
        choice = next((each for each in center.frequencies if each.id == wanted.rhythm), None)
        if choice is None:
            yield FREQUENCY, None, texts.saved_any_rhythm
        else:
            said = texts.saved_rhythm.format(rhythm=less.named(choice.name, call.language))
            yield FREQUENCY, less.frequency_wish(choice, center, now=now), said
    if wanted.pause == NONE:
        if view.paused_until:
            yield PAUSE, None, texts.saved_no_pause
    elif wanted.pause != KEEP:
        pause = next(each for each in center.pauses if str(each) == wanted.pause)
        until = pause.after(now)
        words = moment(until, zone_named(view.zone), call.language)
        yield PAUSE, {"until": instant_to_text(until)}, texts.saved_pause.format(until=words)
    if wanted.quiet is None:
        if all(view.quiet):
            yield QUIET_HOURS, None, texts.saved_no_quiet
    elif (wanted.quiet, wanted.zone) != (view.quiet, view.zone):
        start, end = wanted.quiet
        zone = zone_words(wanted.zone, call.language)
        said = texts.saved_quiet.format(start=start, end=end, zone=zone)
        yield QUIET_HOURS, {"from": start, "to": end, "zone": wanted.zone}, said


def _event(change: _Change, call: Call, token: LinkToken, profile: Profile, message: Message) -> Event:
    """The event of a change. The record's version is part of its id: a second click meets the first one's event, and
    the same wish after another one is a new word."""
    made = digest(
        "own page", token.send_ref, change.name or change.type, repr(change.told), str(profile.version)
    )
    is_fact = change.type == "identify"
    return Event(
        type="identify" if is_fact else "track",
        id=f"own-{made}",
        source=LINK,
        at=call.now,
        received_at=call.now,
        name="" if is_fact else change.name,
        traits=dict(change.told) if is_fact else {},
        properties={} if is_fact else {"message_id": message.id, **change.told},
        profile_id=message.person,
    )
