"""What a provider will not send to any more becomes known here, before a message is lost on it.

The other way round needs nothing: what our own mail meets, SES puts on its list by itself, and tells us by an event.
What this brings are addresses that bounced or complained elsewhere in the same account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from kizuna.core import feedback
from kizuna.core.catalog import Catalog
from kizuna.core.durations import epoch_millis
from kizuna.core.errors import Unavailable
from kizuna.core.events import Event
from kizuna.core.identity import identifiers
from kizuna.core.ids import address_id, digest
from kizuna.core.people import AddressStatus, Profile
from kizuna.core.ports import Ledger, People
from kizuna.core.ports.suppressed import Suppressed
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.outcomes.feedback import PROVIDER


@dataclass(frozen=True, slots=True)
class Mirrored:
    """How many addresses were on the list, how many of them somebody here is reached by, and how many were news."""

    listed: int = 0
    known: int = 0
    changed: int = 0

    def __add__(self, other: Mirrored) -> Mirrored:
        return Mirrored(self.listed + other.listed, self.known + other.known, self.changed + other.changed)


def mirror(
    found: Iterable[Suppressed],
    *,
    people: People,
    ledger: Ledger,
    catalog: Catalog,
    now: datetime,
    new_id: Callable[[], str],
    progress: Callable[[Mirrored], None] = lambda done: None,
) -> Mirrored:
    """Tell of each address to everybody who is reached by it, by an event that counts once.

    Stopped in the middle it is done again from the start. Raises Unavailable when it could not be stored.
    """
    done = Mirrored()
    for one in found:
        value = identifiers.email(one.address) or ""
        holders = people.holders(address_id("email", value)) if value else {}
        unaware = [person for person, profile in holders.items() if _is_usable(profile, value)]
        if unaware:
            told = _told(one, value, unaware[0], now)
            # Whose doing it was nobody knows where several share a mailbox: it is the mailbox's then.
            events = [told] if len(holders) == 1 else feedback.for_others(told, unaware)
            stored = ingest(events, people=people, ledger=ledger, catalog=catalog, now=now, new_id=new_id)
            if stored.left_over:
                raise Unavailable(f"suppression list: {stored.cause}")
        done += Mirrored(1, bool(holders), bool(unaware))
        progress(done)
    return done


def _is_usable(profile: Profile, value: str) -> bool:
    return profile.addresses["email", value].status is AddressStatus.OK


def _told(one: Suppressed, value: str, person: str, now: datetime) -> Event:
    is_complaint = one.because == "complaint"
    return Event(
        type="track",
        id=digest("suppressed", value, one.because, str(epoch_millis(one.at))),
        source=PROVIDER,
        at=min(one.at, now),
        received_at=now,
        name=feedback.EMAIL_COMPLAINED if is_complaint else feedback.EMAIL_BOUNCED,
        properties={
            "address_id": address_id("email", value),
            "reason": "account_suppression_list",
            **({} if is_complaint else {"hard": True}),
        },
        profile_id=person,
    )
