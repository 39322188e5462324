"""A table that was restored from a backup has forgotten what was sent since: what was on its way becomes UNKNOWN.

The sparse index of what is due holds every message on its way, so nothing else has to be read. To be done before the
kill switch is lowered again, and after the erasures were replayed (`docs/runbook.md`).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from kizuna.core.messages import AFTER_A_RESTORE, CLOCK_SKEW, By, Message, State
from kizuna.core.ports import Messages, People
from kizuna.core.unconfirmed import lost_sight_of
from kizuna.topology import DUE_SHARDS

_EVER = datetime(9999, 1, 1, tzinfo=UTC)


def give_up_what_was_on_its_way(
    people: People,
    messages: Messages,
    *,
    restored_to: datetime,
    now: datetime,
    progress: Callable[[int], None] = lambda done: None,
) -> Mapping[State, int]:
    """Make UNKNOWN what may have been sent between the instant the table was restored to and now; how many, by state.

    What waits for a time that has not come cannot have been sent, and what was decided since the restore is known:
    both stay. Each write is guarded by the version of the message. Stopped in the middle it is simply done again:
    what is UNKNOWN is no longer on its way.
    """
    done: Counter[State] = Counter()
    for shard in range(DUE_SHARDS):
        for due in people.due(shard, now=_EVER, limit=sys.maxsize):
            message = messages.get(due.id) if due.kind == "message" else None
            if message is None or not _may_have_gone(message, restored_to=restored_to, now=now):
                continue
            lost = lost_sight_of(message, now=now, by=By.RESTORE)
            if messages.save(lost, expected=message.state_version):
                done[message.state] += 1
                progress(done.total())
    return done


def _may_have_gone(message: Message, *, restored_to: datetime, now: datetime) -> bool:
    was_there = message.changed_at <= restored_to + CLOCK_SKEW
    its_time_came = message.not_before is None or message.not_before <= now
    return message.state in AFTER_A_RESTORE and was_there and its_time_came
