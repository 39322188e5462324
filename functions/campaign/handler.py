"""Scheduler → one run of a campaign."""

from typing import Any

from kizuna.core.contracts import StartRun
from kizuna.runtime.observability import logger
from kizuna.runtime.wiring import services
from kizuna.usecases.campaign import Planner, start_run


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    wired = services()
    start = StartRun.model_validate(event)
    on = Planner(wired.runs, wired.queues, wired.schedules)
    run = start_run(start, on, wired.catalog.current(fresh=True), now=wired.now())
    logger.info("run started" if run else "run refused", extra={"campaign": start.campaign})
    return {"run": run.id if run else None}
