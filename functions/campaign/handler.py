"""Scheduler → one run of a campaign, or of RFM."""

from typing import Any

from pydantic import TypeAdapter

from kizuna.core.contracts import StartRfm, StartRun
from kizuna.runtime.observability import logger, metrics
from kizuna.runtime.wiring import Services, services
from kizuna.usecases.campaign import Planner, Waiting, start_run

_START: TypeAdapter[StartRun | StartRfm] = TypeAdapter(StartRun | StartRfm)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    wired = services()
    start = _START.validate_python(event)
    if isinstance(start, StartRfm):
        return _score(start, wired)
    on = Planner(wired.runs, wired.queues, wired.schedules, wired.backfills, wired.people)
    run = start_run(start, on, wired.catalog.current(fresh=True), now=wired.now())
    if isinstance(run, Waiting):
        told = {"campaign": start.campaign, "segments": sorted(run.segments), "share": round(run.share, 3)}
        logger.warning("run waits for a backfill", extra=told)
        metrics.add_metric("RunWaiting", unit="Count", value=1)
        metrics.flush_metrics()
        return {"run": None, "waits_for": sorted(run.segments)}
    logger.info("run started" if run else "run refused", extra={"campaign": start.campaign})
    return {"run": run.id if run else None}


def _score(start: StartRfm, wired: Services) -> dict[str, Any]:
    from kizuna.usecases.rfm import Scorer, start_scheduled  # seldom, beside campaigns

    on = Scorer(wired.people, wired.rfm, wired.queues)
    run = start_scheduled(start, on, wired.schedules, wired.catalog.current(fresh=True), now=wired.now())
    logger.info("rfm started" if run else "rfm refused", extra={"rfm": start.rfm})
    return {"run": run.id if run else None}
