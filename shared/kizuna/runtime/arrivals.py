"""Notes that a source spoke, at most once a minute a function instance, and never at the cost of its events."""

from __future__ import annotations

from datetime import datetime

from kizuna.core.errors import KizunaError
from kizuna.runtime.observability import logger, metrics, safe
from kizuna.runtime.wiring import Services


def note_arrivals(wired: Services, source: str, count: int, *, now: datetime) -> None:
    """Count events of a source that declares a cadence; of any other nothing is written."""
    if not count:
        return
    definition = wired.catalog.current().sources.get(source)
    if definition is None or definition.cadence is None:
        return
    due = wired.tally.add(source, count, now=now)
    if not due:
        return
    try:
        wired.arrivals.note(source, due, at=now)
    except KizunaError as error:  # the events are stored; only the watch over their source is behind
        logger.warning("arrivals not noted", extra={"error": safe(error)})
        metrics.add_metric("ArrivalsNotNoted", unit="Count", value=1)
