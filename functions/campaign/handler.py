"""Scheduler → one run of a campaign, or of RFM; or people who enter a journey."""

from typing import Any

from pydantic import TypeAdapter

from kizuna.core.contracts import StartJourneyRuns, StartRfm, StartRun
from kizuna.core.ports import RunState
from kizuna.runtime.observability import logger, metrics
from kizuna.runtime.wiring import Services, services
from kizuna.usecases.campaigning.launching import Planner, Waiting, start_run

_START: TypeAdapter[StartRun | StartRfm | StartJourneyRuns] = TypeAdapter(
    StartRun | StartRfm | StartJourneyRuns
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    wired = services()
    start = _START.validate_python(event)
    if isinstance(start, StartRfm):
        return _score(start, wired)
    if isinstance(start, StartJourneyRuns):
        return _let_in(start, wired)
    on = Planner(wired.runs, wired.queues, wired.schedules, wired.backfills, wired.people, wired.controls)
    run = start_run(start, on, wired.catalog.current(fresh=True), now=wired.now())
    if isinstance(run, Waiting):
        told = {"campaign": start.campaign, "segments": sorted(run.segments), "share": round(run.share, 3)}
        logger.warning("run waits for a backfill", extra=told)
        metrics.add_metric("RunWaiting", unit="Count", value=1)
        metrics.flush_metrics()
        return {"run": None, "waits_for": sorted(run.segments)}
    if run is not None and run.state is RunState.REFUSED:
        logger.warning("run refused", extra={"campaign": run.campaign, "run": run.id, "reason": run.reason})
        metrics.add_metric("RunRefused", unit="Count", value=1)
        metrics.flush_metrics()
        return {"run": None, "refused": run.reason}
    logger.info("run started" if run else "run refused", extra={"campaign": start.campaign})
    return {"run": run.id if run else None}


def _let_in(start: StartJourneyRuns, wired: Services) -> dict[str, Any]:
    from kizuna.usecases.journeys.scheduled import start_entries  # seldom, beside campaigns

    catalog = wired.catalog.current(fresh=True)
    shards = start_entries(start, wired.queues, wired.schedules, catalog, now=wired.now())
    logger.info("entries started" if shards else "entries refused", extra={"journey": start.journey})
    return {"shards": len(shards)}


def _score(start: StartRfm, wired: Services) -> dict[str, Any]:
    from kizuna.usecases.rfm import Scorer, start_scheduled  # seldom, beside campaigns

    on = Scorer(wired.people, wired.rfm, wired.queues)
    run = start_scheduled(start, on, wired.schedules, wired.catalog.current(fresh=True), now=wired.now())
    logger.info("rfm started" if run else "rfm refused", extra={"rfm": start.rfm})
    return {"run": run.id if run else None}
