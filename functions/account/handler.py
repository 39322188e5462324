"""Every hour → what the providers say of our account: quotas, and the lists of those whom they send nothing to."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from kizuna.core.accounts import EmailQuota, warnings_of
from kizuna.core.catalog import Catalog
from kizuna.core.errors import Unavailable
from kizuna.runtime.observability import logger, metrics, safe
from kizuna.runtime.wiring import Services, services
from kizuna.topology import Function, function
from kizuna.usecases.accounts.quotas import read_quotas
from kizuna.usecases.accounts.reading import Mirror, read_opted_out, read_suppressed
from kizuna.usecases.accounts.telling import Teller, tell_suppressed

_SECONDS = function(Function.ACCOUNT).timeout * 0.6  # a page that is begun then still comes to its end


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Each part by itself: one provider that says nothing keeps no other from being heard."""
    wired = services()
    is_over = wired.over_after(_SECONDS)
    catalog, now = wired.catalog.current(), wired.now()
    texts = bool(wired.settings.sms_opt_out_list)
    told: dict[str, Any] = {"quotas": _quotas(wired, texts, now)}
    mirror = Mirror(
        wired.provider_account, wired.accounts, wired.people, wired.ledger, wired.new_profile_id, is_over
    )
    parts: Mapping[str, Callable[[], int]] = {
        "suppressed": lambda: read_suppressed(mirror, catalog, now=now).changed,
        **({"optedOut": lambda: read_opted_out(mirror, catalog, now=now).changed} if texts else {}),
        "told": lambda: _told(wired, catalog, now, is_over),
    }
    for name, part in parts.items():
        try:
            told[name] = part()
        except Unavailable as error:
            told[name] = None
            logger.warning("list not mirrored", extra={"list": name, "error": safe(error)})
    metrics.add_metric("ListsNotMirrored", unit="Count", value=sum(told[name] is None for name in parts))
    metrics.add_dimension("stage", wired.settings.stage)  # an account may hold several
    metrics.flush_metrics()
    return told


def _told(wired: Services, catalog: Catalog, now: datetime, is_over: Callable[[], bool]) -> int:
    teller = Teller(wired.provider_account, wired.accounts, wired.people, wired.rest, is_over)
    return tell_suppressed(teller, catalog, now=now)


def _quotas(wired: Services, texts: bool, now: datetime) -> dict[str, list[str]]:
    """What is to be looked at, by channel; and as figures, for alarms."""
    readings = read_quotas(
        wired.provider_account, wired.accounts, channels=("email", "sms") if texts else ("email",), now=now
    )
    found: dict[str, list[str]] = {reading.channel: list(warnings_of(reading, now)) for reading in readings}
    metrics.add_metric("AccountWarnings", unit="Count", value=sum(map(len, found.values())))
    for reading in readings:
        age = reading.age(now)
        if reading.channel == "email" and age is not None:
            metrics.add_metric("EmailQuotaAge", unit="Seconds", value=age.total_seconds())
        if isinstance(reading.quota, EmailQuota) and reading.quota.per_day > 0:
            used = reading.quota.sent / reading.quota.per_day
            metrics.add_metric("EmailDayUsed", unit="None", value=used)
    return found
