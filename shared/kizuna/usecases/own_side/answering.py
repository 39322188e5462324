"""Answers to somebody who asked: a consent to be confirmed, a STOP, HELP by text, the link to their own page.

    consent recorded ──▶ one mail with a link that confirms it, where the country asks for that (double opt-in); so
                         where the country is told only afterwards
    STOP, HELP       ──▶ one text
    "mail me a link" ──▶ one mail to each person on record at that address

Each is a message like any other: decided by the gate, in a row of its own, sent once. What it answers makes its id,
so nothing is answered twice, and what strangers can set off is limited for each address (`restraint/asked.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, assert_never

from kizuna.core.addressing import country_of
from kizuna.core.campaigns import TRIGGERED, Campaign, triggered_step
from kizuna.core.catalog import Catalog
from kizuna.core.consent import ANY, Action, ConsentEvent, fold, permission
from kizuna.core.consent.fold import sms_class
from kizuna.core.consent.sms_keywords import SmsClass
from kizuna.core.decide import Occasion, decide
from kizuna.core.durations import FIRST, instant_to_text
from kizuna.core.errors import AddressTaken
from kizuna.core.messages import Message
from kizuna.core.people import Address, Profile
from kizuna.core.ports import Askings, Ledger, Messages, NewMessage, People
from kizuna.core.reasons import Reason
from kizuna.core.restraint.asked import HELP_LIMIT, AskingLimit
from kizuna.core.restraint.caps import Heard
from kizuna.core.restraint.pressure import NOTHING
from kizuna.usecases.decisions.deciding import standing_ledger
from kizuna.usecases.own_side.asking import may_ask

_SOME_TOPIC = "-"  # no topic is called so: what may be written about it may be written about any
_MONTH = timedelta(days=30)


class Answerer(Protocol):
    """The ports that answering needs."""

    @property
    def people(self) -> People: ...

    @property
    def ledger(self) -> Ledger: ...

    @property
    def messages(self) -> Messages: ...

    @property
    def askings(self) -> Askings: ...


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is answered: by which campaign, where to, and what made it."""

    campaign: Campaign
    address: Address
    cause: str
    consent: Mapping[str, Any]


def answer_consent(
    changed: Profile, consent_id: str, on: Answerer, catalog: Catalog, *, now: datetime
) -> Message | None:
    """Answer one recorded consent event, if it asks for an answer and the workspace has one."""
    if not any(map(catalog.answering, ("opt_in", "stop", "help"))):
        return None
    profile = on.people.profiles([changed.id]).get(changed.id)
    if profile is None:
        return None
    events = on.ledger.events(profile.parts)
    event = next((each for each in events if each.id == consent_id), None)
    if event is None or _is_history(event, catalog, now):
        return None
    match event.action:
        case Action.GRANT:
            return _ask_to_confirm(event, profile, events, on, catalog, now=now)
        case Action.SMS_IN:
            return _answer_text(event, profile, on, catalog, now=now)
        case _:
            return None


def answer_country(
    before: Profile | None, changed: Profile, on: Answerer, catalog: Catalog, *, now: datetime
) -> tuple[Message, ...]:
    """Ask to confirm what somebody agreed to lately, now that they turn out to live where that is needed.

    Of each mailbox the newest grant of the last 30 days is asked about, and as ever only one that lacks nothing but
    the click. What a merge brings asks nobody: it sets no message off. Done twice it changes nothing.
    """
    country = country_of(changed)
    asked_for = country in catalog.policy.consent.double_opt_in_countries
    if before is None or before.parts != changed.parts or not asked_for or country_of(before) == country:
        return ()
    profile = on.people.profiles([changed.id]).get(changed.id)
    if profile is None or catalog.answering("opt_in") is None:
        return ()
    events = on.ledger.events(profile.parts)
    grants = [each for each in events if each.action == Action.GRANT and each.actor != "import"]
    newest = {each.endpoint: each for each in sorted(grants, key=lambda each: (each.at, each.id))}
    recent = [each for each in newest.values() if each.at > now - _MONTH]
    asked = (_ask_to_confirm(each, profile, events, on, catalog, now=now) for each in recent)
    return tuple(message for message in asked if message is not None)


def mail_link(
    address_id: str, cause: str, on: Answerer, catalog: Catalog, *, now: datetime, person: str = ""
) -> tuple[Message, ...]:
    """Mail the link to their own page to who is reached at an address: to `person`, or to everybody there.

    The page says the same to whoever asked, known or not; so nothing is told here either.
    """
    campaign = catalog.answering("preferences")
    if campaign is None:
        return ()
    sent = []
    for profile in on.people.holders(address_id).values():
        address = next((held for held in profile.addresses.values() if held.id == address_id), None)
        if address is None or address.channel != "email" or person not in ("", *profile.parts):
            continue
        asked = _Asked(campaign, address, f"{cause}|{profile.id}", {})
        message = _answered(asked, profile, on, catalog, now=now)
        sent += [message] if message is not None else []
    return tuple(sent)


