"""The person's side: signed links to leave, to hear less, to confirm, and to a page of one's own.

    /u/{token}             leave, or hear less instead; afterwards the reason, if somebody likes to tell it
    /preferences/{token}   hear less; with a fresh visit token everything (`own_page`)
    /preferences           ask for a visit token by mail (`link_by_mail`)
    /confirm/{token}       complete a consent (`confirming`)

GET shows and writes nothing; POST acts. A success page is shown only after the ledger holds what it says. Machines
fetch links; nobody is unsubscribed, and nothing confirmed, by a GET, HEAD or OPTIONS (`consent.md` 14).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, assert_never

from kizuna.core import feedback
from kizuna.core.catalog import Catalog
from kizuna.core.consent import Kind, kind_of
from kizuna.core.errors import Unavailable
from kizuna.core.events import Event
from kizuna.core.ids import digest
from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.core.links import (
    Confirm,
    LinkToken,
    Preferences,
    Survey,
    Unsubscribe,
    Visit,
    issue,
    read,
)
from kizuna.core.messages import Message
from kizuna.core.pages import less
from kizuna.core.pages.languages import page_language, posted_language
from kizuna.core.pages.markup import last
from kizuna.core.pages.pages import (
    REASON,
    VISIT,
    Reduction,
    TopicLabel,
    broken_link_page,
    leaving_reason,
    lessened_page,
    preference_choices,
    preferences_page,
    preferences_saved_page,
    reduction,
    thanked_page,
    unsubscribe_choice,
    unsubscribe_page,
    unsubscribed_page,
)
from kizuna.core.restraint.wishes import PREFERENCES_CHANGED
from kizuna.usecases.own_side.confirming import confirming
from kizuna.usecases.own_side.front_desk import (
    LINK,
    Call,
    FrontDesk,
    brand_of,
    html,
    later,
    recorded,
    taken_for_the_same,
    topic_label,
)
from kizuna.usecases.own_side.link_by_mail import entrance, link_to_holder, offers_visit
from kizuna.usecases.own_side.own_page import own_pages
from kizuna.usecases.own_side.own_view import promotional_topics
from kizuna.usecases.own_side.surveying import SURVEYS, survey

_ALWAYS = ("email", "sms", "push")
_WHERE_USED = ("whatsapp", "line", "inbox", "task")  # where nobody speaks nobody needs to leave
_ENTRANCE = "/preferences"


def answer(request: HttpRequest, on: FrontDesk, catalog: Catalog, *, now: datetime) -> HttpReply:
    """Answer one request for a signed link, or for the page that mails one.

    Where a store refuses, a browser gets a page that says so. Raises Unavailable for whatever asks for no page.
    """
    try:
        return _answered(request, on, catalog, now=now)
    except Unavailable:
        brand = brand_of(None, catalog)
        if brand is None or "text/html" not in (request.headers.get("accept") or ""):
            raise
        language = page_language(
            requested=request.query_value("lang") or posted_language(request.body.decode("utf-8", "replace")),
            accept_language=request.headers.get("accept-language"),
            default=catalog.policy.default_language,
        )
        return later(Call(request, "", brand, language, catalog, now))


def _answered(request: HttpRequest, on: FrontDesk, catalog: Catalog, *, now: datetime) -> HttpReply:
    path = request.path.rstrip("/") or "/"
    token = read(path.rpartition("/")[2], keys=on.link_keys()) if path != _ENTRANCE else None
    body = request.body.decode("utf-8", "replace")
    message = on.messages.get(token.send_ref) if token else None
    language = page_language(
        requested=request.query_value("lang") or posted_language(body),
        person=_spoken(message, catalog) if message else None,
        accept_language=request.headers.get("accept-language"),
        default=catalog.policy.default_language,
    )
    brand = brand_of(message, catalog)
    if brand is None:
        return HttpReply(404, "Not found", {"Content-Type": "text/plain; charset=utf-8"})
    call = Call(request, body, brand, language, catalog, now, token, message)
    if path == _ENTRANCE:
        return entrance(call, on)
    return _broken(call, 400) if token is None else _by_scope(call, token, on)


def _spoken(message: Message, catalog: Catalog) -> str:
    """The language that a message was written in: of those that its template has, the one nearest to the person's."""
    template = catalog.templates.get(message.template)
    return template.content(message.language)[0] if template else message.language


