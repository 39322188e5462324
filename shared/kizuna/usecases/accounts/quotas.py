"""What the account may send, read once an hour and kept: the last known value stands until a newer one is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Literal

from kizuna.core.accounts import EmailQuota, Quota, Reading, per_second_of, warnings_of
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import Unavailable
from kizuna.core.ports.accounts import AccountNotes, ProviderAccount

FRESH_FOR = timedelta(minutes=1)


def read_quotas(
    account: ProviderAccount,
    notes: AccountNotes,
    *,
    channels: Iterable[Literal["email", "sms"]],
    now: datetime,
) -> tuple[Reading, ...]:
    """Read what the providers allow and note it; where one cannot be asked, note that. Raises Unavailable where the
    note itself cannot be made: what was noted before stands."""
    known = notes.readings()
    found = tuple(_read(channel, account, known, now=now) for channel in channels)
    for reading in found:
        notes.note_reading(reading)
    return found


def _read(
    channel: Literal["email", "sms"], account: ProviderAccount, known: Mapping[str, Reading], *, now: datetime
) -> Reading:
    last = known.get(channel) or Reading(channel, now)
    try:
        quota: Quota = account.email() if channel == "email" else account.texts()
    except Unavailable as error:
        return last.missed(str(error), now)
    return last.read(quota, now)


class KnownQuotas:
    """The pace that the provider allows on each channel, as last noted: what a sender asks before each message.

    Looked up once a minute. Where the note cannot be read, what was known before goes on being known.
    """

    def __init__(self, notes: AccountNotes, *, clock: Callable[[], datetime]) -> None:
        self._notes = notes
        self._clock = clock
        self._known: Mapping[str, Reading] = {}
        self._looked_at: datetime | None = None

    def per_second(self, channel: str) -> float | None:
        now = self._clock()
        if self._looked_at is None or now - self._looked_at >= FRESH_FOR:
            self._looked_at = now
            with suppress(Unavailable):  # the last known stands; a pace that is a minute older harms nobody
                self._known = self._notes.readings()
        return per_second_of(self._known.get(channel))


def reading_body(reading: Reading, *, now: datetime) -> dict[str, Any]:
    """As plain values, with how old they are and what somebody should look at."""
    age = reading.age(now)
    quota = reading.quota
    return {
        "channel": reading.channel,
        "readAt": instant_to_text(reading.at) if reading.at else None,
        "ageSeconds": None if age is None else int(age.total_seconds()),
        "failed": reading.failed,
        "warnings": list(warnings_of(reading, now)),
        "quota": None if quota is None else asdict(quota),
        "dayUsed": round(quota.sent / quota.per_day, 4)
        if isinstance(quota, EmailQuota) and quota.per_day > 0
        else None,
    }
