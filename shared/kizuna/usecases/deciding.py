"""One decision, stored: read the person, decide, write the message with its guards."""

from __future__ import annotations

from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.conditions import evaluate
from kizuna.core.consent import ConsentEvent
from kizuna.core.decide import Decided, Occasion, chosen_address, decide
from kizuna.core.engagement import Pressure, united, until
from kizuna.core.errors import AddressTaken, Conflict
from kizuna.core.people import Address, Profile
from kizuna.core.ports import Ledger, Messages, NewMessage
from kizuna.core.reasons import OtherReason
from kizuna.core.segments import view_of

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
    withheld = why_not_meant(catalog.decidable(profile), occasion, now=now)
    consents = standing_ledger(profile, chosen_address(profile, occasion.campaign.channel), ledger)
    for _ in range(TRIES):
        pressure = pressure_on(profile, messages) if withheld is None else Pressure()
        decided = decide(
            profile,
            occasion,
            ledger=consents,
            pressure=pressure,
            catalog=catalog,
            now=now,
            withheld=withheld,
        )
        try:
            stored = messages.create(NewMessage(decided.message, decided.pressure, profile.parts))
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


def pressure_on(profile: Profile, messages: Messages) -> Pressure:
    """What a person has heard of us lately, under the ids of merged profiles too.

    What was sent while two were taken for one counts for both for good: nobody hears more because of that.
    """
    others = [messages.pressure(part) for part in profile.parts if part != profile.id]
    others += [until(messages.pressure(pair.other), pair.at) for pair in profile.apart]
    return united(messages.pressure(profile.id), others)


def why_not_meant(profile: Profile, occasion: Occasion, *, now: datetime) -> OtherReason | None:
    """Whether the person belongs to the audience at this moment; membership is read from the record itself."""
    campaign = occasion.campaign
    audience = campaign.audience
    if audience is not None:
        inside = any(segment in profile.segments for segment in audience.segments)
        excluded = any(segment in profile.segments for segment in audience.excluded)
        if not inside or excluded:
            return OtherReason.NOT_IN_AUDIENCE
    if campaign.when is not None and not evaluate(campaign.when, view_of(profile), now=now).matched:
        return OtherReason.NOT_IN_AUDIENCE
    return None
