"""The daily check of the way out, end to end: join, be allowed, leave by the public link, be withheld.

    joined     a consent with proof is recorded for the canary
    allowed    a message of the campaign is decided, and the gate allows it
    left       the unsubscribe link of that message is posted over the network, as a mailbox provider does
    withheld   the next message is decided, and withheld because of that opt-out and nothing else

Killed at any point it leaves a message to a simulator, or an opt-out of somebody who does not exist; the next run
begins anew, with a consent that is later than whatever was left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from kizuna.core import feedback
from kizuna.core.canary import Canary, Flight, canary_id, mailbox_of
from kizuna.core.catalog import Catalog
from kizuna.core.decide import Decided, Occasion, decide
from kizuna.core.durations import instant_to_text
from kizuna.core.events import Event
from kizuna.core.ids import address_id, digest
from kizuna.core.links import LinkKeys, Unsubscribe, issue, link_url
from kizuna.core.messages import Message, State
from kizuna.core.people import Profile
from kizuna.core.ports import Ledger, Messages, NewMessage, People
from kizuna.core.reasons import Reason
from kizuna.core.restraint.caps import Heard
from kizuna.core.restraint.pressure import NOTHING
from kizuna.usecases.decisions.deciding import standing_ledger
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.own_side.front_desk import LINK

ONE_CLICK = b"List-Unsubscribe=One-Click"


class FlightLog(Protocol):
    """How the last check ended."""

    def last_flight(self) -> Flight | None: ...

    def note_flight(self, flight: Flight) -> None:
        """Keep it instead of the one before. A crash before leaves that one, whose age tells."""
        ...


@dataclass(frozen=True, slots=True)
class Aviary:
    """The ports of the check. `post(url, form)` is one POST over the network: its status, 0 where none came."""

    people: People
    ledger: Ledger
    messages: Messages
    log: FlightLog
    link_keys: Callable[[], LinkKeys]
    base_url: str
    randomness: Callable[[int], bytes]
    post: Callable[[str, bytes], int]
    now: Callable[[], datetime]


def fly(on: Aviary, catalog: Catalog) -> Flight | None:
    """Run the check and note how it ended; None where the workspace has no canary.

    Whatever it dies of is an end too: what breaks here may break for whoever wants to leave.
    """
    canary = catalog.policy.canary
    if canary is None:
        return None
    try:
        flight = _flown(canary, on, catalog)
    except Exception as error:  # told in the flight: an alarm asks for one each day
        flight = Flight(on.now(), "check", type(error).__name__)
    on.log.note_flight(flight)
    return flight


def _flown(canary: Canary, on: Aviary, catalog: Catalog) -> Flight:
    began = on.now()
    joined = _joined(canary, on, catalog, began)
    if joined is None:
        return Flight(began, "joined", "not stored")
    first = _decided(joined, canary, "before", on, catalog)
    if first.message.state is not State.PENDING:
        return Flight(on.now(), "allowed", first.message.reason)
    status = on.post(_way_out(first.message, on), ONE_CLICK)
    if status != 200:
        return Flight(on.now(), "left", str(status))
    again = on.people.profiles([joined.id]).get(joined.id)
    if again is None:
        return Flight(on.now(), "withheld", "gone")
    second = _decided(again, canary, "after", on, catalog)
    if second.message.reason != str(Reason.TOPIC_OPT_OUT):
        return Flight(on.now(), "withheld", second.message.reason)
    return Flight(on.now())


def _joined(canary: Canary, on: Aviary, catalog: Catalog, now: datetime) -> Profile | None:
    """The canary of this month with a fresh consent."""
    person, topic = canary_id(now), catalog.campaigns[canary.campaign].topic
    mailbox = mailbox_of(canary, now).lower()
    about = Event(
        type="identify",
        id="canary-" + digest("canary", instant_to_text(now), length=16),
        source=LINK,
        at=now,
        received_at=now,
        user_id=person,
        traits={"email": mailbox, "country": "GB"},
    )
    asked = replace(
        about,
        type="track",
        id=f"{about.id}-joins",
        name=feedback.SUBSCRIBED,
        traits={},
        properties={
            "topic": topic,
            "address_id": address_id("email", mailbox),
            "wording_version": "canary",
        },
    )
    done = ingest(
        [about, asked],
        people=on.people,
        ledger=on.ledger,
        catalog=catalog,
        now=now,
        new_id=lambda: person,
    )
    if done.counted + done.repeats < 2:
        return None
    return on.people.profiles([person]).get(person)


def _decided(profile: Profile, canary: Canary, step: str, on: Aviary, catalog: Catalog) -> Decided:
    """One message of the campaign, decided and stored as any other is; caps are left out, for it comes every day."""
    campaign, now = catalog.campaigns[canary.campaign], on.now()
    mailbox = next((held for held in profile.addresses.values() if held.channel == "email"), None)
    occasion = Occasion(
        campaign,
        catalog.version_of("campaign", campaign.id),
        f"canary-{instant_to_text(now)}",
        step,
        to=mailbox,
        channel="email",
    )
    ledger = standing_ledger(profile, mailbox, on.ledger)
    decided = decide(profile, occasion, ledger=ledger, heard=Heard(NOTHING), catalog=catalog, now=now)
    on.messages.create(NewMessage(decided.message, None, profile.parts))
    return decided


def _way_out(message: Message, on: Aviary) -> str:
    """The link as the mail has it."""
    scope = Unsubscribe(topic=message.topic, channel=message.channel)
    token = issue(
        send_ref=message.id,
        scope=scope,
        issued_at=message.created_at,
        nonce=on.randomness(16),
        keys=on.link_keys(),
    )
    return link_url(on.base_url, token, scope)