def _is_history(event: ConsentEvent, catalog: Catalog, now: datetime) -> bool:
    """What was imported, or comes late, is no longer answered."""
    return event.actor == "import" or event.at <= catalog.policy.live_within.before(now)


# ── double opt-in ───────────────────────────────────────────────────────────────────────────────


def _ask_to_confirm(
    grant: ConsentEvent,
    profile: Profile,
    events: Sequence[ConsentEvent],
    on: Answerer,
    catalog: Catalog,
    *,
    now: datetime,
) -> Message | None:
    """One mail about a grant that lacks nothing but the click. What a click cannot heal is not asked about: a grant
    by somebody unverified, without proof, or after which the person left again.
    """
    campaign = catalog.answering("opt_in")
    address = next((held for held in profile.addresses.values() if held.id == grant.endpoint), None)
    if campaign is None or address is None or address.channel != "email":
        return None
    if not _needs_just_a_click(grant, events, profile, catalog, now):
        return None
    rules = catalog.policy.double_opt_in
    limit = AskingLimit(
        gap=rules.repeat_after.after(FIRST) - FIRST,
        most=rules.most,
        window=max(_MONTH, rules.repeat_after.after(FIRST) - FIRST),
    )
    if not may_ask(on.askings, f"opt_in|{address.id}", grant.id, limit, now=now):
        return None
    about = {
        "id": grant.id,
        "wording_version": grant.wording_version or "",
        "asked_at": instant_to_text(grant.at),
    }
    return _answered(_Asked(campaign, address, grant.id, about), profile, on, catalog, now=now)


def _needs_just_a_click(
    grant: ConsentEvent, events: Sequence[ConsentEvent], profile: Profile, catalog: Catalog, now: datetime
) -> bool:
    topic = _SOME_TOPIC if grant.topic in (ANY, None) else grant.topic
    policy, country, endpoint = catalog.policy.consent, country_of(profile), grant.endpoint or ""

    def told(ledger: Sequence[ConsentEvent]) -> tuple[bool, Reason | None]:
        standing = fold(ledger, now=now, policy=policy)
        found = permission(
            standing,
            channel="email",
            topic=topic,
            endpoint=endpoint,
            country=country,
            now=now,
            policy=policy,
        )
        refused = (
            *standing.do_not_contact,
            *standing.objections,
            *found.channel_opt_outs,
            *found.topic_opt_outs,
        )
        holds = any(each.id == grant.id for each in found.valid) and not refused
        return holds, found.failure if not found.valid else None

    click = ConsentEvent(id=f"{grant.id}?", action=Action.CONFIRM, at=max(now, grant.at), endpoint=endpoint)
    return told(events)[1] is Reason.UNCONFIRMED_OPT_IN and told((*events, click))[0]


# ── texts ───────────────────────────────────────────────────────────────────────────────────────


def _answer_text(
    event: ConsentEvent, profile: Profile, on: Answerer, catalog: Catalog, *, now: datetime
) -> Message | None:
    """The one confirmation of a STOP, or help. What only the provider's list told us was answered by the provider."""
    address = next((held for held in profile.addresses.values() if held.id == event.endpoint), None)
    if address is None or event.source != "sms":
        return None
    match sms_class(event):
        case SmsClass.STOP:
            campaign = catalog.answering("stop")
        case SmsClass.HELP:
            campaign = catalog.answering("help")
        case SmsClass.START | SmsClass.REVIEW | SmsClass.OTHER | None:
            return None
        case unknown:
            assert_never(unknown)
    if campaign is None:
        return None
    asked = _Asked(campaign, address, event.id, {})
    is_help = sms_class(event) is SmsClass.HELP
    if is_help and not may_ask(on.askings, f"help|{address.id}", event.id, HELP_LIMIT, now=now):
        return None
    return _answered(asked, profile, on, catalog, now=now)


# ── the message ─────────────────────────────────────────────────────────────────────────────────


def _answered(
    asked: _Asked, profile: Profile, on: Answerer, catalog: Catalog, *, now: datetime
) -> Message | None:
    """Decide and store the answer; None if it was stored before, to this person or to this address.

    Guarded as every message is (`Messages.create`): a crash before leaves nothing, and the next reading of the same
    change makes it. It counts for no cap: nobody hears too much of what they asked for.
    """
    occasion = Occasion(
        asked.campaign,
        catalog.version_of("campaign", asked.campaign.id),
        TRIGGERED,
        triggered_step(asked.campaign, asked.cause),
        to=asked.address,
    )
    ledger = standing_ledger(profile, asked.address, on.ledger)
    decided = decide(profile, occasion, ledger=ledger, heard=Heard(NOTHING), catalog=catalog, now=now)
    message = decided.message
    if asked.consent:
        message = replace(message, decision={**message.decision, "consent": dict(asked.consent)})
    try:
        return message if on.messages.create(NewMessage(message, None, profile.parts)) else None
    except AddressTaken:
        return None  # somebody else on record has the same number, and has the answer
