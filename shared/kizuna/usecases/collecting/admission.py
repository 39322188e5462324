"""Which events of a batch the tracking plan lets in; what is kept out is reported, and replayed after a fix.

What the plan only warns of is let in, and reported by the fold that counts it: once, however often it comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kizuna.core.events import Event, SourceKind, Violation
from kizuna.core.identity import identifiers
from kizuna.core.ids import digest
from kizuna.core.quality.tracking_plan import Breach, TrackingPlan, gravest
from kizuna.usecases.identity.resolving import refused


def admitted(events: Sequence[Event], plan: TrackingPlan) -> tuple[Sequence[Event], tuple[Violation, ...]]:
    """The events to count, and a violation for each breach of the others.

    Nothing is stored here: a crash leaves the events where they came from. A client is answered 200 all the same,
    because no SDK can use the failure of a part, and a retry would break the same rule again.
    """
    if plan.is_empty:
        return events, ()
    let_in: list[Event] = []
    violations: list[Violation] = []
    for event in events:
        breaches = plan.judge(event)
        if gravest(breaches) in ("accept", "warn"):
            let_in.append(event)
            continue
        violations += _told(event, breaches)
        objections = _objections(event)
        if objections is not None:
            let_in.append(objections)
    return let_in, tuple(violations)


def _told(event: Event, breaches: Sequence[Breach]) -> list[Violation]:
    """One violation for each breach; only the first of a quarantined event carries it, so it is replayed once."""
    kept = gravest(breaches) == "quarantine"
    return [
        replace(told, raw=told.raw if kept and number == 0 else "")
        for number, breach in enumerate(breaches)
        for told in (refused(event, *breach.told),)
    ]


def _objections(event: Event) -> Event | None:
    """What the event says against being written to or tracked, as an event that says nothing else.

    A flaw in the rest of a call is no reason to overhear a No. The replay of the whole changes nothing about it:
    only a change of consent is recorded.
    """
    context = _against(event.context)
    if not context:
        return None
    return replace(
        event,
        type="identify",
        id="objections-" + digest("objections", event.id),
        name="",
        group_id=None,
        previous_id=None,
        identities=_named(event),
        traits=_told_unproven(event),
        properties={},
        extra={},
        context=_with_names(context, event.context),
        triggers=False,
    )


def _named(event: Event) -> tuple[tuple[str, str], ...]:
    """Whose No it is: what the event would have found its person by. Of a page's word that is its ids alone."""
    if event.source.kind is SourceKind.CLIENT:
        return ()
    told: dict[str, Any] = {}
    if event.type == "identify":
        region = event.traits.get("country")
        home = region if isinstance(region, str) else None
        told["email"] = event.traits.get("email")
        told["phone"] = identifiers.phone(event.traits.get("phone"), home)
    addresses = ((kind, value) for kind, value in told.items() if isinstance(value, str))
    return (*event.identities, *addresses)


def _told_unproven(event: Event) -> dict[str, Any]:
    """What says that an address is not proven, so that it is worth no more here than in the whole event."""
    names = (name for flags in identifiers.PROOF.values() for name in flags)
    return {name: False for name in names if event.type == "identify" and event.traits.get(name) is False}


def _with_names(against: dict[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    found = {**against}
    if "externalIds" in context:
        found["externalIds"] = context["externalIds"]
    device = context.get("device")
    if isinstance(device, Mapping):
        names = {name: device[name] for name in ("type", "id", "token", "shared") if name in device}
        found["device"] = {**names, **against.get("device", {})}
    return found


def _against(context: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if context.get("gpc") is True:
        found["gpc"] = True
    device = context.get("device")
    if isinstance(device, Mapping) and device.get("adTrackingEnabled") is False:
        found["device"] = {"adTrackingEnabled": False}
    consent = context.get("consent")
    preferences = consent.get("categoryPreferences") if isinstance(consent, Mapping) else None
    refusals = {name: said for name, said in _items(preferences) if said is False}
    if refusals:
        found["consent"] = {"categoryPreferences": refusals}
    subscriptions = context.get("messaging_subscriptions")
    left = [
        item
        for item in (subscriptions if isinstance(subscriptions, list) else ())
        if isinstance(item, Mapping) and str(item.get("status", "")).upper() == "UNSUBSCRIBED"
    ]
    if left:
        found["messaging_subscriptions"] = left
    return found


def _items(found: Any) -> Sequence[tuple[str, Any]]:
    return tuple(found.items()) if isinstance(found, Mapping) else ()
