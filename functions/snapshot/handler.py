"""Once a night, and by the command → a snapshot of everybody in the lake, and an anchor of the ledger.

Its queue → the people of one shard, or the ends of their chains.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from kizuna.core.contracts import AnchorShard, SnapshotShard
from kizuna.runtime.entrypoints import queue_handler
from kizuna.runtime.observability import logger
from kizuna.runtime.wiring import Services, services
from kizuna.topology import Function, Queue, function
from kizuna.usecases.consents import anchoring
from kizuna.usecases.segments.snapshot import Photographer, begin, write_shard

_SECONDS = function(Function.SNAPSHOT).timeout * 0.7


Work = Annotated[SnapshotShard | AnchorShard, Field(discriminator="type")]


def take(work: SnapshotShard | AnchorShard, wired: Services, now: datetime) -> None:
    is_over = wired.over_after(_SECONDS)
    if isinstance(work, AnchorShard):
        at = anchoring.Anchorage(wired.people, wired.erasures, wired.runs, wired.anchors, wired.queues)
        noted = anchoring.write_shard(work, at, is_over=is_over)
        logger.info("chains noted", extra={"anchor": work.anchor, "shard": work.shard, "chains": noted})
        return
    on = Photographer(wired.people, wired.runs, wired.rows, wired.queues)
    written = write_shard(work, on, wired.catalog.current(), now=now, is_over=is_over)
    logger.info("people written", extra={"snapshot": work.snapshot, "shard": work.shard, "people": written})


_from_queue = queue_handler(TypeAdapter(Work), take, queue=Queue.SNAPSHOT)


def handler(event: dict[str, Any], context: Any) -> Any:
    if "Records" in event:
        return _from_queue(event, context)
    wired = services()
    now = wired.now()
    anchor = anchoring.begin(wired.runs, wired.queues, now=now)
    return {"anchor": anchor, "snapshot": begin(wired.runs, wired.queues, now=now)}
