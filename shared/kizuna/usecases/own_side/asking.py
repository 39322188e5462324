"""Whether an asking may set us writing, remembered before anything is written."""

from __future__ import annotations

from datetime import datetime

from kizuna.core.errors import Conflict
from kizuna.core.ports import Askings
from kizuna.core.restraint.asked import AskingLimit, after_asking, is_known

TRIES = 5


def may_ask(askings: Askings, key: str, cause: str, limit: AskingLimit, *, now: datetime) -> bool:
    """Whether this asking is within the limit of its key; the same cause again gets the same leave.

    Raises Conflict where others keep asking under the same key, Unavailable where the store refuses.
    """
    for _ in range(TRIES):
        asked = askings.asked(key)
        if is_known(asked, cause):
            return True
        after = after_asking(asked, cause, limit, now=now)
        if after is None:
            return False
        try:
            askings.remember(key, after, until=now + limit.window)
        except Conflict:
            continue
        return True
    raise Conflict("what was asked for lately")
