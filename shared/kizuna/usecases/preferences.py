"""The person's side: signed links to leave, or to hear less. GET shows and writes nothing; POST acts.

A success page is shown only after the ledger holds the opt-out. Machines fetch links; nobody is unsubscribed
by a GET, HEAD or OPTIONS (`consent.md` 14).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from kizuna.core import feedback
from kizuna.core.catalog import Catalog
from kizuna.core.consent import Kind, kind_of
from kizuna.core.content.rendering import Brand
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.ids import digest
from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.core.links import Click, LinkKeys, LinkToken, Preferences, Survey, Unsubscribe, read
from kizuna.core.messages import Message
from kizuna.core.pages.layout import Page
from kizuna.core.pages.pages import (
    Reduction,
    TopicLabel,
    broken_link_page,
    page_language,
    posted_language,
    preference_choices,
    preferences_page,
    preferences_saved_page,
    reduction,
    unsubscribe_choice,
    unsubscribe_page,
    unsubscribed_page,
)
from kizuna.core.pages.texts import PageLanguage
from kizuna.core.people import Profile, kept_apart
from kizuna.core.ports import Ledger, Messages, People
from kizuna.usecases.ingest import ingest

LINK = Source("preferences", SourceKind.SYSTEM)
CHANNELS = ("email", "sms", "push")
_HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class FrontDesk:
    people: People
    ledger: Ledger
    messages: Messages
    link_keys: Callable[[], LinkKeys]
    new_id: Callable[[], str]


def answer(request: HttpRequest, on: FrontDesk, catalog: Catalog, *, now: datetime) -> HttpReply:
    """Answer one request for a signed link."""
    token = read(request.path.rpartition("/")[2], keys=on.link_keys())
    body = request.body.decode("utf-8", "replace")
    message = on.messages.get(token.send_ref) if token else None
    language = page_language(
        requested=request.query_value("lang") or posted_language(body),
        person=message.language if message else None,
        accept_language=request.headers.get("accept-language"),
    )
    brand = _brand(message, catalog)
    if brand is None:
        return HttpReply(404, "Not found", {"Content-Type": "text/plain; charset=utf-8"})
    if token is None:
        return _page(400, broken_link_page(brand=brand, language=language, path=request.path))
    match token.scope:
        case Unsubscribe() as scope if request.path.startswith("/u/"):
            return _unsubscribe(request, body, token, scope, message, brand, language, on, catalog, now)
        case Preferences() if request.path.startswith("/preferences/"):
            return _preferences(request, body, token, message, brand, language, on, catalog, now)
        case Unsubscribe() | Preferences() | Click() | Survey():
            # A token works on its own path alone (A10).
            return _page(403, broken_link_page(brand=brand, language=language, path=request.path))
        case _:
            assert_never(token.scope)


def _brand(message: Message | None, catalog: Catalog) -> Brand | None:
    campaign = catalog.campaigns.get(message.campaign) if message else None
    named = catalog.brands.get(campaign.brand) if campaign else None
    return named or next(iter(catalog.brands.values()), None)


def _page(status: int, page: Page) -> HttpReply:
    return HttpReply(status, page.html, {**_HTML, **page.headers})


def _unsubscribe(
    request: HttpRequest,
    body: str,
    token: LinkToken,
    scope: Unsubscribe,
    message: Message | None,
    brand: Brand,
    language: PageLanguage,
    on: FrontDesk,
    catalog: Catalog,
    now: datetime,
) -> HttpReply:
    topic_name = _topic(scope.topic, catalog, language).name
    if request.method != "POST":
        page = unsubscribe_page(
            brand=brand,
            language=language,
            topic_name=topic_name,
            channel=scope.channel,
            action=_action(request),
        )
        return _page(200, page)
    stopped = reduction(unsubscribe_choice(body), scope)
    if not _recorded([stopped], token, message, on, catalog, now):
        return _later()
    return _page(
        200, unsubscribed_page(brand=brand, language=language, stopped=stopped, topic_name=topic_name)
    )


def _preferences(
    request: HttpRequest,
    body: str,
    token: LinkToken,
    message: Message | None,
    brand: Brand,
    language: PageLanguage,
    on: FrontDesk,
    catalog: Catalog,
    now: datetime,
) -> HttpReply:
    topics = [_topic(topic, catalog, language) for topic in catalog.topics]
    if request.method != "POST":
        page = preferences_page(
            brand=brand, language=language, topics=topics, channels=CHANNELS, action=_action(request)
        )
        return _page(200, page)
    stopped = preference_choices(body, topics=list(catalog.topics), channels=CHANNELS)
    if not _recorded(stopped, token, message, on, catalog, now):
        return _later()
    return _page(200, preferences_saved_page(brand=brand, language=language, stopped=stopped, topics=topics))


def _action(request: HttpRequest) -> str:
    return request.prefix + request.path


def _later() -> HttpReply:
    """Honest when the ledger could not be written: not done, and when to come again."""
    headers: Mapping[str, str] = {
        "Content-Type": "text/plain; charset=utf-8",
        "Retry-After": "5",
        "Cache-Control": "no-store",
    }
    english = "Not saved yet. Please try again in a few seconds."
    japanese = "まだ保存できていません。数秒後にもう一度お試しください。"
    text = f"{english}\n{japanese}\n"
    return HttpReply(503, text, headers)


def _recorded(
    stopped: Sequence[Reduction],
    token: LinkToken,
    message: Message | None,
    on: FrontDesk,
    catalog: Catalog,
    now: datetime,
) -> bool:
    """Whether the ledger holds every reduction now; what the record did not take is not done.

    For somebody who is gone there is nothing left to do.
    """
    if message is None or not stopped:
        return True
    profile = on.people.profiles([message.person]).get(message.person)
    if profile is None:
        return True
    grants = sum(kind_of(consent) is Kind.GRANT for consent in on.ledger.events(profile.parts))
    people = [message.person, *_taken_for_the_same(profile, message, on)]
    events = [_event(each, token, message, person, grants, now) for person in people for each in stopped]
    done = ingest(events, people=on.people, ledger=on.ledger, catalog=catalog, now=now, new_id=on.new_id)
    if done.counted + done.repeats >= len(events):
        return True
    return message.person not in on.people.profiles([message.person])  # gone in this very moment


def _taken_for_the_same(profile: Profile, message: Message, on: FrontDesk) -> list[str]:
    """Who has the mailbox that the message went to, and was one with its person then: it may be them who leave."""
    if not profile.apart or not message.address_id:
        return []
    reached = on.people.holders(message.address_id).values()
    return [other.id for other in reached if other.id != profile.id and kept_apart(profile, other)]


def _event(
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


def _topic(topic: str, catalog: Catalog, language: str) -> TopicLabel:
    known = catalog.topics.get(topic)
    if known is None:
        return TopicLabel(topic, topic)
    name = known.name.get(language) or next(iter(known.name.values()), topic)
    return TopicLabel(topic, name, known.description.get(language, ""))
