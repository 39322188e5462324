"""HTTP from client SDKs → events on golden records."""

import time
from datetime import datetime

from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.runtime.entrypoints import http_handler
from kizuna.runtime.observability import metrics
from kizuna.runtime.wiring import Services
from kizuna.usecases.collect import Collector, collect

INLINE_SECONDS = 2.0  # what is not begun by then goes to the queue and is answered 200 all the same


@http_handler
def handler(request: HttpRequest, wired: Services, now: datetime) -> HttpReply:
    started = time.monotonic()
    on = Collector(
        people=wired.people,
        ledger=wired.ledger,
        keys=wired.keys,
        queues=wired.queues,
        quarantine=wired.quarantine,
        identity_secret=wired.secrets.identity_secret,
        new_id=wired.new_profile_id,
        seconds_over=lambda: time.monotonic() - started > INLINE_SECONDS,
        workers=wired.settings.workers,
    )
    collected = collect(request, on, wired.catalog.current(), now=now)
    done = collected.ingested
    for name, value in (
        ("EventsCounted", done.counted),
        ("EventsRepeated", done.repeats),
        ("EventsQueued", len(done.left_over)),
        ("Violations", len(done.violations)),
        ("ProfilesCreated", done.created),
        ("ProfilesMerged", done.merged),
    ):
        if value:
            metrics.add_metric(name, unit="Count", value=value)
    return collected.reply
