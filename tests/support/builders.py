"""Values for tests: each builder makes a plausible one, with the named things changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from kizuna.core.campaigns import Campaign
from kizuna.core.catalog import Catalog, Documents, build
from kizuna.core.consent import GENESIS, ConsentEvent, body_hash
from kizuna.core.content.messengers import LineImage
from kizuna.core.content.rendering import (
    Links,
    RenderedEmail,
    RenderedLine,
    RenderedPush,
    RenderedSms,
    RenderedWhatsApp,
    sms_parts,
)
from kizuna.core.events import Event, Source, SourceKind, Violation
from kizuna.core.folding import Folded, LedgerEntry
from kizuna.core.gate import Approved, judge
from kizuna.core.ids import address_id, message_id
from kizuna.core.messages import Message, State
from kizuna.core.people import Address, Identity, Profile, Trait
from kizuna.core.policy import ConsentPolicy
from kizuna.core.ports import Envelope, NewMessage, PersonWrite, Run
from kizuna.core.segments import EVERYONE
from kizuna.core.sources import Key, KeyKind, key_hash
from tests.support.consents import a_request, grant
from tests.support.content import EMAIL

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
MAILBOX = "ann@example.com"
SERVER = Source("shop-backend", SourceKind.SERVER)


# ── people and events ───────────────────────────────────────────────────────────────────────────


def a_profile(profile_id: str = "p1", **changes: Any) -> Profile:
    """A stored person with one mailbox, in the segment of everyone."""
    mailbox = Address("email", MAILBOX, NOON)
    given: dict[str, Any] = {
        "id": profile_id,
        "version": 1,
        "reach_version": 1,
        "created_at": NOON - timedelta(days=90),
        "updated_at": NOON - timedelta(days=1),
        "identities": {("user_id", profile_id): Identity("user_id", profile_id, profile_id, NOON, SERVER.id)},
        "traits": {"plan": Trait("pro", NOON, SERVER.id)},
        "addresses": {mailbox.key: mailbox},
        "segments": frozenset({EVERYONE}),
        "parts": (profile_id,),
        "bucket_id": profile_id,
    }
    return Profile(**(given | changes))


def an_event(name: str = "Order Completed", *, number: int = 1, **changes: Any) -> Event:
    """A track event that the company's back end told us; `number` makes it another one, a second later."""
    given: dict[str, Any] = {
        "type": "track",
        "id": f"event-{number}",
        "source": SERVER,
        "at": NOON + timedelta(seconds=number),
        "received_at": NOON + timedelta(seconds=number),
        "name": name,
        "user_id": "p1",
        "properties": {"total": 12.5},
    }
    return Event(**(given | changes))


def a_consent(number: int = 1, **changes: Any) -> ConsentEvent:
    return grant(NOON + timedelta(seconds=number), id=f"consent-{number}", **changes)


def chained(*consents: ConsentEvent, after: LedgerEntry | None = None) -> tuple[LedgerEntry, ...]:
    """Consent events in their places in a person's chain."""
    entries: list[LedgerEntry] = []
    number, previous = (after.number, after.hash) if after else (0, GENESIS)
    for consent in consents:
        number, head = number + 1, body_hash(consent, previous)
        entries.append(LedgerEntry(number, consent, previous, head))
        previous = head
    return tuple(entries)


def a_write(before: Profile | None, after: Profile, *events: Event, **more: Any) -> PersonWrite:
    """The write that makes `before` (None: nobody yet) into `after`, which is one version on."""
    expected = before.version if before else 0
    folded = Folded(replace(after, version=expected + 1), counted=events, consents=more.pop("consents", ()))
    return PersonWrite(folded, expected, **more)


# ── messages ────────────────────────────────────────────────────────────────────────────────────


def a_message(person: str = "p1", **changes: Any) -> Message:
    """A message that waits for its sender. Its id follows from what it is for, as in the product."""
    channel = changes.get("channel", "email")
    address = changes.get("address", MAILBOX)
    given: dict[str, Any] = {
        "person": person,
        "campaign": "spring",
        "campaign_version": 3,
        "run": "20261123T1200Z",
        "step": "message",
        "topic": "news",
        "category": "marketing",
        "channel": channel,
        "address_id": address_id(channel, address) if address else "",
        "address": address,
        "template": "spring-email",
        "language": "en",
        "state": State.PENDING,
        "reason": "consent",
        "created_at": NOON,
        "changed_at": NOON,
        "expires_at": NOON + timedelta(days=2),
        "decision": {"answer": "allow", "reason": "consent", "trace": "erased legal_basis allow"},
    }
    made = given | changes
    identity = {name: made[name] for name in ("campaign", "run", "step", "person", "channel")}
    return Message(**({"id": message_id(**identity, address=made["address_id"])} | made))


def new(message: Message, **changes: Any) -> NewMessage:
    """A message on its way into the store, of a person of one part and without pressure unless told."""
    given: dict[str, Any] = {"pressed": None, "person_parts": (message.person,)}
    return NewMessage(message, **(given | changes))