def _by_scope(call: Call, token: LinkToken, on: FrontDesk) -> HttpReply:
    """A token works on its own path alone (A10), and one that has had its time does not work at all."""
    path = call.request.path
    match token.scope:
        case Unsubscribe() as scope if path.startswith("/u/"):
            return _unsubscribe(call, scope, on)
        case Preferences() if path.startswith("/preferences/"):
            return _reduce(call, on)
        case Visit() if path.startswith("/preferences/"):
            if not token.is_fresh(now=call.now):
                return _broken(call, 400)
            return own_pages(call, token, on)
        case Confirm() if path.startswith("/confirm/"):
            return confirming(call, token, on) or _broken(call, 400)
        case Survey() as scope if path.startswith(SURVEYS):
            return survey(call, scope, on) or _broken(call, 400)
        case Unsubscribe() | Preferences() | Survey() | Visit() | Confirm():
            return _broken(call, 403)
        case _:
            assert_never(token.scope)


def _broken(call: Call, status: int) -> HttpReply:
    entry = call.request.prefix + _ENTRANCE if offers_visit(call.catalog) else None
    page = broken_link_page(brand=call.brand, language=call.language, path=call.request.path, entry_url=entry)
    return html(status, page)


# ── leaving ─────────────────────────────────────────────────────────────────────────────────────


def _unsubscribe(call: Call, scope: Unsubscribe, on: FrontDesk) -> HttpReply:
    center = call.catalog.policy.preference_center
    topic_name = topic_label(scope.topic, call.catalog, call.language).name
    if not call.is_post:
        page = unsubscribe_page(
            brand=call.brand,
            language=call.language,
            topic_name=topic_name,
            channel=scope.channel,
            action=call.action,
            preferences_url=_to_preferences(call, on),
            center=center,
        )
        return html(200, page)
    if last(call.body, "act") == REASON:
        return _told_why(call, on)
    instead = less.offered(center, now=call.now).get(last(call.body, "scope"))
    if instead is not None:
        return _lessened(call, instead, on)
    stopped = reduction(unsubscribe_choice(call.body), scope)
    if not _stopped([stopped], call, on):
        return later(call)
    page = unsubscribed_page(
        brand=call.brand,
        language=call.language,
        stopped=stopped,
        topic_name=topic_name,
        action=call.action,
        reasons=center.leaving_reasons,
    )
    return html(200, page)


def _to_preferences(call: Call, on: FrontDesk) -> str | None:
    """The page of everything that can be reduced, for whoever holds this link: it takes away nothing but contact."""
    if call.token is None or call.message is None:
        return None
    token = issue(
        send_ref=call.token.send_ref,
        scope=Preferences(),
        issued_at=call.token.issued_at,
        nonce=on.randomness(16),
        keys=on.link_keys(),
    )
    return f"{call.request.prefix}/preferences/{token}?lang={call.language}"


def _told_why(call: Call, on: FrontDesk) -> HttpReply:
    """The reason, once for each link: the first answer stays."""
    reason = leaving_reason(call.body, call.catalog.policy.preference_center.leaving_reasons)
    if reason is not None:
        event = _event(feedback.REASON_FOR_LEAVING, call, {"reason": reason}, once=("why",))
        if not recorded(event, call.message.person if call.message else "", on, call):
            return later(call)
    return html(200, thanked_page(brand=call.brand, language=call.language))


# ── hearing less ────────────────────────────────────────────────────────────────────────────────


