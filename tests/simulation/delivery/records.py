"""Work that lies on queues, and the design by which messages are delivered: what every part of a run speaks of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kizuna.core.messages import State
from kizuna.topology import CHANNEL_QUEUES, Queue
from kizuna.usecases.campaigning.controlling import halt
from kizuna.usecases.delivery import deliver
from kizuna.usecases.reacting import react

MINUTE = timedelta(minutes=1)
STREAM = "stream"
AWAKE = "awake"  # a sender goes on with what it had in hand
BY_HAND = ("staff", "another")
RECEIVES = 5
AT_ONCE = 3
ASLEEP_AT_ONCE = 2
_BATCH = 5
# What may be in senders' hands when a brake is pulled: workers x batch.
IN_HAND = (AT_ONCE + ASLEEP_AT_ONCE) * _BATCH
MOST: dict[str, int] = {
    **dict.fromkeys(CHANNEL_QUEUES.values(), _BATCH),
    AWAKE: 1,
    STREAM: 20,
    Queue.AUDIENCE: 1,
}  # records of one batch
# A walker's page and a batch of the stream are hundreds of calls: at the rate of one call all of them would die.
WEIGHTS = {Queue.AUDIENCE: 0.04, STREAM: 0.1}


@dataclass(slots=True)
class Record:
    """One record of a queue, or a batch of the stream. `body` is what its consumer gets."""

    queue: str
    body: Any
    receives: int = 0


@dataclass(frozen=True, slots=True)
class Design:
    """How messages are delivered, and what is done about one whose alarm rings. Others are known to fail.

    `listens`: what the provider reports moves messages on. `rereads`: definitions are read with each batch. `halt` is
    what staff do who let a whole campaign stand still.
    """

    name: str
    deliver: Callable[..., State | None]
    ring: Callable[..., None]
    listens: bool = True
    rereads: bool = True
    halt: Callable[..., Any] = halt


OURS = Design("claim once, one attempt", deliver.deliver, react.ring)
