"""Audience queue → decisions for the people of one shard."""

import time
from datetime import datetime

from kizuna.runtime.wiring import Services
from pydantic import TypeAdapter

from kizuna.core.contracts import AudienceShard
from kizuna.runtime.entrypoints import queue_handler
from kizuna.topology import Function, Queue, function
from kizuna.usecases.audience import Walker, walk

_SECONDS = function(Function.AUDIENCE).timeout * 0.7


def take(work: AudienceShard, wired: Services, now: datetime) -> None:
    started = time.monotonic()
    on = Walker(wired.people, wired.ledger, wired.messages, wired.runs, wired.queues)
    walk(work, on, wired.catalog.current(), now=now, is_over=lambda: time.monotonic() - started > _SECONDS)


handler = queue_handler(TypeAdapter(AudienceShard), take, queue=Queue.AUDIENCE)