def approved(message: Message) -> Approved:
    """The gate's leave to send this message: its person allowed it, and it is noon."""
    request = a_request(
        grant(channel=message.channel, endpoint=message.address_id),
        channel=message.channel,
        endpoint={"id": message.address_id},
        message={"endpoint": message.address_id, "topic": message.topic, "category": message.category},
    )
    return judge(request, ConsentPolicy()).approve(message_id=message.id)


def an_envelope(message: Message, **changes: Any) -> Envelope:
    sender = "The Shop <hello@shop.example>" if message.channel == "email" else ""
    given: dict[str, Any] = {"message": message, "sender": sender}
    return Envelope(**(given | changes))


def rendered_whatsapp(**changes: Any) -> RenderedWhatsApp:
    given: dict[str, Any] = {
        "language": "en",
        "template": "order_shipped",
        "template_language": "en",
        "body": ("Ada", "1001"),
    }
    return RenderedWhatsApp(**(given | changes))


def rendered_line(*messages: str | LineImage, **changes: Any) -> RenderedLine:
    return RenderedLine("ja", messages or ("いらっしゃいませ",), **changes)


def rendered_email(**changes: Any) -> RenderedEmail:
    given: dict[str, Any] = {
        "language": "en",
        "subject": "Hello",
        "html": "<p>Hello</p>",
        "text": "Hello",
        "links": Links(),
    }
    return RenderedEmail(**(given | changes))


def rendered_sms(body: str = "The Shop: hello") -> RenderedSms:
    return RenderedSms("en", body, sms_parts(body), Links())


def rendered_push(**changes: Any) -> RenderedPush:
    given: dict[str, Any] = {
        "language": "en",
        "title": "Hello",
        "body": "Come in",
        "data": {"open": "shop://home"},
    }
    return RenderedPush(**(given | changes))


# ── definitions ─────────────────────────────────────────────────────────────────────────────────

INTENT = {
    "what_is_needed": "people who come back",
    "why": "spring goods have arrived",
    "how_to_ask": "show them what is new",
}
CAMPAIGN: dict[str, Any] = {
    "id": "spring",
    "name": "Spring",
    "goal": {"event": "Order Completed"},
    "intent_card": INTENT,
    "brand": "shop",
    "topic": "news",
    "trigger": {"type": "schedule", "at": NOON.isoformat()},
    "audience": {"in": ["everyone"]},
    "override_reason": "spring is for all of them",
    "channel": "email",
    "template": "spring-email",
}


def a_campaign(**changes: Any) -> Campaign:
    return Campaign.model_validate(CAMPAIGN | changes)


def some_documents(*campaigns: dict[str, Any]) -> Documents:
    """A small workspace that builds: a brand, a topic, a template and campaigns (one unless told)."""
    brand = {
        "id": "shop",
        "name": "The Shop",
        "legal_name": "The Shop Ltd.",
        "postal_address": "1 High Street, Dover",
        "from_email": "hello@shop.example",
        "from_name": "The Shop",
        "reply_to": "care@shop.example",
        "support_url": "https://shop.example/contact",
        "languages": {"en": {}, "ja": {"name": "ザ・ショップ"}},
    }
    template = {
        "id": "spring-email",
        "channel": "email",
        "default_language": "en",
        "languages": {"en": EMAIL},
    }
    return {
        ("brand", "shop"): brand,
        ("topic", "news"): {"id": "news", "name": {"en": "News"}},
        ("template", "spring-email"): template,
        **{("campaign", campaign["id"]): campaign for campaign in campaigns or (CAMPAIGN,)},
    }


def a_catalog(documents: Documents | None = None, *, version: int = 1) -> Catalog:
    found = some_documents() if documents is None else documents
    return build(found, version=version, versions={f"{kind}/{name}": 1 for kind, name in found})


def a_run(run_id: str = "20261123T1200Z", **changes: Any) -> Run:
    given: dict[str, Any] = {
        "campaign": "spring",
        "id": run_id,
        "campaign_version": 3,
        "scheduled_at": NOON,
        "started_at": NOON + timedelta(seconds=2),
        "shards": 8,
    }
    return Run(**(given | changes))


def a_key(text: str = "kzc_one", **changes: Any) -> Key:
    given: dict[str, Any] = {
        "hash": key_hash(text),
        "prefix": text[:10],
        "source": "website",
        "kind": KeyKind.CLIENT,
        "created_at": NOON,
    }
    return Key(**(given | changes))


def a_violation(number: int = 1, **changes: Any) -> Violation:
    given: dict[str, Any] = {
        "cause": "missing_identity",
        "path": f"batch[{number}].userId",
        "reason": "no identifier",
        "source": "website",
        "received_at": NOON + timedelta(seconds=number),
        "raw": '{"type":"track"}',
        "event_name": "Order Completed",
    }
    return Violation(**(given | changes))
