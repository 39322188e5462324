"""What a ledger says about each address and topic, with the events that prove it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kizuna.core.consent import ConsentEvent, fold, permission
from kizuna.core.people import Address
from kizuna.core.policy import ConsentPolicy
from kizuna.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class ConsentWord:
    """The person's word on one topic at one address. `because` is the proof, the newest first.

    `unproven`: something was said, but it does not hold (`reason` tells why). `silent`: nothing was said.
    """

    channel: str
    address: str  # its id
    topic: str
    word: Literal["granted", "refused", "unproven", "silent"]
    reason: Reason | None
    because: tuple[ConsentEvent, ...]


def words_on(
    address: Address,
    *,
    topics: Iterable[str],
    ledger: Sequence[ConsentEvent],
    country: str | None,
    policy: ConsentPolicy,
    now: datetime,
) -> tuple[ConsentWord, ...]:
    """The word on each topic; a refusal goes before a permission. `ledger` holds what counts for the address."""
    standing = fold(ledger, now=now, policy=policy)
    everywhere = (*standing.do_not_contact, *standing.objections)
    stops = standing.stops if address.channel == "sms" else ()
    found = []
    for topic in topics:
        told = permission(
            standing,
            channel=address.channel,
            topic=topic,
            endpoint=address.id,
            country=country,
            now=now,
            policy=policy,
        )
        refusals: list[tuple[Reason, tuple[ConsentEvent, ...]]] = [
            (Reason.SMS_STOP, stops),
            (Reason.GLOBAL_SUPPRESSION if standing.do_not_contact else Reason.OBJECTION, everywhere),
            (Reason.CHANNEL_OPT_OUT, told.channel_opt_outs),
            (Reason.TOPIC_OPT_OUT, told.topic_opt_outs),
        ]
        place = (address.channel, address.id, topic)
        refused = next(((reason, events) for reason, events in refusals if events), None)
        if refused is not None:
            found.append(ConsentWord(*place, "refused", refused[0], _newest_first(refused[1])))
        elif told.valid:
            found.append(ConsentWord(*place, "granted", None, _newest_first(told.valid)))
        elif told.failure is not None:
            here = [
                one for one in standing.grants if one.endpoint == address.id and one.topic in (topic, "*")
            ]
            found.append(ConsentWord(*place, "unproven", told.failure, _newest_first(here)))
        else:
            found.append(ConsentWord(*place, "silent", None, ()))
    return tuple(found)


def _newest_first(events: Iterable[ConsentEvent]) -> tuple[ConsentEvent, ...]:
    return tuple(sorted(events, key=lambda event: (event.at, event.id), reverse=True))
