"""One decision, stored: read the person, decide, write the message with its guards."""

from __future__ import annotations

from datetime import datetime

from kizuna.core.catalog import Catalog
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


def decide_and_store(
    profile: Profile,
    occasion: Occasion,
    *,
    ledger: Ledger,
    messages: Messages,
    catalog: Catalog,
    now: datetime,
) -> Decided | None:
    """Decide one message and store it. None if it had been decided before: doing it twice changes nothing.

    Raises Conflict when the person's pressure keeps changing; the caller's queue brings it again.
    """
    withheld = why_not_meant(catalog.decidable(profile), occasion, catalog, now=now)
    address = chosen_address(profile, occasion.campaign.channel)
    consents = standing_ledger(profile, address, ledger)
    for _ in range(TRIES):
        heard = heard_by(profile, address, messages, catalog) if withheld is None else Heard(NOTHING)
        decided = decide(
            profile,
            occasion,
            ledger=consents,
            heard=heard,
            catalog=catalog,
            now=now,
            withheld=withheld,
        )
        try:
            pressed = pressed_by(profile.id, decided.message.address_id, decided.heard, catalog)
            stored = messages.create(NewMessage(decided.message, pressed, profile.parts))
        except AddressTaken:
            withheld = OtherReason.ALREADY_ADDRESSED
            continue
        except Conflict:
            continue
        return decided if stored else None
    raise Conflict(f"pressure of {profile.id}")


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
    if suppressed_by(profile, campaign, catalog.suppressions.values(), now=now) is not None:
        return OtherReason.SUPPRESSION_LIST
    return None
