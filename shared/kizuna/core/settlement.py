"""What a provider's answer to the one call makes of a message (`delivery.md` 4)."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from kizuna.core.durations import instant_to_text
from kizuna.core.messages import (
    IN_DOUBT_SINCE,
    Accepted,
    By,
    Message,
    NotAccepted,
    Outcome,
    Rejected,
    State,
    Unclear,
    move,
)
from kizuna.core.reasons import OtherReason
from kizuna.core.unconfirmed import lost_sight_of


def settled(message: Message, outcome: Outcome, *, now: datetime) -> Message:
    """A claimed message after the answer. What a provider puts off waits in its row: no queue message is used up."""
    match outcome:
        case Accepted(provider_id=provider_id):
            return move(
                message,
                State.SENT,
                now=now,
                reason=message.reason,
                by=By.ANSWER,
                provider_id=provider_id,
                lease_until=None,
            )
        case NotAccepted(reason=reason, retry_after=after, in_doubt=in_doubt):
            doubt = {IN_DOUBT_SINCE: instant_to_text(now)} if in_doubt else {}
            return move(
                message,
                State.PENDING,
                now=now,
                reason=reason,
                by=By.ANSWER,
                note=reason,
                not_before=now + after,
                throttled=message.throttled + 1,
                decision={**doubt, **message.decision},
                owner="",
                lease_until=None,
            )
        case Rejected(reason=reason):
            told = {"address_dead": outcome.address_dead, "opted_out": outcome.opted_out}
            account = {"account": True} if outcome.account else {}
            return move(
                message,
                State.FAILED,
                now=now,
                reason=str(OtherReason.PROVIDER_REJECTED),
                by=By.ANSWER,
                note=reason,
                decision={**message.decision, "provider": reason, **told, **account},
                lease_until=None,
            )
        case Unclear(reason=reason):
            decision = {**message.decision, "provider": reason}
            return lost_sight_of(message, now=now, by=By.ANSWER, note=reason, decision=decision)
        case _:
            assert_never(outcome)
