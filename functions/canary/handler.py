"""Once a day → the check of the way out: somebody who does not exist unsubscribes by the public link."""

from typing import Any

from kizuna.runtime.observability import logger, metrics
from kizuna.runtime.wiring import services
from kizuna.usecases.own_side.canary import Aviary, fly


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    wired = services()
    on = Aviary(
        people=wired.people,
        ledger=wired.ledger,
        messages=wired.messages,
        log=wired.flight_log,
        link_keys=wired.secrets.link_keys,
        base_url=wired.base_url,
        randomness=wired.randomness,
        post=wired.post,
        now=wired.now,
    )
    try:
        flight = fly(on, wired.catalog.current(fresh=True))
    except Exception:  # handed on below
        _count(1, wired.settings.stage)  # not even noted, so the alarm is all that tells of it
        raise
    if flight is None:
        return {"canary": None}
    if not flight.is_well:
        logger.error("the way out is broken", extra={"step": flight.failed_at, "seen": flight.seen})
    _count(0 if flight.is_well else 1, wired.settings.stage)
    return {"canary": "well" if flight.is_well else flight.failed_at}


def _count(broken: int, stage: str) -> None:
    metrics.add_metric("WayOutBroken", unit="Count", value=broken)
    metrics.add_dimension("stage", stage)  # an account may hold several
    metrics.flush_metrics()
