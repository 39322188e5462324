"""Builders and strategies for consent ledgers and requests to the gate."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from kizuna.core.consent import ConsentEvent
from kizuna.core.gate import Endpoint, MessageFacts, Relationship, Request, Signals, Subject
from kizuna.core.restraint.house_hours import HouseHours, OnHit

# How often a property is tried: a few hundred times in the fast suite, 20,000 times where time allows.
EXAMPLES = int(os.environ.get("KIZUNA_EXAMPLES", "80"))

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # noon in New York, a Monday
DAY = timedelta(days=1)

SUBJECT = Subject(country="US", region="NY", timezone="America/New_York", age=35, status="active")
MESSAGE = MessageFacts(
    category="marketing",
    channel="email",
    endpoint="ep1",
    topic="news",
    has_unsubscribe=True,
    has_sender_identity=True,
    has_postal_address=True,
    sent_in_window=0,
)


def a_request(
    *ledger: ConsentEvent,
    channel: str = "email",
    now: datetime = NOW,
    subject: dict[str, Any] | None = None,
    endpoint: dict[str, Any] | None = None,
    message: dict[str, Any] | None = None,
    relationship: Relationship | None = None,
    gpc: Any = False,
    signals: dict[str, Any] | None = None,
) -> Request:
    """A marketing message to an adult in New York at noon, with the named things changed."""
    return Request(
        now=now,
        subject=replace(SUBJECT, **(subject or {})),
        endpoint=replace(Endpoint("ep1", channel, "ok"), **(endpoint or {})),
        ledger=ledger,
        message=replace(MESSAGE, channel=channel, **(message or {})),
        relationship=relationship or Relationship(),
        signals=replace(Signals(gpc), **(signals or {})),
    )


def house_hours(on_hit: OnHit = "defer", *, until: datetime | None = None, **changes: Any) -> HouseHours:
    """Hours of a company that are open from 18:00 to 20:00 in New York: six hours after `NOW`, or what is told."""
    told: dict[str, Any] = {"week": (((1080, 1200),),) * 7, "zones": ("America/New_York",), **changes}
    return HouseHours(until=until or NOW + 2 * DAY, on_hit=on_hit, **told)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def grant(when: str | datetime = "2026-01-10T10:00", **changes: Any) -> ConsentEvent:
    """A grant with everything it needs, for any topic of one address."""
    return _event("grant", when, **{"basis": "express_written", **changes})


def confirm(when: str | datetime = "2026-01-10T10:05", **changes: Any) -> ConsentEvent:
    return _event("confirm", when, **changes)


def withdraw(when: str | datetime = "2026-06-01T00:00", **changes: Any) -> ConsentEvent:
    return _event("withdraw", when, **changes)


def text(words: str, when: str | datetime = "2026-06-01T00:00", **changes: Any) -> ConsentEvent:
    """An inbound SMS."""
    return _event("sms_in", when, **{"channel": "sms", "text": words, **changes})


def act(action: str, when: str | datetime = "2026-06-01T00:00", **changes: Any) -> ConsentEvent:
    return _event(action, when, **changes)


def _event(action: str, when: str | datetime, **changes: Any) -> ConsentEvent:
    instant = at(when) if isinstance(when, str) else when
    fields: dict[str, Any] = {
        "id": f"{action}@{instant:%Y-%m-%dT%H:%M}",
        "channel": "email",
        "topic": "*",
        "endpoint": "ep1",
        "source": "web_form",
        "wording_version": "v3",
        "proof": "form snapshot",
    }
    return ConsentEvent(action=action, at=instant, **{**fields, **changes})


# ── strategies ──────────────────────────────────────────────────────────────────────────────────

# A coarse grid around now, so that ties, boundaries and the future all turn up often.
MOMENTS = st.sampled_from(
    [
        *(NOW - timedelta(days=days) for days in (900, 400, 30, 3, 2, 1)),
        *(NOW + timedelta(minutes=minutes) for minutes in (-6, -5, -1, 0, 1, 5, 6, 1440)),
    ]
)
CHANNELS = st.sampled_from(["email", "sms", "push", "ad_audience", "*"])
TOPICS = st.sampled_from(["news", "offers", "*"])
ADDRESSES = st.sampled_from(["ep1", "ep1", "ep2", None])
TEXTS = st.sampled_from(["STOP", "start", "help", "please stop texting me", "the bus stop", "thanks"])


@st.composite
def events(draw: st.DrawFn, actions: st.SearchStrategy[str] | None = None) -> ConsentEvent:
    """Any event, mostly plausible; its id is made unique by `ledgers`."""
    chosen = draw(_ACTIONS if actions is None else actions)
    when = draw(MOMENTS)
    return ConsentEvent(
        id="unnamed",
        action=chosen,
        at=when,
        channel="sms" if chosen == "sms_in" else draw(CHANNELS),
        topic=draw(TOPICS),
        endpoint=draw(ADDRESSES),
        purpose=draw(
            st.sampled_from(["marketing", "marketing", "marketing", "ad_audience", "analytics", "*"])
        ),
        basis=draw(st.sampled_from(["express_written", "express_written", "express", None])),
        source=draw(st.sampled_from(["web_form", "client_sdk", None])),
        identity_verified=draw(st.sampled_from([None, True, True, False])),
        wording_version=draw(st.sampled_from(["v3", "v3", "v1", None])),
        proof=draw(st.sampled_from(["form", "form", "form", None])),
        expires_at=draw(st.sampled_from([None, None, NOW - DAY, NOW, NOW + DAY])),
        merged_at=draw(st.sampled_from([None, None, None, NOW - 2 * DAY])),
        text=draw(TEXTS) if chosen == "sms_in" else None,
        token_valid=draw(st.sampled_from([None, True, False])) if chosen == "one_click_post" else None,
    )


_ACTIONS = st.sampled_from(
    ["grant"] * 4
    + ["confirm"] * 2
    + ["withdraw", "withdraw", "one_click_post", "link_get", "object", "suppression_hash"]
    + ["do_not_contact", "sms_in", "sms_in", "sms_in", "something_new"]
)


def named(found: list[ConsentEvent], prefix: str) -> tuple[ConsentEvent, ...]:
    """The same events under unique ids."""
    return tuple(replace(event, id=f"{prefix}{index}") for index, event in enumerate(found))


@st.composite
def ledgers(
    draw: st.DrawFn, prefix: str = "e", actions: st.SearchStrategy[str] | None = None, max_size: int = 6
) -> tuple[ConsentEvent, ...]:
    return named(draw(st.lists(events(actions), max_size=max_size)), prefix)


_INSTANTS = st.sampled_from([None, NOW - 1000 * DAY, NOW - 300 * DAY, NOW - 30 * DAY])


@st.composite
def requests(
    draw: st.DrawFn, categories: tuple[str, ...] = ("marketing", "marketing", "transactional")
) -> Request:
    """Any well-formed request with an empty ledger."""
    channel = draw(st.sampled_from(["email", "email", "sms", "sms", "push", "ad_audience", "inbox"]))
    flags = st.sampled_from([True, True, True, False])
    return a_request(
        channel=channel,
        now=NOW + draw(st.sampled_from([0, 0, 6, 12, 18])) * timedelta(hours=1),
        subject={
            "country": draw(st.sampled_from(["US", "US", "DE", "FR", "GB", "CA", "JP", "BR", None])),
            "region": draw(st.sampled_from(["NY", "CA", "FL", "TX", None])),
            "timezone": draw(st.sampled_from(["America/New_York", "Europe/Berlin", "Not/AZone", None])),
            "age": draw(st.sampled_from([None, 12, 15, 35])),
            "guardian_consent": draw(st.booleans()),
            "status": draw(st.sampled_from(["active"] * 6 + ["restricted", "erased"])),
        },
        endpoint={
            "status": draw(st.sampled_from(["ok"] * 6 + ["complained", "hard_bounced"])),
            "area_timezone": draw(st.sampled_from(["America/Los_Angeles", None])),
        },
        message={
            "category": draw(st.sampled_from(categories)),
            "topic": draw(st.sampled_from(["news", "offers"])),
            "contains_promotion": draw(st.sampled_from([False, False, True])),
            "has_unsubscribe": draw(flags),
            "has_sender_identity": draw(flags),
            "has_postal_address": draw(flags),
            "sent_in_window": draw(st.integers(0, 3)),
            "frequency_cap": draw(st.sampled_from([None, None, 0, 2, 5])),
        },
        relationship=Relationship(draw(_INSTANTS), draw(_INSTANTS), draw(st.booleans()), draw(st.booleans())),
        gpc=draw(st.sampled_from([False, False, True])),
    )
