"""Every minute → what is due, what a brake held, backfills that stand, quiet sources and floods, a late canary."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kizuna.runtime.observability import logger, metrics, safe
from kizuna.runtime.wiring import Services, services
from kizuna.topology import Function, function
from kizuna.usecases.experimenting.judging import Judge, judge_all
from kizuna.usecases.journeys.halting import look_after
from kizuna.usecases.outcomes.releasing import look_after as release
from kizuna.usecases.quality.freshness import watch as watch_sources
from kizuna.usecases.reacting.wake import sweep
from kizuna.usecases.segments.backfill import watch

_SECONDS = function(Function.WAKE).timeout * 0.8


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    wired = services()
    is_over = wired.over_after(_SECONDS)
    rung = sweep(wired.people, wired.queues, now=wired.now(), is_over=is_over)
    _watch_backfill(wired)
    _watch_brakes(wired)
    _watch_journeys(wired)
    _judge_experiments(wired, is_over=is_over)
    _watch_canary(wired)
    _watch_sources(wired)
    return {"rung": rung}


@contextmanager
def _apart(failed: str, metric: str) -> Iterator[None]:
    """Behind the alarms of people, never in their way: what fails here is told, and looked at again in a minute."""
    try:
        yield
    except Exception as error:  # whatever it is, the other watches go on
        logger.warning(failed, extra={"error": safe(error)})
        metrics.add_metric(metric, unit="Count", value=1)


def _watch_backfill(wired: Services) -> None:
    with _apart("backfill not watched", "BackfillNotWatched"):
        progress = watch(wired.backfills, wired.queues, wired.catalog.current(), now=wired.now())
        if progress is not None and not progress.is_done:
            left = max((progress.total or 0) - progress.people, 0)
            metrics.add_metric("BackfillPeopleLeft", unit="Count", value=left)


def _watch_brakes(wired: Services) -> None:
    """So that what a brake held is woken once it is released, and somebody is told for as long as one is on."""
    with _apart("brakes not watched", "BrakesNotWatched"):
        brakes = release(wired.brakes, wired.queues, wired.catalog.current(), now=wired.now())
        if brakes.runs or brakes.account.version:
            metrics.add_metric("RunsPaused", unit="Count", value=len(brakes.paused()))
            stands = brakes.account.stands(wired.now())
            metrics.add_metric("MarketingStopped", unit="Count", value=int(stands))
            warned = brakes.account.warned_today(wired.now())
            metrics.add_metric("MarketingWarned", unit="Count", value=len(warned))


def _watch_journeys(wired: Services) -> None:
    with _apart("journeys not watched", "JourneysNotWatched"):
        standing = look_after(wired.halts, wired.queues, wired.catalog.current(), now=wired.now())
        if standing:
            metrics.add_metric("JourneysPaused", unit="Count", value=standing)


def _judge_experiments(wired: Services, *, is_over: Callable[[], bool]) -> None:
    with _apart("experiments not judged", "ExperimentsNotJudged"):
        judge = Judge(wired.trials, wired.results, wired.runs, wired.bus)
        for standing in judge_all(judge, wired.catalog.current(), now=wired.now(), is_over=is_over):
            if standing.outcome is not None:
                told = {"campaign": standing.campaign, "result": standing.outcome.result}
                logger.info("experiment decided", extra=told)
            if standing.uneven:
                logger.warning("experiment uneven", extra={"campaign": standing.campaign})
                metrics.add_metric("ExperimentsUneven", unit="Count", value=1)


def _watch_canary(wired: Services) -> None:
    """A check that is not made any more says nothing by itself. One that never was is not late: `kizuna doctor`."""
    with _apart("canary not watched", "WayOutNotChecked"):
        canary = wired.catalog.current().policy.canary
        flight = wired.flight_log.last_flight() if canary is not None else None
        if flight is not None:
            late = flight.is_late(now=wired.now())
            metrics.add_metric("WayOutNotChecked", unit="Count", value=int(late))


def _watch_sources(wired: Services) -> None:
    with _apart("sources not watched", "SourcesNotWatched"):
        found = watch_sources(wired.catalog.current(), wired.arrivals, wired.bus, now=wired.now())
        if found.standings:
            metrics.add_metric("SourcesQuiet", unit="Count", value=found.count("quiet"))
            metrics.add_metric("SourcesFlooding", unit="Count", value=found.count("flooding"))
    if metrics.metric_set:
        metrics.add_dimension("stage", wired.settings.stage)  # an account may hold several
        metrics.flush_metrics()
