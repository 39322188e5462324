"""The whole of Kizuna on one machine: the real handlers, moto for the stores, a double for the providers.

http() ─▶ gateway ─▶ handler        settle() runs until nothing is left to do:
stream, queues ─▶ handlers            stream → react · queues → consumers · providers → bus and queues
advance_to() moves the one clock from alarm to alarm, fires schedules and sweeps on the way
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from threading import RLock
from typing import Any, Self
from urllib.parse import urlsplit

import boto3
from moto import mock_aws

from kizuna.core.errors import NotFound
from kizuna.core.ports import Rows
from kizuna.core.ports.lake_queries import LakeEngine
from kizuna.local import emulator, resources
from kizuna.local.backlog import is_empty
from kizuna.local.callouts import LoopbackSystems
from kizuna.local.clock import Clock, SystemClock
from kizuna.local.environment import environment
from kizuna.local.functions import LocalContext, load
from kizuna.local.gateway import Authorizer, Gateway, LocalReply, LocalRequest
from kizuna.local.lake import FileLake, LocalRows
from kizuna.local.pictures import browser, pictures_of
from kizuna.local.providers import ProviderDouble
from kizuna.local.providers.events import Source
from kizuna.local.queues import QueueConsumer
from kizuna.local.resources import ACCOUNT, REGION, Resources
from kizuna.local.schedules import Schedule, Schedules
from kizuna.local.sessions import begin_session
from kizuna.local.streams import StreamReader
from kizuna.runtime import wiring
from kizuna.runtime.settings import from_environment
from kizuna.topology import QUEUES, STREAM, SWEEPS, Function, Queue

_MINUTE = timedelta(minutes=1)
_BATCHES = 1_000_000  # a settle that needs more than this goes round in circles
Around = Callable[[Function], AbstractContextManager[object]]


class LocalCloud:
    """A context manager: inside it boto3 talks to the emulator, and everything is wired.

    Each run of a function happens within what `around` gives for it, for those who watch.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        base_url: str = "http://localhost:8080",
        lake: Path | None = None,
        link_secret: str = "a local secret that signs nothing of worth",  # noqa: S107
        authorizer: Authorizer = lambda token: None,
        seed: int | None = 0,
        provider_port: int = 0,
        rest: timedelta = timedelta(seconds=20),
        around: Around = lambda name: nullcontext(),
        nightly: bool = False,
    ) -> None:
        """`nightly`: what AWS does once a day is done here, too, from the start on. A story of years does without.

        `rest` is how long what a function could not handle stays out of sight, on the clock: in AWS it is
        six minutes (`infra`); here somebody may be waiting for it.
        """
        self.clock = clock
        self.providers = ProviderDouble(
            clock.now, port=provider_port, seed=seed or 0, account=ACCOUNT, region=REGION
        )
        self.gateway = Gateway(authorizer=authorizer, now=clock.now, run=self._run)
        self.systems = LoopbackSystems()
        self.lock = RLock()
        self.calls: dict[Function, int] = {}
        self._around = around
        self._base_url = base_url
        self._link_secret = link_secret
        self._lake = FileLake(lake, clock.now)
        self._seed = seed
        self._rest = rest
        self._stack = ExitStack()
        self._nightly = nightly
        self._swept_until = self._fired_until = clock.now()

    def __enter__(self) -> Self:
        enter = self._stack.enter_context
        enter(environment(_CREDENTIALS))
        enter(mock_aws(config={"core": {"mock_credentials": False, "reset_boto3_session": True}}))
        begin_session()
        enter(emulator.installed())
        emulator.seed(self._seed or 0)
        enter(self.providers)
        self.resources: Resources = resources.make(link_secret=self._link_secret)
        variables = {**self.resources.environment(base_url=self._base_url), **self.providers.environment()}
        enter(environment(variables))
        self.services = wiring.Services(
            from_environment(),
            clock=self.clock.now,
            lake=self._lake,
            rows=LocalRows(self._lake.folder, self._bucket),
            lake_queries=self._lake_queries,
            callout=self.systems,
            randomness=Random(self._seed).randbytes if self._seed is not None else os.urandom,
            post=self._post,
            rest=lambda seconds: self.clock.advance(timedelta(seconds=seconds)),
            pictures=pictures_of if browser() else None,
            limits_keys=isinstance(self.clock, SystemClock),
            stopwatch=_stopwatch(self.clock),
        )
        enter(wiring.installed(self.services))
        self._stream = StreamReader(self.resources.table_names["people"], clock=self.clock)
        sqs = boto3.client("sqs", region_name=REGION)
        self._consumers = [
            (
                spec.consumer,
                QueueConsumer(
                    sqs,
                    self.resources.queue_urls[spec.name],
                    batch_size=spec.batch_size,
                    clock=self.clock,
                    rest=self._rest,
                ),
            )
            for spec in QUEUES
            if spec.consumer is not None
        ]
        self._schedules = Schedules(boto3.client("scheduler", region_name=REGION), self.clock)
        self._events = boto3.client("events", region_name=REGION)
        self._sqs = sqs
        return self

    def __exit__(self, *exc: Any) -> None:
        self._stack.close()

    def _bucket(self) -> Rows:
        from kizuna.adapters.clients import storing_client
        from kizuna.adapters.lake.rows import S3Rows

        return S3Rows(storing_client("s3"), bucket=resources.BUCKET)

    def _post(self, url: str, form: bytes) -> int:
        """A POST to our own public address, without a network."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return self.http(LocalRequest("POST", urlsplit(url).path, "", headers, form)).status

    def _lake_queries(self) -> LakeEngine:
        if self._lake.folder is None:
            raise NotFound("this local cloud keeps no lake: start it with a folder for one")
        from kizuna.local.duckdb_lake import DuckDbLake

        return DuckDbLake(self._lake.folder)

    # ── coming in ───────────────────────────────────────────────────────────────────────────────

    def http(self, request: LocalRequest) -> LocalReply:
        """One request of a client, answered by the function itself."""
        with self.lock:
            return self.gateway.handle(request)

    def invoke(self, name: Function, event: dict[str, Any]) -> Any:
        """Call a function with an event, as the service in front of it does."""
        count = self.calls[name] = self.calls.get(name, 0) + 1
        return self._run(name, event, f"{name}-{count}")

    def _run(self, name: Function, event: dict[str, Any], request_id: str) -> Any:
        with self._around(name):
            return load(name)(event, LocalContext(name, request_id))

    # ── going on ────────────────────────────────────────────────────────────────────────────────

    def settle(self, *, progress: Callable[[], None] = lambda: None) -> None:
        """Let everything that has begun run to its end at this moment: streams, queues, provider events.

        What a function could not handle rests on its queue; moving the clock brings it back.
        """
        for _ in range(_BATCHES):
            with self.lock:
                worked = self._stream_once() or self._queues_once() or self._providers_once()
            progress()
            if not worked:
                return
        raise RuntimeError("the local cloud never comes to rest")

    def _stream_once(self) -> bool:
        passed = self._stream.deliver(self._on_stream, limit=STREAM.batch_size)
        return passed > 0

    def _on_stream(self, event: dict[str, Any]) -> Any:
        wanted = [record for record in event["Records"] if passes_filter(record)]
        return self.invoke(STREAM.consumer, {"Records": wanted}) if wanted else None

    def _queues_once(self) -> bool:
        worked = False
        for consumer, queue in self._consumers:
            if is_empty(queue.arn):  # most are, and asking each would be most of what a moment costs
                continue
            worked = queue.deliver(partial(self.invoke, consumer)) is not None or worked
        return worked

    def _providers_once(self) -> bool:
        events = self.providers.take_events()
        for event in events:
            if event.source is Source.EMAIL:
                self._publish(event.bus_event())
            if event.source is not Source.EMAIL or event.kind in _BY_SNS_TOO:
                self._enqueue(Queue.FEEDBACK, event.sns_message())
        return bool(events)

    def _publish(self, envelope: Mapping[str, Any]) -> None:
        """SES puts its events on the account's default bus; the rules decide from there."""
        entry = {
            "Source": envelope["source"],
            "DetailType": envelope["detail-type"],
            "Detail": json.dumps(envelope["detail"]),
            "EventBusName": "default",
        }
        self._events.put_events(Entries=[entry])

    def _enqueue(self, queue: Queue, body: Mapping[str, Any]) -> None:
        self._sqs.send_message(QueueUrl=self.resources.queue_urls[queue], MessageBody=json.dumps(body))

    # ── time ────────────────────────────────────────────────────────────────────────────────────

    def advance_to(self, moment: datetime, *, progress: Callable[[], None] = lambda: None) -> None:
        """Move the clock to `moment`, stopping wherever something is due: schedules, alarms, provider events,
        failed queue messages.
        """
        self.settle(progress=progress)
        while True:
            upcoming = self._next_stop(moment)
            if upcoming is None:
                break
            self.clock.advance_to(upcoming)
            self._fire(upcoming)
            self.settle(progress=progress)
        self.clock.advance_to(moment)
        self._swept_until = max(self._swept_until, moment)
        self._fired_until = max(self._fired_until, moment)
        self.settle(progress=progress)

    def advance(self, delta: timedelta) -> None:
        self.advance_to(self.clock.now() + delta)

    def _next_stop(self, limit: datetime) -> datetime | None:
        stops = [self._next_sweep(), self.providers.next_event_at(), self._next_schedule()]
        stops += [queue.next_return for _, queue in self._consumers]
        due = [stop for stop in stops if stop is not None and stop <= limit]
        return max(min(due), self.clock.now()) if due else None

    def _next_sweep(self) -> datetime | None:
        """The whole minute at which the sweep that finds the earliest alarm runs: once for each minute.

        What counts is up to when it was swept, not the time it is: a clock that runs by itself never stands at
        a whole minute when it is asked.
        """
        alarms = (self.services.people.next_due(), self.services.brakes.current().next_wake())
        due = min((alarm for alarm in alarms if alarm is not None), default=None)
        if due is None:
            return None
        upcoming = _minute_of(self._swept_until) + _MINUTE
        return max(upcoming, _minute_of(due) if due == _minute_of(due) else _minute_of(due) + _MINUTE)

    def _next_schedule(self) -> datetime | None:
        found = self._schedules.next_due(self._fired_until, only=self._is_fired)
        return found[0] if found else None

    def _fire(self, moment: datetime) -> None:
        with self.lock:
            found = self._schedules.next_due(self._fired_until, only=self._is_fired)
            if found is not None and found[0] <= moment:
                firing = self._schedules.fire(*found)
                self.invoke(_FUNCTIONS[firing.target_arn], json.loads(firing.payload))
            sweep = self._next_sweep()
            self._swept_until = max(self._swept_until, moment)
            if sweep is not None and sweep <= moment:
                self.invoke(Function.WAKE, {})

    def _is_fired(self, schedule: Schedule) -> bool:
        """One-time schedules of campaigns, and what happens each night; the sweep of each minute is not fired, but
        comes when it would find something."""
        sweep = _SWEEPS.get(schedule.name)
        return sweep is None or (self._nightly and sweep.function is not Function.WAKE)


def _stopwatch(clock: Clock) -> Callable[[], float]:
    """On a clock that moves only when told, a function has all the time it needs, however slow the machine is."""
    return time.monotonic if isinstance(clock, SystemClock) else lambda: clock.now().timestamp()


def _minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


_BY_SNS_TOO = frozenset({"Bounce", "Complaint", "Reject", "Rendering Failure"})  # `infra/email.py`
_SWEEPS = {sweep.name: sweep for sweep in SWEEPS}
_FUNCTIONS = {resources.function_arn(name): name for name in Function}
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_SESSION_TOKEN": "local",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_METRICS_DISABLED": "true",
}


def passes_filter(record: Mapping[str, Any]) -> bool:
    """Whether the stream's event source mapping hands a record over (`STREAM.filters`)."""
    from kizuna.local.patterns import matches

    return any(matches(pattern, record) for pattern in STREAM.filters)
