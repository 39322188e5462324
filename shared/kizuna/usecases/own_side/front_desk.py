"""What all pages behind signed links share: their ports, the brand, the answers, and the one way to record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from kizuna.core.catalog import Catalog
from kizuna.core.content.rendering import Brand
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.ids import digest
from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.core.links import LinkKeys, LinkToken
from kizuna.core.messages import Message
from kizuna.core.pages.layout import Page
from kizuna.core.pages.pages import TopicLabel, later_page
from kizuna.core.pages.texts import PageLanguage
from kizuna.core.people import Profile, kept_apart
from kizuna.core.ports import Askings, Erasures, Ledger, Messages, People, Queues
from kizuna.core.ports.journeys import JourneyRuns
from kizuna.core.rights.rights import HashKeys
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.rights.exporting import ProvingLedger

LINK = Source("preferences", SourceKind.SYSTEM)
_HTML = {"Content-Type": "text/html; charset=utf-8"}


class PagesLedger(Ledger, ProvingLedger, Protocol):
    """A ledger that is read, and that shows its chain to whom it belongs."""


@dataclass(frozen=True, slots=True)
class FrontDesk:
    """The ports of the pages. `randomness(n)` gives n bytes."""

    people: People
    ledger: PagesLedger
    messages: Messages
    link_keys: Callable[[], LinkKeys]
    new_id: Callable[[], str]
    queues: Queues
    askings: Askings
    erasures: Erasures
    journeys: JourneyRuns
    hash_keys: Callable[[], HashKeys]
    randomness: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Call:
    """One request for a page, with all that every page needs of it. Without a token for pages that have none."""

    request: HttpRequest
    body: str
    brand: Brand
    language: PageLanguage
    catalog: Catalog
    now: datetime
    token: LinkToken | None = None
    message: Message | None = None  # that the link stood in, if it is still there

    @property
    def action(self) -> str:
        """Where the page's own forms lead: to the page itself."""
        return self.request.prefix + self.request.path

    @property
    def is_post(self) -> bool:
        return self.request.method == "POST"


def brand_of(message: Message | None, catalog: Catalog) -> Brand | None:
    campaign = catalog.campaigns.get(message.campaign) if message else None
    named = catalog.brands.get(campaign.brand) if campaign else None
    return named or next(iter(catalog.brands.values()), None)


def html(status: int, page: Page) -> HttpReply:
    return HttpReply(status, page.html, {**_HTML, **page.headers})


def later(call: Call) -> HttpReply:
    """Honest when the ledger could not be written: not done, and when to come again."""
    reply = html(503, later_page(brand=call.brand, language=call.language, is_post=call.is_post))
    return replace(reply, headers={**reply.headers, "Retry-After": "5"})


def recorded(events: Sequence[Event], person: str, on: FrontDesk, call: Call) -> bool:
    """Whether the record and the ledger hold every event now; what they did not take is not done.

    For somebody who is gone in this very moment there is nothing left to do. Twice is once: events have ids that
    follow from what was asked for.
    """
    if not events:
        return True
    done = ingest(
        events,
        people=on.people,
        ledger=on.ledger,
        catalog=call.catalog,
        now=call.now,
        new_id=on.new_id,
    )
    if done.counted + done.repeats >= len(events):
        return True
    return person not in on.people.profiles([person])


def taken_for_the_same(profile: Profile, message: Message, on: FrontDesk) -> list[str]:
    """Who has the mailbox that the message went to, and was one with its person then: it may be them who leave."""
    if not profile.apart or not message.address_id:
        return []
    reached = on.people.holders(message.address_id).values()
    return [other.id for other in reached if other.id != profile.id and kept_apart(profile, other)]


def topic_label(topic: str, catalog: Catalog, language: str) -> TopicLabel:
    known = catalog.topics.get(topic)
    if known is None:
        return TopicLabel(topic, topic)
    name = known.name.get(language) or next(iter(known.name.values()), topic)
    return TopicLabel(topic, name, known.description.get(language, ""))


def asking_cause(*parts: str) -> str:
    """What makes one asking itself: the same click again is no second one."""
    return digest("asking", *parts, length=16)
