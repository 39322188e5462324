"""What events tell of a person, taken into the profile: traits, addresses, context, lists, and the words on consent.

Each event for itself, in the order in which they are given; the values that survive do not depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kizuna.core.aggregates import tallied
from kizuna.core.consent import ConsentEvent
from kizuna.core.consent.signals import consent_signals
from kizuna.core.devices import DEVICES, with_devices
from kizuna.core.draft import Draft, draft_of
from kizuna.core.events import Event, Violation
from kizuna.core.feedback import address_changes, consent_of_feedback, tells_of_address
from kizuna.core.identity import identifiers
from kizuna.core.identity.identifiers import is_unverified
from kizuna.core.merges.survivorship import survivor
from kizuna.core.messenger_events import consent_of_messenger, contacted, tells_of_contact
from kizuna.core.people import COMPUTED_TRAITS, Address, Profile, Trait
from kizuna.core.places import PLACE, with_place
from kizuna.core.quality import names
from kizuna.core.restraint.exclusions import with_events
from kizuna.core.restraint.wishes import with_wishes
from kizuna.core.rights.staff_acts import consent_of_staff
from kizuna.core.segments.lists import listed, tells_of_list
from kizuna.core.traits import TraitDefinition

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog

TRAITS_LIMIT = 256
# Every profile remembers its last purchase, because in some countries customers may be written to (`consent.md` 7).
# A page's word for it would let anybody make a customer of anybody.
PURCHASE = "Order Completed"


def applied(
    profile: Profile, events: Sequence[Event], catalog: Catalog, *, now: datetime
) -> tuple[Profile, tuple[ConsentEvent, ...], tuple[Violation, ...]]:
    """The person after events that were not counted before, the consents that they told, and what was of no use."""
    consents: list[ConsentEvent] = []
    violations: list[Violation] = []
    draft = draft_of(profile)
    for event in events:
        refused = _take_traits(draft, event, catalog.traits)
        _take_context(draft, event)
        _take_subscriptions(draft, event)
        if tells_of_contact(event):
            draft.addresses = contacted(draft.addresses, event)
        if tells_of_list(event):
            draft.lists = listed(draft.lists, event)
        if tells_of_address(event):
            draft.addresses = dict(address_changes(draft.profile(), event))
        violations += [_refusal(event, *each) for each in refused]
        violations += [_refusal(event, *breach.told) for breach in catalog.plan.judge(event)]
        draft.last_event_at = max(draft.last_event_at or event.at, event.at)
        if event.name == PURCHASE and event.type == "track" and not is_unverified(event):
            draft.purchased_at = max(draft.purchased_at or event.at, event.at)
    rules = catalog.policy.product_exclusions
    if rules:
        draft.exclusions = with_events(draft.exclusions, events, rules, is_claimed=is_unverified)
    with_wishes(draft.traits, events)
    if catalog.asks.devices or DEVICES in draft.traits:
        known = draft.traits.pop(DEVICES, None)
        seen_on = with_devices(known, events) if catalog.asks.devices else None
        draft.traits |= {DEVICES: seen_on} if seen_on is not None else {}
    if catalog.asks.place or PLACE in draft.traits:
        held = draft.traits.pop(PLACE, None)
        place = with_place(held, events) if catalog.asks.place else None
        draft.traits |= {PLACE: place} if place is not None else {}
    after = draft.profile(aggregates=tallied(profile.aggregates, events, catalog.needs, now=now))
    # Consents once all addresses are known: one call may bring the address and another, of the same moment, the
    # word on it.
    for event in events:
        signals, scopes, unusable = consent_signals(event, after, catalog.policy.consent_categories)
        if scopes != after.consent_scopes:
            after = replace(after, consent_scopes=scopes)
        consents += (*signals, *consent_of_feedback(event, after, catalog.policy.sms_words))
        consents += consent_of_staff(event, after)
        consents += consent_of_messenger(event, after.id, catalog.policy.sms_words)
        violations += [_refusal(event, item.cause, item.path, item.reason) for item in unusable]
    return after, tuple(consents), tuple(violations)


def _refusal(event: Event, cause: str, path: str, reason: str) -> Violation:
    """One part of an event that was not used; the event itself is stored, so its text is not kept twice."""
    kind = event.source.kind.value
    return Violation(
        cause, path, reason, event.source.id, event.received_at, "", event.name, stored=True, source_kind=kind
    )


_IDENTIFYING = {"email": "email", "phone": "phone", "whatsapp": "phone", "line": "line"}
"""The traits that are addresses, and the identifier that each is."""
_CHANNELS = {"email": "email", "phone": "sms", "whatsapp": "whatsapp", "line": "line"}
Refusal = tuple[str, str, str]  # cause, path, reason


def _take_traits(draft: Draft, event: Event, definitions: Mapping[str, TraitDefinition]) -> list[Refusal]:
    if event.type != "identify":
        return []
    refused: list[Refusal] = []
    traits = draft.traits
    for name, value in event.traits.items():
        if name in _IDENTIFYING:
            refusal = _take_address(draft, name, value, event)
            if refusal is not None:
                refused.append(refusal)
                if refusal[0] == "identity_token_required":
                    continue
        if name in COMPUTED_TRAITS:
            refused.append(("computed_trait", f"traits.{name}", "is worked out by Kizuna, and not told"))
            continue
        if name not in traits and len(traits) >= TRAITS_LIMIT:
            refused.append(("too_many_traits", f"traits.{name}", f"a profile holds {TRAITS_LIMIT} traits"))
            continue
        form = names.normalised(name, value, country=event.traits.get("country"))
        raw = None if form == value else value
        offered = Trait(form, event.at, event.source.id, vouched=not is_unverified(event), raw=raw)
        traits[name] = survivor(name, traits.get(name), offered, definitions)
    return refused


def _take_address(draft: Draft, name: str, value: Any, event: Event) -> Refusal | None:
    kind, region = _IDENTIFYING[name], event.traits.get("country")
    match kind:
        case "email":
            normalised = identifiers.email(value)
        case "line":
            normalised = identifiers.line_user(value)
        case _:
            normalised = identifiers.phone(value, region if isinstance(region, str) else None)
    if value is None:
        return None
    if normalised is None:
        legacy = kind == "email" and names.is_legacy_mobile(value)
        reason = names.LEGACY_MOBILE if legacy else f"is not a usable {name}; kept as a trait only"
        return (f"invalid_{name}", f"traits.{name}", reason)
    if is_unverified(event) and (kind, normalised) not in draft.base.identities:
        # Whoever attached identities decided that this address is not the caller's to tell.
        return ("identity_token_required", f"traits.{name}", "a client key may not set it for this person")
    _remember(draft.addresses, Address(_CHANNELS[name], normalised, event.at))
    return None


def _remember(addresses: dict[tuple[str, str], Address], address: Address) -> None:
    held = addresses.get(address.key)
    if held is None:
        addresses[address.key] = address
    elif address.at > held.at:
        addresses[address.key] = replace(held, at=address.at, platform=address.platform or held.platform)
    elif not held.platform:
        addresses[address.key] = replace(held, platform=address.platform)


def _take_context(draft: Draft, event: Event) -> None:
    context, at = event.context, event.at
    zone, language, device = context.get("timezone"), context.get("locale"), context.get("device")
    if isinstance(zone, str) and zone and _is_news(zone, at, draft.zone, draft.zone_at):
        draft.zone, draft.zone_at = zone, at
    if isinstance(language, str) and language and _is_news(language, at, draft.language, draft.language_at):
        draft.language, draft.language_at = language, at
    if context.get("gpc") is True:
        draft.gpc = True
    token = identifiers.plain(device.get("token")) if isinstance(device, Mapping) else None
    # Whoever attached identities decided whether this device is the person's: not one that somebody else is signed
    # in on, and not one that a page adds to somebody known.
    if token is not None and isinstance(device, Mapping) and ("push_token", token) in draft.base.identities:
        platform = str(device.get("type", "")).lower()
        _remember(draft.addresses, Address("push", token, at, platform=platform))


def _take_subscriptions(draft: Draft, event: Event) -> None:
    """Whoever subscribes to WhatsApp with a number of theirs is reached by it there."""
    subscriptions = event.context.get("messaging_subscriptions")
    for item in subscriptions if isinstance(subscriptions, list) else ():
        if not isinstance(item, Mapping) or str(item.get("type", "")).lower() != "whatsapp":
            continue
        number = identifiers.phone(item.get("key"))
        subscribed = str(item.get("status", "")).upper() == "SUBSCRIBED"
        if subscribed and number is not None and ("phone", number) in draft.base.identities:
            _remember(draft.addresses, Address("whatsapp", number, event.at))


def _is_news(value: str, at: datetime, held: str | None, held_at: datetime | None) -> bool:
    """Whether something last seen is to be replaced: the newest stays, and of two at one instant the same one."""
    return held is None or held_at is None or (at, value) > (held_at, held)
