"""When a webhook that was not taken is tried again: ten tries over three days (Standard Webhooks, "Retries")."""

from __future__ import annotations

from datetime import datetime, timedelta

_PAUSES = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)  # seconds before each try
TRIES_AT = tuple(timedelta(seconds=sum(_PAUSES[: number + 1])) for number in range(len(_PAUSES)))
LONGEST_ASKED = timedelta(hours=1)  # a receiver may ask for patience, but not for a day
_JITTER = 0.1


def next_try(
    created_at: datetime, *, now: datetime, jitter: float, asked: timedelta | None = None
) -> timedelta | None:
    """How long to wait before the next try; None if the last one is over.

    It goes by the age of the message, so what was held up meanwhile is not tried more often afterwards. `jitter`
    in [0, 1) spreads what failed together over a tenth of the wait. `asked` is the receiver's own Retry-After.
    """
    age = now - created_at
    ahead = next((at - age for at in TRIES_AT if at > age), None)
    if ahead is None:
        return None
    wanted = min(asked, LONGEST_ASKED) if asked is not None else timedelta(0)
    return max(ahead, wanted) * (1 + _JITTER * jitter)
