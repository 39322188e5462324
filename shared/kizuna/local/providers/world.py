"""How the people at the other end behave: mailboxes that bounce, numbers that opted out.

The simulator addresses and numbers are those of the AWS documentation ("mailbox simulator" of SES,
"simulator phone numbers" of End User Messaging SMS). Any other recipient can be told to behave.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from kizuna.core.proofs.colleagues import FAILING_NUMBERS, SIMULATOR_HOST
from kizuna.local.providers.outbox import Channel

# Fictional numbers (555-01xx), of which these ten have said STOP to the sender.
OPTED_OUT = ("+1206555019",)


class Behaviour(StrEnum):
    """By e-mail and, where it makes sense, by SMS."""

    DELIVERS = "delivers"
    BOUNCES = "bounces"  # for good: no such mailbox, no such number
    SOFT_BOUNCES = "soft_bounces"  # for now: mailbox full, phone off
    COMPLAINS = "complains"  # delivered, then marked as spam
    AWAY = "away"  # delivered, then an automatic reply
    SUPPRESSED = "suppressed"  # on the provider's suppression list, or blocked by the carrier


_MAILBOXES = {
    "success": Behaviour.DELIVERS,
    "bounce": Behaviour.BOUNCES,
    "complaint": Behaviour.COMPLAINS,
    "ooto": Behaviour.AWAY,
    "suppressionlist": Behaviour.SUPPRESSED,
}


class World:
    """What recipients do. Reading is free of locks: behaviours are set before the messages go out."""

    def __init__(self, opted_out: Iterable[str] = OPTED_OUT) -> None:
        self._behaviours: dict[str, Behaviour] = {}
        self._opted_out = tuple(opted_out)
        self.suppressed: dict[str, tuple[str, datetime]] = {}  # SES's list: why, in its words, and since when
        self.opted_out_at: dict[str, datetime] = {}  # numbers of which it is known since when

    def behave(self, recipient: str, behaviour: Behaviour) -> None:
        """From now on this address or number answers messages so."""
        self._behaviours[recipient.lower()] = behaviour

    def opt_out(self, *prefixes: str) -> None:
        """Numbers that begin so are on the provider's own opt-out list: a text to them is refused."""
        self._opted_out += prefixes

    def list_number(self, number: str, at: datetime) -> None:
        """The number is on the opt-out list since then, and is told of when somebody asks for the list."""
        self.opted_out_at[number] = at
        self.opt_out(number)

    def has_opted_out(self, number: str) -> bool:
        return number.startswith(self._opted_out) if self._opted_out else False

    def behaviour_of(self, channel: Channel, recipient: str) -> Behaviour:
        told = self._behaviours.get(recipient.lower())
        if told is not None:
            return told
        if channel is Channel.EMAIL and recipient.lower() in self.suppressed:
            return Behaviour.SUPPRESSED
        if channel is Channel.EMAIL:
            return _mailbox(recipient)
        return Behaviour.SUPPRESSED if recipient in FAILING_NUMBERS else Behaviour.DELIVERS


def _mailbox(address: str) -> Behaviour:
    local, _, domain = address.lower().rpartition("@")
    if domain != SIMULATOR_HOST:
        return Behaviour.DELIVERS
    return _MAILBOXES.get(local.partition("+")[0], Behaviour.DELIVERS)
