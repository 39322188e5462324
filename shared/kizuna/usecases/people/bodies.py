"""The 360° view and the brief as plain JSON: the reply of the API, and what `--json` prints."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kizuna.core.addressing import chosen_address
from kizuna.core.brief.advice import Advice
from kizuna.core.brief.making import LATELY, Brief, Contact
from kizuna.core.brief.problems import Trouble
from kizuna.core.brief.texts import brief_text
from kizuna.core.catalog import Catalog
from kizuna.core.consent import consent_event_to_json
from kizuna.core.consent.words import ConsentWord
from kizuna.core.durations import instant_to_text
from kizuna.core.merges.log import MergeRecord
from kizuna.core.people import Address, Identity, Listing, Trait
from kizuna.core.reach_sentences import reach_sentence
from kizuna.core.reachability import Reach
from kizuna.core.restraint.exclusions import ends_at, standing
from kizuna.core.restraint.holds import standing_holds
from kizuna.core.restraint.staff_holds import HOLD, NAME, STAFF, held_by_staff
from kizuna.core.segments import view_of
from kizuna.core.segments.reasons import Membership, memberships
from kizuna.core.sources import licence_of
from kizuna.usecases.people.pages import PAGE, Body, decisions_page, events_page, is_sensitive
from kizuna.usecases.people.view import View

_PROOFS = 5  # of one word; the newest


def person_body(view: View, catalog: Catalog, *, limit: int = PAGE, sensitive: bool = False) -> Body:
    """The whole page. Values of traits that the workspace declares sensitive are there only if `sensitive`."""
    profile = view.profile
    segments = memberships(catalog.decidable(profile), catalog.segments, now=view.at)
    return {
        "id": profile.id,
        "version": profile.version,
        "reachVersion": profile.reach_version,
        "status": profile.status,
        "createdAt": instant_to_text(profile.created_at),
        "updatedAt": instant_to_text(profile.updated_at),
        "lastEventAt": _instant(profile.last_event_at),
        "lastPurchaseAt": _instant(profile.purchased_at),
        "zone": profile.zone_name,
        "globalPrivacyControl": profile.gpc,
        "identities": [_identity(held, catalog) for held in profile.identities.values()],
        "traits": {
            name: _trait(name, trait, catalog, view.at, sensitive)
            for name, trait in sorted(profile.traits.items())
        },
        "addresses": [_address(held, view, catalog) for held in profile.addresses.values()],
        "segments": [_segment(each) for each in segments],
        "lists": [
            _listing(name, held, catalog)
            for name, held in sorted(profile.lists.items())
            if held.inside and name != HOLD
        ],
        "consents": [_word(word) for word in view.words],
        "pressure": _pressure(view),
        "restraint": _restraint(view, catalog),
        "timeline": events_page(list(view.entries), catalog, limit=limit, sensitive=sensitive),
        "messages": decisions_page(profile, view.messages, view.next_message, catalog, key="messages"),
        "merges": [_merge(record) for record in view.merges],
        "apart": [
            {"part": pair.part, "other": pair.other, "at": instant_to_text(pair.at)} for pair in profile.apart
        ],
        "explain": {
            "decisions": f"/admin/decisions?person={profile.id}",
            "silence": f"/admin/decisions?person={profile.id}&since=7d",
        },
        "dueAt": _instant(profile.due_at),
        "parts": list(profile.parts),
        "brief": brief_body(view.brief, catalog),
    }


def _instant(instant: datetime | None) -> str | None:
    return instant_to_text(instant) if instant else None


# ── what is known, and how ──────────────────────────────────────────────────────────────────────


def _identity(held: Identity, catalog: Catalog) -> Body:
    return {
        "type": held.type,
        "value": held.value,
        "told": held.raw or held.value,
        "firstSeen": _instant(held.at),
        "lastUsed": _instant(held.seen),
        "source": held.source,
        "licence": licence_of(held.source, catalog.sources),
        "vouched": held.vouched,
    }


def _trait(name: str, trait: Trait, catalog: Catalog, now: datetime, sensitive: bool) -> Body:
    declared = catalog.traits.get(name)
    withheld = is_sensitive(name, catalog) and not sensitive
    stale_after = declared.stale_after if declared else None
    return {
        "value": None if withheld else trait.value,
        "told": None if withheld else trait.raw,
        "withheld": withheld,
        "at": instant_to_text(trait.at),
        "source": trait.source,
        "licence": licence_of(trait.source, catalog.sources),
        "vouched": trait.vouched,
        "stale": stale_after is not None and trait.at <= stale_after.before(now),
        "inDecisions": trait.source not in catalog.kept_out,
    }


def _address(held: Address, view: View, catalog: Catalog) -> Body:
    reach = view.reach.get(held.id)
    return {
        "id": held.id,
        "channel": held.channel,
        "value": held.value,
        "status": str(held.status),
        "statusAt": _instant(held.status_at),
        "givenAt": instant_to_text(held.at),
        "platform": held.platform,
        "zone": held.zone,
        "used": chosen_address(view.profile, held.channel) == held,
        "reach": None if reach is None else [_reach(one, view, catalog) for one in reach],
    }


def _reach(one: Reach, view: View, catalog: Catalog) -> Body:
    zone = view.profile.zone_name
    return {
        "category": one.category,
        "topic": one.topic or None,
        "answer": one.answer,
        "reason": str(one.reason),
        "notBefore": _instant(one.not_before),
        "decidedBy": list(one.decided_by),
        "sentence": {
            "en": reach_sentence(one, catalog.topics, zone=zone, language="en"),
            "ja": reach_sentence(one, catalog.topics, zone=zone, language="ja"),
        },
    }


def _listing(name: str, held: Listing, catalog: Catalog) -> Body:
    known = catalog.lists.get(name)
    return {
        "id": name,
        "name": known.name if known else name,
        "since": instant_to_text(held.at),
        "by": held.by or None,
    }


def _segment(each: Membership) -> Body:
    return {
        "id": each.segment,
        "name": each.name,
        "holds": each.holds,
        "until": _instant(each.until),
        "because": [
            {
                "question": leaf.question.model_dump(mode="json", by_alias=True, exclude_defaults=True),
                "holds": leaf.holds,
                "until": _instant(leaf.flips_at),
            }
            for leaf in each.because
        ],
    }


def _word(word: ConsentWord) -> Body:
    return {
        "channel": word.channel,
        "address": word.address,
        "topic": word.topic,
        "word": word.word,
        "reason": str(word.reason) if word.reason else None,
        "because": [consent_event_to_json(event) for event in word.because[:_PROOFS]],
    }


def _restraint(view: View, catalog: Catalog) -> Body:
    """What the company holds back of its own accord."""
    policy, profile = catalog.policy, view.profile
    holds = standing_holds(policy.tone_holds, view_of(catalog.decidable(profile)), now=view.at)
    excluded = standing(profile.exclusions, policy.product_exclusions, now=view.at)
    by_staff = held_by_staff(profile, now=view.at)
    own = [{"id": STAFF, "name": NAME, "until": _instant(by_staff.until)}] if by_staff else []
    return {
        "holds": [
            *own,
            *({"id": each.hold.id, "name": each.hold.name, "until": _instant(each.until)} for each in holds),
        ],
        "exclusions": [
            {
                "product": product,
                "rule": each.rule,
                "since": _instant(each.at),
                "until": _instant(ends_at(each, policy.product_exclusions)),
                "reason": each.reason,
            }
            for product, each in sorted(excluded.items())
        ],
    }


def _pressure(view: View) -> Body:
    return {
        "touches": [
            {
                "at": instant_to_text(touch.at),
                "channel": touch.channel,
                "message": touch.message,
                "campaign": touch.campaign,
                "topic": touch.topic,
            }
            for touch in view.pressure.touches
        ],
        "caps": [
            {
                "scope": each.cap.scope,
                "address": each.address or None,
                "wished": each.is_wish,
                "channel": each.cap.channel,
                "topic": each.cap.topic,
                "brand": each.cap.brand,
                "tag": each.cap.tag,
                "campaign": each.cap.campaign,
                "purpose": each.cap.purpose,
                "appliesTo": each.cap.applies_to,
                "counts": each.cap.counts,
                "window": str(each.cap.window),
                "most": each.cap.count,
                "used": each.used,
                "roomAt": _instant(each.room_at),
                "onHit": each.cap.on_hit,
            }
            for each in view.caps
        ],
    }


def _merge(record: MergeRecord) -> Body:
    return {
        "id": record.id,
        "at": instant_to_text(record.at),
        "rule": record.rule,
        "reason": record.reason,
        "into": record.primary,
        "absorbed": [gone.id for gone in record.absorbed],
        "evidence": [
            {
                "source": each.source,
                "event": each.event,
                "at": instant_to_text(each.at),
                "identifiers": [{"type": kind, "value": value} for kind, value in each.identifiers],
            }
            for each in record.evidence
        ],
        "undoneAt": _instant(record.undone_at),
        "undoableUntil": instant_to_text(record.ends_at),
    }


# ── the brief ───────────────────────────────────────────────────────────────────────────────────


def brief_body(brief: Brief, catalog: Catalog) -> Body:
    """The brief as data, and as text in both languages."""
    hours, orders = brief.hours, brief.orders
    return {
        "id": brief.person,
        "knownAs": brief.known_as,
        "name": brief.name,
        "language": brief.language,
        "country": brief.country,
        "zone": brief.zone,
        "localTime": brief.local_time.isoformat(timespec="minutes") if brief.local_time else None,
        "since": instant_to_text(brief.since),
        "lastPurchaseAt": _instant(brief.last_purchase_at),
        "orders": orders
        and {
            "count": orders.count,
            "value": orders.value,
            "currency": orders.currency,
            "complete": orders.complete,
        },
        "lastSeenAt": _instant(brief.last_seen_at),
        "ours": [_contact(one) for one in brief.ours],
        "theirs": [_contact(one) for one in brief.theirs],
        "problems": [_problem(one) for one in brief.problems],
        "channels": list(brief.channels),
        "kept": list(brief.kept),
        "left": list(brief.left),
        "lately": brief.lately
        and {
            "days": LATELY.days,
            "promotions": brief.lately.count,
            "roomAt": _instant(brief.lately.room_at),
        },
        "hours": hours
        and {"channels": list(hours.channels), "from": _clock(hours.start), "to": _clock(hours.end)},
        "do": [_advice(one) for one in brief.dos],
        "dont": [_advice(one) for one in brief.donts],
        "eventsSince": _instant(brief.events_since),
        "text": {"en": brief_text(brief, catalog, "en"), "ja": brief_text(brief, catalog, "ja")},
    }


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _contact(one: Contact) -> Mapping[str, Any]:
    return {
        "at": instant_to_text(one.at),
        "what": one.what,
        "channel": one.channel,
        "state": one.state or None,
        "reactions": list(one.reactions),
    }


def _problem(one: Trouble) -> Mapping[str, Any]:
    return {
        "code": one.code,
        "what": one.what,
        "at": _instant(one.at),
        "channel": one.channel,
        "reference": one.reference,
        "source": one.source,
    }


def _advice(one: Advice) -> Mapping[str, Any]:
    return {
        "code": one.code,
        "channel": one.channel,
        "scope": one.scope or None,
        "topics": list(one.topics),
        "at": _instant(one.at),
        "until": _instant(one.until),
        "what": one.what,
    }
