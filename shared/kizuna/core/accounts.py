"""What the providers say of our own account: how fast it may send, how much, and how far their lists were read.

What was read last stays in force until something newer is read, whatever its age: it is shown with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

ListName = Literal["suppressed", "opted_out", "told"]
OVERLAP = timedelta(hours=1)  # providers' lists are not sorted to the second, and our clocks differ
OLD = timedelta(hours=6)  # a quota not read for so long is worth a look
NEARLY = 0.9  # of what a day or a month allows


@dataclass(frozen=True, slots=True)
class EmailQuota:
    """`GetAccount` of SES: of this account in this region."""

    per_second: float
    per_day: float
    sent: float  # within the last 24 hours
    sending: bool = True  # False: SES has paused it
    production: bool = True  # False: in the sandbox, so only verified addresses are written to
    health: str = "HEALTHY"


@dataclass(frozen=True, slots=True)
class TextQuota:
    """`DescribeSpendLimits` and `DescribeAccountAttributes` of End User Messaging SMS, in US dollars a month."""

    spend_limit: float | None = None  # what is enforced: behind it no text goes out
    most: float | None = None  # up to which it may be raised without asking AWS
    tier: str = ""  # PRODUCTION, or SANDBOX


Quota = EmailQuota | TextQuota


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of one channel. `at` is when `quota` was read; `failed` why the last try brought nothing."""

    channel: Literal["email", "sms"]
    tried_at: datetime
    quota: Quota | None = None
    at: datetime | None = None
    failed: str = ""

    def age(self, now: datetime) -> timedelta | None:
        """How old the quota is; None where none was ever read."""
        return None if self.at is None else now - self.at

    def is_old(self, now: datetime) -> bool:
        """Whether what is known is too old to be relied on without a look."""
        age = self.age(now)
        return age is None or age > OLD

    def read(self, quota: Quota, now: datetime) -> Reading:
        return replace(self, tried_at=now, quota=quota, at=now, failed="")

    def missed(self, why: str, now: datetime) -> Reading:
        """The last known value, and that it could not be read anew."""
        return replace(self, tried_at=now, failed=why)


def per_second_of(reading: Reading | None) -> float | None:
    """How many messages a second the provider takes, as last read; None where it was never told."""
    quota = reading.quota if reading else None
    return quota.per_second if isinstance(quota, EmailQuota) and quota.per_second > 0 else None


def pace(asked: float | None, allowed: float | None) -> float | None:
    """The slower of what the policy asks and the provider allows; None: as fast as workers can."""
    told = [rate for rate in (asked, allowed) if rate is not None]
    return min(told, default=None)


def warnings_of(reading: Reading, now: datetime) -> tuple[str, ...]:
    """What somebody should look at, as codes."""
    found = ["quota_not_read"] if reading.is_old(now) else []
    match reading.quota:
        case EmailQuota() as mail:
            found += ["sending_paused"] * (not mail.sending) + ["sandbox"] * (not mail.production)
            found += ["under_review"] * (mail.health != "HEALTHY")
            found += ["day_nearly_used"] * (0 < mail.per_day * NEARLY <= mail.sent)
        case TextQuota() as texts:
            found += ["sandbox"] * (texts.tier == "SANDBOX")
        case None:
            pass
    return tuple(found)


# ── lists ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a list was read, or told. A round goes from `since` on, page by page (`page`); `newest` is what it
    has met so far. `began` is when the round did; what the next one asks for begins a little before."""

    list: ListName
    since: datetime | None = None
    page: str = ""
    newest: datetime | None = None
    began: datetime | None = None
    ended: datetime | None = None

    @property
    def is_under_way(self) -> bool:
        return self.began is not None

    def begun(self, now: datetime) -> Checkpoint:
        return self if self.is_under_way else replace(self, began=now, page="", newest=self.since)

    def after_page(self, following: str, newest: datetime | None) -> Checkpoint:
        """One page further."""
        known = [at for at in (self.newest, newest) if at is not None]
        return replace(self, page=following, newest=max(known, default=None))

    def done(self, now: datetime) -> Checkpoint:
        """The round is over: the next asks for what came since the newest that this one met."""
        since = self.newest - OVERLAP if self.newest else self.since
        return replace(self, since=since, page="", newest=None, began=None, ended=now)

    def over_again(self) -> Checkpoint:
        """The provider does not know the page any more: the round begins anew."""
        return replace(self, page="")
