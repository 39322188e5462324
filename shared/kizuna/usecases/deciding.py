"""Decisions, stored: read the person, decide, write the message with its guards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.choosing import first_allowed, in_order
from kizuna.core.conditions import evaluate
from kizuna.core.consent import ConsentEvent
from kizuna.core.decide import Decided, Occasion, chosen_address, decide
from kizuna.core.errors import AddressTaken, Conflict
from kizuna.core.people import Address, Profile
from kizuna.core.ports import Ledger, Messages, NewMessage, Pressed
from kizuna.core.reasons import OtherReason
from kizuna.core.restraint.caps import Heard, counts_addresses
from kizuna.core.restraint.pressure import NOTHING, Pressure, united, until
from kizuna.core.segments import view_of
from kizuna.core.segments.suppressions import suppressed_by

TRIES = 5
FIRST_CHOICE = "first choice"  # the slot of a message that goes by the first channel that may


def decide_and_store(
    profile: Profile,
    occasion: Occasion,
    *,
    ledger: Ledger,
    messages: Messages,
    catalog: Catalog,
    now: datetime,
) -> tuple[Decided, ...]:
    """Decide what a campaign says to one person and store it: one message, or one for each channel if it wants all.

    Returns what was newly decided; doing it twice changes nothing, and a crash in between leaves channels that the
    next attempt decides. Raises Conflict when the person's pressure keeps changing; the caller's queue brings it
    again.
    """
    on = Decider(ledger, messages, catalog)
    campaign = occasion.campaign
    order = in_order(catalog.decidable(profile), campaign)
    if campaign.channels is not None and campaign.channels.choose == "first":
        found = [decide_first(profile, occasion, order, on, slot=FIRST_CHOICE, now=now)]
    else:
        found = [decide_first(profile, occasion, (channel,), on, now=now) for channel in order]
    return tuple(each for each in found if each is not None)


@dataclass(frozen=True, slots=True)
class Decider:
    """What a decision is made with."""

    ledger: Ledger
    messages: Messages
    catalog: Catalog


def decide_first(
    profile: Profile,
    occasion: Occasion,
    order: Sequence[str],
    on: Decider,
    *,
    now: datetime,
    slot: str = "",
) -> Decided | None:
    """Decide one message on the first of these channels that the gate allows, and store it; None if that, or another
    in the same slot, had been decided before.
    """
    visible = on.catalog.decidable(profile)
    own = on.ledger.events(profile.parts)
    taken: set[str] = set()  # channels on which another message of the run goes to the same address

    def decisions() -> Iterator[Decided]:
        pressure: Pressure | None = None
        for channel in order:
            this = replace(occasion, channel=channel)
            withheld = why_not_meant(visible, this, on.catalog, now=now)
            withheld = withheld or (OtherReason.ALREADY_ADDRESSED if channel in taken else None)
            address = chosen_address(profile, channel)
            if withheld is None and pressure is None:
                pressure = pressure_on(profile, on.messages)
            heard = heard_at(address, pressure or NOTHING, on.messages, on.catalog)
            yield decide(
                profile,
                this,
                ledger=standing_ledger(profile, address, on.ledger, own=own),
                heard=heard if withheld is None else Heard(NOTHING),
                catalog=on.catalog,
                now=now,
                withheld=withheld,
            )

    for _ in range(TRIES + len(order)):
        decided = first_allowed(decisions(), order=order) if len(order) > 1 else next(decisions())
        try:
            return decided if store(decided, profile, on, slot=slot) else None
        except AddressTaken:
            taken.add(decided.message.channel)
        except Conflict:
            continue
    raise Conflict(f"pressure of {profile.id}")


def store(decided: Decided, profile: Profile, on: Decider, *, slot: str = "") -> bool:
    """Store a decision with its guards. False, AddressTaken and Conflict as `Messages.create` has them."""
    pressed = pressed_by(profile.id, decided.message.address_id, decided.heard, on.catalog)
    return on.messages.create(NewMessage(decided.message, pressed, profile.parts, slot))


def standing_ledger(
    profile: Profile,
    address: Address | None,
    ledger: Ledger,
    *,
    own: tuple[ConsentEvent, ...] | None = None,
) -> tuple[ConsentEvent, ...]:
    """What counts for a message to this address: the person's own consent events, and what is kept of the No of
    somebody who was erased and was reached there. A No that is kept holds for the address, whoever brings it.

    `own` are the person's events where they have been read already."""
    kept = ledger.suppressions(address.channel, address.value) if address else ()
    return (*(ledger.events(profile.parts) if own is None else own), *kept)


def heard_by(profile: Profile, address: Address | None, messages: Messages, catalog: Catalog) -> Heard:
    """What person and address have heard of us lately."""
    return heard_at(address, pressure_on(profile, messages), messages, catalog)


def heard_at(address: Address | None, person: Pressure, messages: Messages, catalog: Catalog) -> Heard:
    """The same for a person whose pressure was read before. The address is only looked at where some cap asks."""
    if address is None or not counts_addresses(catalog.policy.frequency_caps):
        return Heard(person)
    return Heard(person, messages.pressure_at(address.id))


def pressed_by(person: str, address: str, heard: Heard | None, catalog: Catalog) -> Pressed | None:
    """What is to be stored of that with a message."""
    if heard is None:
        return None
    of_addresses = counts_addresses(catalog.policy.frequency_caps)
    return Pressed(person, heard.person, address, heard.address if of_addresses else None)


def pressure_on(profile: Profile, messages: Messages) -> Pressure:
    """What a person has heard of us lately, under the ids of merged profiles too.

    What was sent while two were taken for one counts for both for good: nobody hears more because of that.
    """
    others = [messages.pressure(part) for part in profile.parts if part != profile.id]
    others += [until(messages.pressure(pair.other), pair.at) for pair in profile.apart]
    return united(messages.pressure(profile.id), others)


def why_not_meant(
    profile: Profile, occasion: Occasion, catalog: Catalog, *, now: datetime
) -> OtherReason | None:
    """Whether the person belongs to the audience at this moment; membership is read from the record itself.

    Suppression lists come last, whatever spoke for the message before.
    """
    campaign = occasion.campaign
    audience = campaign.audience
    if audience is not None:
        inside = any(segment in profile.segments for segment in audience.segments)
        excluded = any(segment in profile.segments for segment in audience.excluded)
        if not inside or excluded:
            return OtherReason.NOT_IN_AUDIENCE
    if campaign.when is not None and not evaluate(campaign.when, view_of(profile), now=now).matched:
        return OtherReason.NOT_IN_AUDIENCE
    lists = catalog.suppressions.values()
    if suppressed_by(profile, campaign, lists, channel=occasion.speaks_by, now=now) is not None:
        return OtherReason.SUPPRESSION_LIST
    return None
