"""Audience queue → decisions for the people of one shard."""

import time
from datetime import datetime

from pydantic import TypeAdapter

from kizuna.core.contracts import AudienceShard
from kizuna.runtime.entrypoints import queue_handler
from kizuna.runtime.observability import logger
from kizuna.runtime.wiring import Services
from kizuna.topology import Function, Queue, function
from kizuna.usecases.audience import Walker, is_in_force, walk

_SECONDS = function(Function.AUDIENCE).timeout * 0.7


def take(work: AudienceShard, wired: Services, now: datetime) -> None:
    started = time.monotonic()
    on = Walker(wired.people, wired.ledger, wired.messages, wired.runs, wired.queues)
    catalog = wired.catalog.current()
    if not is_in_force(work, catalog):
        logger.warning("run stopped", extra={"campaign": work.campaign, "run": work.run, "shard": work.shard})
    walk(work, on, catalog, now=now, is_over=lambda: time.monotonic() - started > _SECONDS)


handler = queue_handler(TypeAdapter(AudienceShard), take, queue=Queue.AUDIENCE, fresh=True)
