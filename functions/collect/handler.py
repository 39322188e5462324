"""HTTP from client SDKs → events on golden records."""

from datetime import datetime

from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.runtime.entrypoints import http_handler
from kizuna.runtime.meanwhile import import_meanwhile
from kizuna.runtime.observability import logger, metrics
from kizuna.runtime.wiring import Services
from kizuna.usecases.collecting.last_known import LastKnown

INLINE_SECONDS = 2.0  # what is not begun by then goes to the queue and is answered 200 all the same
# What the first call, which reads the definitions, does not need. It waits for its connection and its reply anyway.
_AFTER_THE_FIRST_CALL = (
    "kizuna.core.catalog",
    "kizuna.usecases.collecting.collect",
    "kizuna.adapters.tables.people",
)


@http_handler
def handler(request: HttpRequest, wired: Services, now: datetime) -> HttpReply:
    is_over = wired.over_after(INLINE_SECONDS)
    known = LastKnown(wired.memory, wired.catalog, lambda: wired.keys, now=now)
    wait_for_imports = import_meanwhile(*_AFTER_THE_FIRST_CALL)
    catalog = known.current()
    wait_for_imports()
    from kizuna.runtime.arrivals import note_arrivals
    from kizuna.usecases.collecting.collect import Collector, collect
    from kizuna.usecases.ingesting.ingest import INLINE_BUDGET

    on = Collector(
        people=wired.people,
        ledger=wired.ledger,
        keys=known,
        queues=wired.queues,
        quarantine=wired.quarantine,
        identity_secret=wired.secrets.identity_secret,
        new_id=wired.new_profile_id,
        seconds_over=is_over,
        workers=wired.settings.workers,
        goes_inline=lambda: not known.is_out,
        limits=wired.throttle,
    )
    collected = collect(request, on, catalog, now=now)
    if known.is_out:
        logger.warning(
            "definitions or keys answered from memory", extra={"queued": len(collected.ingested.left_over)}
        )
        metrics.add_metric("AnsweredFromMemory", unit="Count", value=1)
    else:
        note_arrivals(wired, collected.source, collected.arrived, now=now)
    if collected.tokens_refused:
        logger.warning(
            "identity tokens refused", extra={"source": collected.source, "tokens": collected.tokens_refused}
        )
    if collected.reply.status == 429:
        metrics.add_metric("KeyOverItsRate", unit="Count", value=1)
    done = collected.ingested
    if done.left_over and done.cause != INLINE_BUDGET:
        logger.warning("events queued", extra={"events": len(done.left_over), "error": done.cause})
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
