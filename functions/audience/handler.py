"""Audience queue → decisions for the people of one shard; or their scores, for RFM; or their runs of a journey."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import PlainValidator, TypeAdapter

from kizuna.core.contracts import AudienceShard, JourneyShard, RfmShard
from kizuna.runtime.entrypoints import queue_handler
from kizuna.runtime.observability import logger
from kizuna.runtime.wiring import Services
from kizuna.topology import Function, Queue, function
from kizuna.usecases.campaigning.walking import Walker, is_in_force, walk

_SECONDS = function(Function.AUDIENCE).timeout * 0.7


def take(work: AudienceShard | JourneyShard | RfmShard, wired: Services, now: datetime) -> None:
    is_over = wired.over_after(_SECONDS)
    catalog = wired.catalog.current()
    if isinstance(work, RfmShard):
        from kizuna.usecases import rfm

        if not rfm.take(
            work,
            rfm.Scorer(wired.people, wired.rfm, wired.queues, wired.settings.workers),
            catalog,
            now=now,
            is_over=is_over,
        ):
            logger.warning("rfm stopped", extra={"rfm": work.rfm, "run": work.run, "shard": work.shard})
        return
    if isinstance(work, JourneyShard):
        from kizuna.usecases.journeys.scheduled import Usher  # seldom, beside campaigns
        from kizuna.usecases.journeys.scheduled import walk as let_in

        usher = Usher(wired.journey_driver, wired.runs, wired.queues)
        let_in(work, usher, catalog, now=now, is_over=is_over)
        return
    on = Walker(
        wired.people,
        wired.ledger,
        wired.messages,
        wired.runs,
        wired.queues,
        wired.brakes,
        wired.rhythms,
        wired.trials,
    )
    if not is_in_force(work, catalog):
        logger.warning("run stopped", extra={"campaign": work.campaign, "run": work.run, "shard": work.shard})
    walk(work, on, catalog, now=now, is_over=is_over)


def _read(raw: Any) -> AudienceShard | JourneyShard | RfmShard:
    """By its type, where it has one: so that what is wrong with it is told of the one thing it was meant to be."""
    match raw.get("type") if isinstance(raw, dict) else None:
        case "rfm":
            return RfmShard.model_validate(raw)
        case "journey":
            return JourneyShard.model_validate(raw)
        case _:
            return AudienceShard.model_validate(raw)


Work = Annotated[AudienceShard | JourneyShard | RfmShard, PlainValidator(_read)]

handler = queue_handler(TypeAdapter(Work), take, queue=Queue.AUDIENCE, fresh=True)
