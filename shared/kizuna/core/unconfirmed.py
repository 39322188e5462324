"""Messages of which nobody knows whether they went out (`delivery.md` 5).

    no clear answer, or none ──▶ UNKNOWN ── a report within the hour, the day, or later ──▶ SENT · FAILED
                                    │ an hour without a report: transactional and mandatory ones are repeated, once
                                    └ a day without a report: UNKNOWN for good, as "unconfirmed"

Marketing is never repeated. UNKNOWN counts as heard: for the caps, and wherever else it matters.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from kizuna.core.durations import instant_to_text
from kizuna.core.messages import IN_DOUBT_SINCE, By, Message, State, move
from kizuna.core.reasons import OtherReason
from kizuna.core.repeats import repeat_of

REPORTED_WITHIN = timedelta(hours=1)  # what was accepted is reported within it
LAST_REPORTS = timedelta(hours=24)  # after this nobody expects a report any more
# Whoever receives on these drops a repeat by its key, so a call whose fate is unknown is simply made again: for so
# long after the first one. LINE forgets its keys after 24 hours.
KEYED_CHANNELS: Mapping[str, timedelta] = {
    "webhook": timedelta.max,
    "inbox": timedelta.max,
    "task": timedelta.max,
    "line": timedelta(hours=23),
}
REPEATED: frozenset[str] = frozenset({"transactional", "mandatory"})  # losing one is worse than repeating it


def lost_sight_of(
    message: Message, *, now: datetime, by: By, note: str = "", decision: Mapping[str, Any] | None = None
) -> Message:
    """A message that may or may not have gone out: UNKNOWN, and watched until a report says more.

    After a restore nothing is repeated: the report may have come before, and our table have forgotten it. Raises
    IllegalTransition for one that is in nobody's hands, or, `by` a restore, for one that had come to its end.
    """
    repeats = may_be_repeated(message) and by is not By.RESTORE
    return move(
        message,
        State.UNKNOWN,
        now=now,
        reason=str(OtherReason.UNKNOWN_OUTCOME),
        by=by,
        note=note,
        decision=message.decision if decision is None else decision,
        lease_until=None,
        not_before=None,
        unknown_since=now,
        watched_until=now + (REPORTED_WITHIN if repeats else LAST_REPORTS),
    )


def after_its_lease(message: Message, *, now: datetime) -> Message:
    """A message whose sender died between claim and answer."""
    if is_keyed(message, now=now):
        return move(
            message,
            State.PENDING,
            now=now,
            reason=message.reason,
            by=By.LEASE,
            owner="",
            lease_until=None,
            not_before=None,
            decision={IN_DOUBT_SINCE: instant_to_text(now), **message.decision},
        )
    return lost_sight_of(message, now=now, by=By.LEASE)


def is_keyed(message: Message, *, now: datetime) -> bool:
    """Whether its call may be made again without anybody hearing of it twice."""
    known_for = KEYED_CHANNELS.get(message.channel)
    first = next((line.at for line in message.evidence if line.state is State.SENDING), now)
    return known_for is not None and now - first < known_for


def may_be_repeated(message: Message) -> bool:
    """Whether a message is sent once more if its fate stays unknown. A repeat itself never is."""
    return message.category in REPEATED and not message.again_of


def watched_on(message: Message, *, now: datetime) -> Message:
    """An UNKNOWN message that no report has come for: watched to the end of the day, and then no longer."""
    since = message.unknown_since or message.changed_at
    is_over = now >= since + LAST_REPORTS
    return move(
        message,
        State.UNKNOWN,
        now=now,
        reason=str(OtherReason.UNCONFIRMED if is_over else OtherReason.UNKNOWN_OUTCOME),
        by=By.SWEEP,
        watched_until=None if is_over else since + LAST_REPORTS,
    )


def once_more(message: Message, *, now: datetime) -> Message:
    """The one repeat of a message of unknown fate, however often the watch ends. It is still to be judged."""
    return repeat_of(message, "again", now=now)