def _reduce(call: Call, on: FrontDesk) -> HttpReply:
    catalog, center = call.catalog, call.catalog.policy.preference_center
    offered = promotional_topics(catalog)
    topics = [topic_label(topic, catalog, call.language) for topic in offered]
    if not call.is_post:
        page = preferences_page(
            brand=call.brand,
            language=call.language,
            topics=topics,
            channels=channels_of(catalog),
            action=call.action,
            center=center,
            offers_visit=offers_visit(catalog),
        )
        return html(200, page)
    if last(call.body, "act") == VISIT:
        return link_to_holder(call, on)
    instead = less.offered(center, now=call.now).get(last(call.body, "less"))
    stopped = preference_choices(call.body, topics=offered, channels=channels_of(catalog))
    if not _stopped(stopped, call, on):
        return later(call)
    if instead is not None:
        return _lessened(call, instead, on, stopped=stopped, topics=topics)
    page = preferences_saved_page(brand=call.brand, language=call.language, stopped=stopped, topics=topics)
    return html(200, page)


def channels_of(catalog: Catalog) -> tuple[str, ...]:
    """The channels that a person may leave by a link: the usual ones, and those that campaigns speak on besides."""
    used = {channel for campaign in catalog.campaigns.values() for channel in campaign.reaches_by}
    return (*_ALWAYS, *(channel for channel in _WHERE_USED if channel in used))


def _lessened(
    call: Call,
    instead: less.Less,
    on: FrontDesk,
    *,
    stopped: Sequence[Reduction] = (),
    topics: Sequence[TopicLabel] = (),
) -> HttpReply:
    """A rhythm or a pause, straight from the link: whatever stands already stays where it leaves less."""
    told = {instead.wish: dict(instead.told), "only_less": True}
    # The moment is part of it: a pause of thirty days asked for a month later is another one. A double click is not.
    minute = str(int(call.now.timestamp()) // 60)
    events = _event(PREFERENCES_CHANGED, call, told, once=(instead.value, minute))
    if not recorded(events, call.message.person if call.message else "", on, call):
        return later(call)
    said = less.said(instead, call.catalog.policy.preference_center, call.language)
    page = lessened_page(
        brand=call.brand,
        language=call.language,
        said=said,
        action=call.action,
        stopped=stopped,
        topics=topics,
    )
    return html(200, page)


# ── recording ───────────────────────────────────────────────────────────────────────────────────


def _stopped(stopped: Sequence[Reduction], call: Call, on: FrontDesk) -> bool:
    """Whether the ledger holds every reduction now. For somebody who is gone there is nothing left to do."""
    message, token = call.message, call.token
    if message is None or token is None or not stopped:
        return True
    profile = on.people.profiles([message.person]).get(message.person)
    if profile is None:
        return True
    grants = sum(kind_of(consent) is Kind.GRANT for consent in on.ledger.events(profile.parts))
    people = [message.person, *taken_for_the_same(profile, message, on)]
    events = [
        _leaving(each, token, message, person, grants, call.now) for person in people for each in stopped
    ]
    return recorded(events, message.person, on, call)


def _leaving(
    stopped: Reduction, token: LinkToken, message: Message, person: str, grants: int, now: datetime
) -> Event:
    """One event for one link and scope, however often it is posted: a hundred clicks are one opt-out.

    Until the person allows something again: links never expire, so after that (`grants` are one more) the same
    link is another No.
    """
    return Event(
        type="track",
        id="left-" + digest("left", token.send_ref, stopped.topic, stopped.channel, str(grants)),
        source=LINK,
        at=now,
        received_at=now,
        name=feedback.UNSUBSCRIBED,
        properties={
            "message_id": message.id,
            "campaign": message.campaign,
            "topic": stopped.topic,
            "channel": stopped.channel,
        },
        profile_id=person,
    )


def _event(name: str, call: Call, told: dict[str, Any], *, once: Sequence[str]) -> list[Event]:
    """An event of the person whom the link's message went to; none where message or person are gone."""
    message = call.message
    if message is None:
        return []
    about = {"message_id": message.id, "campaign": message.campaign, "topic": message.topic}
    return [
        Event(
            type="track",
            id="chose-" + digest("chose", name, message.id, *once),
            source=LINK,
            at=call.now,
            received_at=call.now,
            name=name,
            properties={**about, "channel": message.channel, **told},
            profile_id=message.person,
        )
    ]
