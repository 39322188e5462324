"""How often one address, or one caller, may make us write to somebody: what strangers can set off needs a limit.

A form that mails a link can be pointed at anybody's mailbox. So each asking is remembered with its cause, and beyond
the limit nothing is sent, whoever asks and through whichever person on record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class AskingLimit:
    """At most `most` within `window`, and no two closer together than `gap`."""

    gap: timedelta
    most: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for lately under one key, oldest first; guarded by its own version."""

    version: int = 0
    askings: tuple[tuple[str, datetime], ...] = ()  # cause and instant


NOTHING_ASKED = Asked()

# What people may set off themselves: the mailed link to their own page, and how often one caller may ask for such.
VISIT_LIMIT = AskingLimit(gap=timedelta(minutes=3), most=5, window=timedelta(days=1))
CALLER_LIMIT = AskingLimit(gap=timedelta(0), most=20, window=timedelta(hours=1))
HELP_LIMIT = AskingLimit(gap=timedelta(minutes=5), most=5, window=timedelta(days=1))


def is_known(asked: Asked, cause: str) -> bool:
    """Whether this very asking was let pass before: a repeat after a crash, which is let pass again."""
    return any(known == cause for known, _ in asked.askings)


def after_asking(asked: Asked, cause: str, limit: AskingLimit, *, now: datetime) -> Asked | None:
    """What is remembered with one more asking; None where it is one too many. What left the window is forgotten."""
    lately = tuple(each for each in asked.askings if each[1] > now - limit.window)
    too_close = bool(lately) and now - max(at for _, at in lately) < limit.gap
    if too_close or len(lately) >= limit.most:
        return None
    return Asked(asked.version + 1, (*lately, (cause, now)))
