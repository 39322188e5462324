"""Decisions, stored: read the person, decide, write the message with its guards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType

from kizuna.core.addressing import chosen_address
from kizuna.core.campaigns import Campaign, OnSchedule
from kizuna.core.campaigns.arms import moves_the_gate
from kizuna.core.campaigns.assigning import assigned
from kizuna.core.catalog import Catalog
from kizuna.core.choosing import first_allowed, in_order
from kizuna.core.conditions import evaluate
from kizuna.core.consent import ConsentEvent
from kizuna.core.decide import Decided, Occasion, decide
from kizuna.core.decisions.ghosts import as_assigned
from kizuna.core.errors import AddressTaken, Conflict
from kizuna.core.experiments.definition import after_the_draw, fingerprint_of, is_drawn
from kizuna.core.experiments.standing import Standings
from kizuna.core.messages import State
from kizuna.core.people import Address, Profile
from kizuna.core.ports import Ledger, Messages, NewMessage, Pressed, Trials
from kizuna.core.reasons import OtherReason
from kizuna.core.restraint.caps import Heard, counts_addresses, counts_households
from kizuna.core.restraint.households import home_of
from kizuna.core.restraint.pressure import NOTHING, Pressure, united, until
from kizuna.core.segments import view_of
from kizuna.core.segments.suppressions import suppressed_by
from kizuna.usecases.campaigning.ranking import is_too_low

TRIES = 5
NOTHING_DECIDED: Standings = MappingProxyType({})  # of any experiment
FIRST_CHOICE = "first choice"  # the slot of a message that goes by the first channel that may


def decide_and_store(
    profile: Profile,
    occasion: Occasion,
    *,
    ledger: Ledger,
    messages: Messages,
    catalog: Catalog,
    now: datetime,
    standings: Standings = NOTHING_DECIDED,
) -> tuple[Decided, ...]:
    """Decide what a campaign says to one person and store it: one message, or one for each channel if it wants all.

    Holdout and arm are drawn here, unless the occasion brings them. With an experiment one slot holds whatever the
    arm: what was decided of it meanwhile (`standings`) brings nobody a second message on another arm's channel.

    Returns what was newly decided; doing it twice changes nothing, and a crash in between leaves channels that the
    next attempt decides. Raises Conflict when the person's pressure keeps changing; the caller's queue brings it
    again.
    """
    on = Decider(ledger, messages, catalog)
    tested = occasion.campaign.experiment is not None
    occasion = _assigned(profile, occasion, catalog, standings, now=now)
    campaign = occasion.campaign
    order = in_order(
        catalog.decidable(profile), campaign, now=occasion.since or now, rhythms=occasion.rhythms
    )
    if tested or (campaign.channels is not None and campaign.channels.choose != "all"):
        found = [decide_first(profile, occasion, order, on, slot=FIRST_CHOICE, now=now)]
    else:
        found = [decide_first(profile, occasion, (channel,), on, now=now) for channel in order]
    return tuple(each for each in found if each is not None)


def standings_for(campaign: Campaign, trials: Trials | None) -> Standings:
    """What is decided of a campaign's experiment by now; read only where there is one."""
    return NOTHING_DECIDED if trials is None or campaign.experiment is None else trials.current()


def _assigned(
    profile: Profile, occasion: Occasion, catalog: Catalog, standings: Standings, *, now: datetime
) -> Occasion:
    """The occasion with the arm and the holdout of its person; as it is where it brings them."""
    if occasion.variant or occasion.held_out:
        return occasion
    found = assigned(
        occasion.campaign, profile, holdouts=catalog.policy.holdout, standings=standings, now=now
    )
    return replace(occasion, campaign=found.campaign, variant=found.variant, held_out=found.held_out)


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
            withheld = occasion.withheld or why_not_meant(visible, this, on.catalog, now=now)
            withheld = withheld or (OtherReason.ALREADY_ADDRESSED if channel in taken else None)
            address = chosen_address(profile, channel)
            if withheld is None and pressure is None:
                pressure = pressure_on(profile, on.messages)
            heard = heard_at(profile, address, pressure or NOTHING, on.messages, on.catalog)
            asked = partial(
                decide,
                profile,
                this,
                ledger=standing_ledger(profile, address, on.ledger, own=own),
                heard=heard if withheld is None else Heard(NOTHING),
                catalog=on.catalog,
                now=now,
            )
            decided = asked(withheld=withheld)
            goes = decided.message.state in (State.PENDING, State.DEFERRED)
            if goes and is_too_low(decided.message, profile, on.catalog, on.messages, now=now):
                decided = asked(withheld=OtherReason.OUTRANKED)
            yield decided

    for _ in range(TRIES + len(order)):
        decided = first_allowed(decisions(), order=order) if len(order) > 1 else next(decisions())
        decided = as_assigned(decided, counted_once(decided, occasion, profile, on.messages))
        try:
            return decided if store(decided, profile, on, slot=slot) else None
        except AddressTaken:
            taken.add(decided.message.channel)
        except Conflict:
            continue
    raise Conflict(f"pressure of {profile.id}")


def counted_once(decided: Decided, occasion: Occasion, profile: Profile, messages: Messages) -> Occasion:
    """The occasion as the experiment counts it: of everything that somebody is told in it, in run after run, the
    first counts. A campaign that is told but once needs no note of that."""
    campaign, message = occasion.campaign, decided.message
    if not is_drawn(occasion.variant) or occasion.falls_back_from is not None:
        return occasion
    if isinstance(campaign.trigger, OnSchedule) and campaign.trigger.at is not None:
        return occasion
    if not (message.state in (State.PENDING, State.DEFERRED) or moves_the_gate(campaign)):
        return occasion
    experiment = f"{campaign.id}~{fingerprint_of(occasion.variant)}"
    if messages.first_of(profile.bucket_id, experiment, message.id):
        return occasion
    return replace(occasion, variant=after_the_draw(occasion.variant))


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
    """What person, address and household have heard of us lately."""
    return heard_at(profile, address, pressure_on(profile, messages), messages, catalog)


def heard_at(
    profile: Profile, address: Address | None, person: Pressure, messages: Messages, catalog: Catalog
) -> Heard:
    """The same for a person whose pressure was read before. Address and household are only looked at where some cap
    asks."""
    caps = catalog.counted_caps
    if address is None or not caps:
        return Heard(person)
    home = home_of(profile, catalog.policy.household) if counts_households(caps) else ""
    return Heard(
        person,
        messages.pressure_at(address.id) if counts_addresses(caps) else NOTHING,
        household=messages.pressure_at(home) if home else NOTHING,
        home=home,
    )


def pressed_by(person: str, address: str, heard: Heard | None, catalog: Catalog) -> Pressed | None:
    """What is to be stored of that with a message."""
    if heard is None:
        return None
    of_addresses = counts_addresses(catalog.counted_caps)
    return Pressed(
        person,
        heard.person,
        address,
        heard.address if of_addresses else None,
        home=heard.home,
        on_home=heard.household if heard.home else None,
    )


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
