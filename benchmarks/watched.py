"""A local cloud that is watched: who calls DynamoDB for what, which functions run with which events, how long
each takes without the emulator."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

import boto3

from benchmarks import ours
from benchmarks.meter import Bill, Meter
from benchmarks.tape import Tape, hooked
from benchmarks.workload import BEFORE, Json
from kizuna.adapters.batches import json_text
from kizuna.core.catalog import Documents
from kizuna.core.prices import FIREHOSE_STEP
from kizuna.local.clock import VirtualClock
from kizuna.local.cloud import LocalCloud
from kizuna.local.functions import load
from kizuna.topology import Function

_REPEATS = 5


@dataclass(slots=True)
class Ran:
    """One run of a function: its event, and the DynamoDB calls that it made."""

    function: Function
    event: Json
    tape: Tape
    cpu: float = 0.0  # seconds, played back


@dataclass(slots=True)
class Seen:
    """What happened inside a block."""

    bill: Bill
    ran: list[Ran] = field(default_factory=list)
    queue_sends: int = 0  # calls of SQS, each at most 64 KB
    lake_records: int = 0
    lake_bytes: int = 0  # as Firehose bills them: each record rounded up

    def of(self, function: Function) -> list[Ran]:
        return [ran for ran in self.ran if ran.function is function]

    def cpu(self, function: Function) -> float:
        return sum(ran.cpu for ran in self.of(function))

    def calls(self, function: Function) -> int:
        return sum(len(ran.tape.calls) for ran in self.of(function))


class Watched:
    """A cloud with definitions in force. `seen` watches a block."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self._running = ""
        self._eyes = boto3.client("dynamodb")

    def collect(self, calls: list[Json]) -> None:
        """A `/v1/batch` request of a server SDK. Raises RuntimeError for any answer but 200."""
        reply = self.cloud.invoke(Function.COLLECT, ours.request(calls, at=self.cloud.clock.now()))
        if reply["statusCode"] != 200:
            raise RuntimeError(f"/v1/batch answered {reply['statusCode']}: {reply['body']}")

    @contextmanager
    def seen(self, *, timed: tuple[Function, ...] = ()) -> Iterator[Seen]:
        """Watch a block. The functions in `timed` are run again afterwards, on the replies they got."""
        wired = self.cloud.services
        meter = Meter(wired._dynamodb, self._eyes, who=lambda: self._running)
        with meter.running() as bill:
            found = Seen(bill)
            with (
                self._functions(found),
                hooked(wired.queues._client, "before-call.sqs", lambda **_: _sent(found)),
                self._lake(found),
            ):
                yield found
        for ran in found.ran:
            if ran.function in timed:
                ran.cpu = self._played(ran)

    @contextmanager
    def _functions(self, found: Seen) -> Iterator[None]:
        invoke, client = self.cloud._run, self.cloud.services._dynamodb

        def run(name: Function, event: Json, request_id: str) -> Any:
            ran = Ran(name, event, Tape())
            found.ran.append(ran)
            before, self._running = self._running, name.value
            try:
                with ran.tape.recording(client):
                    return invoke(name, event, request_id)
            finally:
                self._running = before

        with _replaced(self.cloud, "_run", run):
            yield

    @contextmanager
    def _lake(self, found: Seen) -> Iterator[None]:
        lake: Any = self.cloud.services.lake
        put = lake.put

        def counted(records: list[Json]) -> None:
            found.lake_records += len(records)
            sizes = (len(json_text(record).encode()) + 1 for record in records)
            found.lake_bytes += sum(-(-size // FIREHOSE_STEP) * FIREHOSE_STEP for size in sizes)
            put(records)

        with _replaced(lake, "put", counted):
            yield

    def _played(self, ran: Ran) -> float:
        """Seconds of CPU of a run without the emulator, at this moment of the virtual clock."""
        client, handler = self.cloud.services._dynamodb, load(ran.function)
        seconds = []
        for _ in range(_REPEATS):
            with ran.tape.replaying(client):
                started = time.process_time()
                handler(ran.event, None)
                seconds.append(time.process_time() - started)
        return median(seconds)


def _sent(found: Seen) -> None:
    found.queue_sends += 1


@contextmanager
def _replaced(thing: Any, name: str, by: Callable[..., Any]) -> Iterator[None]:
    setattr(thing, name, by)
    try:
        yield
    finally:
        delattr(thing, name)


@contextmanager
def watched(documents: Documents, *, start: datetime = BEFORE) -> Iterator[Watched]:
    """A local cloud with these definitions and a server key of the source `shop`."""
    with LocalCloud(VirtualClock(start)) as cloud, ours.unhurried():
        ours.apply(cloud.services, documents)
        cloud.settle()
        yield Watched(cloud)
