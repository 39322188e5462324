"""Once a night, and by the command → a snapshot of everybody in the lake; its queue → the people of one shard."""

import time
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from kizuna.core.contracts import SnapshotShard
from kizuna.runtime.entrypoints import queue_handler
from kizuna.runtime.observability import logger
from kizuna.runtime.wiring import Services, services
from kizuna.topology import Function, Queue, function
from kizuna.usecases.snapshot import Photographer, begin, write_shard

_SECONDS = function(Function.SNAPSHOT).timeout * 0.7


def take(work: SnapshotShard, wired: Services, now: datetime) -> None:
    started = time.monotonic()
    on = Photographer(wired.people, wired.runs, wired.rows, wired.queues)
    written = write_shard(work, on, is_over=lambda: time.monotonic() - started > _SECONDS)
    logger.info("people written", extra={"snapshot": work.snapshot, "shard": work.shard, "people": written})


_from_queue = queue_handler(TypeAdapter(SnapshotShard), take, queue=Queue.SNAPSHOT)


def handler(event: dict[str, Any], context: Any) -> Any:
    if "Records" in event:
        return _from_queue(event, context)
    wired = services()
    return {"snapshot": begin(wired.runs, wired.queues, now=wired.now())}
