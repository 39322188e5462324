"""Events in and mails out for a while, over an emulator that is a process of its own.

    collect, 2 processes ─▶ ministack: tables ─ stream ─▶ react, 3 processes ─ queue ─▶ deliver, 3 ─▶ provider double

Events are offered by the clock, whether or not those before them are done, and their times count from when they were
due. Every second event asks for a transactional mail. What the emulator alone can do is measured in the same run:
conditional puts by as many processes, and nothing else. Nothing may be lost: each event is in the timeline of its
person, and each mail that was asked for is in the provider's outbox once.

`KIZUNA_SUSTAINED_SECONDS` (10) says for how long, `KIZUNA_SUSTAINED_EVENTS` (100) how many events a second.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

import boto3

from benchmarks import ours
from benchmarks.decisions import decisions_a_second
from benchmarks.messages import ASKED, documents
from benchmarks.sides import WrongAnswer
from benchmarks.stream_reader import stream_of
from benchmarks.workload import Json
from kizuna.core.catalog import Documents
from kizuna.local.functions import LocalContext
from kizuna.local.memory.services import InMemoryLake
from kizuna.local.tables import table_request
from kizuna.runtime import wiring
from kizuna.runtime.settings import Settings
from kizuna.topology import CHANNEL_QUEUES, TABLES, Function, Queue, Table
from tests.e2e.emulators import emulators
from tests.e2e.progress import Progress

SECONDS = float(os.environ.get("KIZUNA_SUSTAINED_SECONDS", "10"))
OFFERED = float(os.environ.get("KIZUNA_SUSTAINED_EVENTS", "100"))  # events a second
PEOPLE = 500
EVENTS_GOAL, SENDS_GOAL, P99_GOAL, DECISIONS_GOAL = 100.0, 50.0, 0.5, 2_000.0
_BATCH = 10  # events of one request
_COLLECTORS, _REACTORS, _SENDERS = 2, 3, 3
_SLOTS = _COLLECTORS + _REACTORS + _SENDERS
_PATIENCE = 600.0  # seconds until the last mail is out, and twenty more for each second of events
_BOUND_SECONDS = 4.0
_FORK: Any = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from when something was due."""

    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Sustained:
    """Rates are over the time until the last reply, and until the last mail. Nothing was lost, or there is none."""

    seconds: float
    events: int
    mails: int
    events_a_second: float
    sends_a_second: float
    replies: Times
    mailed: Times
    calls: int  # of the emulator, by our processes
    calls_a_second: float
    bound: float  # conditional puts a second, by as many processes
    decisions_a_second: float  # the core alone, seconds of CPU

    @property
    def of_the_bound(self) -> float:
        """Our calls a second as a part of what the emulator can do at all."""
        return self.calls_a_second / self.bound

    def to_json(self) -> dict[str, Any]:
        return {
            "seconds": round(self.seconds, 1),
            "events": self.events,
            "mails": self.mails,
            "offered": OFFERED,
            "eventsPerSecond": round(self.events_a_second, 1),
            "sendsPerSecond": round(self.sends_a_second, 1),
            "goals": {"events": EVENTS_GOAL, "sends": SENDS_GOAL, "p99": P99_GOAL},
            "replySeconds": {"p50": round(self.replies.p50, 3), "p99": round(self.replies.p99, 3)},
            "mailSeconds": {"p50": round(self.mailed.p50, 3), "p99": round(self.mailed.p99, 3)},
            "lost": 0,
            "callsOfTheEmulator": self.calls,
            "callsPerSecond": round(self.calls_a_second, 1),
            "conditionalPutsPerSecondAlone": round(self.bound, 1),
            "decisionsPerSecond": round(self.decisions_a_second, 1),
            "decisionsGoal": DECISIONS_GOAL,
        }


def measure(*, progress: Callable[[str], None], seconds: float = SECONDS) -> Sustained:
    """Raises WrongAnswer unless every event was kept and every mail that was asked for went out once."""
    progress("sustained: decisions of the core alone")
    decided = decisions_a_second()
    with TemporaryDirectory(prefix="kizuna-sustained-") as folder, emulators(Path(folder)) as found:
        stand = _Stand(found.endpoint, found.providers)
        progress("sustained: what the emulator can do alone")
        bound = stand.bound()
        stand.people_come()
        progress(f"sustained: {OFFERED:.0f} events a second for {seconds:.0f} s")
        return stand.play(seconds, bound=bound, decided=decided)


class _Stand:
    """Tables, a queue and the definitions, and processes that each hold one of our functions."""

    def __init__(self, endpoint: str, providers: str) -> None:
        self._endpoint, self._providers = endpoint, providers
        sqs, dynamodb = boto3.client("sqs"), boto3.client("dynamodb")
        queues = {
            name.value: sqs.create_queue(QueueName=name.value)["QueueUrl"]
            for name in (CHANNEL_QUEUES["email"], Queue.WAKE, Queue.INGEST, Queue.LOST_CHANGES)
        }
        for spec in TABLES:
            dynamodb.create_table(**table_request(spec, spec.name.value))
        boto3.client("events").create_event_bus(Name="bus")
        boto3.client("s3").create_bucket(Bucket="bucket")
        ours.make_secret()
        self._mails = queues[CHANNEL_QUEUES["email"].value]
        self._settings = Settings(
            people=Table.PEOPLE.value, ledger=Table.LEDGER.value, catalog=Table.CATALOG.value, queues=queues,
            ses_configuration_set="kizuna", bus="bus", bucket="bucket", secret=ours.SECRET_NAME,
            base_url="https://links.example", workers=4,
        )  # fmt: skip
        self._calls = _FORK.RawArray("L", _SLOTS)  # each process counts its own
        self._mailed = _FORK.RawArray("L", _SENDERS)
        self._answers = _FORK.Queue()
        self._changes = [_FORK.Queue() for _ in range(_REACTORS)]

    def services(self) -> wiring.Services:
        return wiring.Services(self._settings, lake=InMemoryLake(), limits_keys=False)

    def bound(self) -> float:
        """Conditional puts a second, by as many processes as we use, and nothing else."""
        made = _FORK.RawArray("L", _SLOTS)
        puts = [_FORK.Process(target=self._put, args=(slot, made), daemon=True) for slot in range(_SLOTS)]
        with _running(puts):
            _until(lambda: all(made), "the first put of each process")
            before, began = sum(made), time.monotonic()
            time.sleep(_BOUND_SECONDS)
            return float(sum(made) - before) / (time.monotonic() - began)

    def _put(self, slot: int, made: Any) -> None:
        dynamodb, number = boto3.session.Session().client("dynamodb"), 0
        while True:
            item = {"pk": {"S": f"bound#{slot}#{number}"}, "sk": {"S": "x"}, "b": {"S": "x" * 500}}
            condition = "attribute_not_exists(pk)"
            dynamodb.put_item(TableName=self._settings.catalog, Item=item, ConditionExpression=condition)
            number += 1
            made[slot] = number

    def people_come(self) -> None:
        """Before anything is timed; and nothing of that is in the stream any more when it begins."""
        wired = self.services()
        ours.apply(wired, _documents())
        with _silent(), ours.collecting(wired) as collect:
            for start in Progress("people come", PEOPLE // 100).over(range(0, PEOPLE, 100)):
                people = [_told(number) for number in range(start, start + 100)]
                _accepted(collect(ours.request(people, at=wired.now())))

    def play(self, seconds: float, *, bound: float, decided: float) -> Sustained:
        requests, before = max(int(seconds * OFFERED / _BATCH), _COLLECTORS), self._kept()
        asked = requests * _BATCH // 2
        began = time.time() + 3  # once every process is up
        work = [
            *((self._collect, (slot, began, requests)) for slot in range(_COLLECTORS)),
            *((self._react, (slot,)) for slot in range(_REACTORS)),
            *((self._deliver, (slot,)) for slot in range(_SENDERS)),
            (self._read_stream, ()),
        ]
        with _running([_FORK.Process(target=target, args=args, daemon=True) for target, args in work]):
            replies: list[tuple[float, float]] = []
            line = Progress("mails out", asked)

            def are_out() -> bool:
                while not self._answers.empty():
                    replies.extend(self._answers.get())
                line.at(sum(self._mailed))
                return len(replies) == requests and sum(self._mailed) >= asked

            _until(are_out, f"{asked} mails", within=_PATIENCE + 20 * seconds)
            calls = sum(self._calls)
        mails = self._mails_by_person()
        waited, last = self._checked(mails, requests, began)
        kept = self._kept() - before
        if kept != requests * _BATCH:
            raise WrongAnswer(f"{kept:,} events are kept of {requests * _BATCH:,}")
        ended = max(reply for _, reply in replies)
        return Sustained(
            seconds=last - began,
            events=requests * _BATCH,
            mails=asked,
            events_a_second=requests * _BATCH / (ended - began),
            sends_a_second=asked / (last - began),
            replies=_times([reply - due for due, reply in replies]),
            mailed=_times(waited),
            calls=calls,
            calls_a_second=calls / (last - began),
            bound=bound,
            decisions_a_second=decided,
        )

    # ── one process each ────────────────────────────────────────────────────────────────────────

    def _counted(self, place: int) -> None:
        """Calls of whatever client this process builds from now on are counted."""

        def count(**_: object) -> None:
            self._calls[place] += 1

        boto3.setup_default_session()
        boto3.DEFAULT_SESSION.events.register("before-call", count)

    def _collect(self, slot: int, began: float, requests: int) -> None:
        """Offers its share of the requests, each when it is due or, where it is late, at once."""
        self._counted(slot)
        with _silent(), ours.collecting(self.services()) as collect:
            for number in range(slot, requests, _COLLECTORS):
                due = _due(number, began)
                time.sleep(max(0.0, due - time.time()))
                _accepted(collect(ours.request(_events(number), at=datetime.now(UTC))))
                self._answers.put([(due, time.time())])

    def _read_stream(self) -> None:
        """What the event source does: filters, and hands the changes of one person to one reader, in their order."""
        for record in stream_of(self._settings.people):
            place = record["dynamodb"]["Keys"]["pk"]["S"]
            self._changes[hash(place) % _REACTORS].put(record)

    def _react(self, slot: int) -> None:
        from functions.react.handler import handler

        self._counted(_COLLECTORS + slot)
        waiting = self._changes[slot]
        with _silent(), wiring.installed(self.services()):
            while True:
                records = [waiting.get()]
                while not waiting.empty() and len(records) < 100:
                    records.append(waiting.get())
                answer = handler({"Records": records}, LocalContext(Function.REACT, "bench"))
                if answer["batchItemFailures"]:
                    raise WrongAnswer(f"react gave back {len(records)} changes")

    def _deliver(self, slot: int) -> None:
        from functions.deliver.handler import handler

        self._counted(_COLLECTORS + _REACTORS + slot)
        sqs = boto3.client("sqs")
        with _silent(), wiring.installed(self.services()):
            while True:
                found = sqs.receive_message(QueueUrl=self._mails, MaxNumberOfMessages=10).get("Messages", ())
                if not found:
                    time.sleep(0.05)
                    continue
                records = [{"messageId": each["MessageId"], "body": each["Body"]} for each in found]
                told = handler({"Records": records}, LocalContext(Function.DELIVER, "bench"))
                left = {each["itemIdentifier"] for each in told["batchItemFailures"]}
                done = [each for each in found if each["MessageId"] not in left]
                receipts = [{"Id": e["MessageId"], "ReceiptHandle": e["ReceiptHandle"]} for e in done]
                if receipts:
                    sqs.delete_message_batch(QueueUrl=self._mails, Entries=receipts)
                self._mailed[slot] += len(done)

    # ── afterwards ──────────────────────────────────────────────────────────────────────────────

    def _mails_by_person(self) -> Mapping[str, list[float]]:
        with urlopen(f"{self._providers}/outbox.json?channel=email", timeout=120) as answer:  # noqa: S310  loopback
            outbox: list[Json] = json.load(answer)
        mails: defaultdict[str, list[float]] = defaultdict(list)
        for mail in outbox:
            mails[mail["to"][0]].append(datetime.fromisoformat(mail["at"]).timestamp())
        return {to: sorted(times) for to, times in mails.items()}

    def _checked(
        self, mails: Mapping[str, list[float]], requests: int, began: float
    ) -> tuple[list[float], float]:
        """How long each mail took from when its event was due, and when the last went out."""
        due: defaultdict[str, list[float]] = defaultdict(list)
        for number in range(requests):
            for place in range(0, _BATCH, 2):
                due[_mailbox(_who(number, place))].append(_due(number, began))
        wanted, got = (Counter({to: len(times) for to, times in each.items()}) for each in (due, mails))
        if wanted != got:
            raise WrongAnswer(f"{(wanted - got).total()} mails are lost, {(got - wanted).total()} too many")
        waited = [went - was for to in due for was, went in zip(sorted(due[to]), mails[to], strict=True)]
        return waited, max(times[-1] for times in mails.values())

    def _kept(self) -> int:
        """Events in the timelines."""
        pages = (
            boto3.client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self._settings.people,
                FilterExpression="begins_with(sk, :event)",
                ExpressionAttributeValues={":event": {"S": "e#"}},
                Select="COUNT",
            )
        )
        return sum(page["Count"] for page in pages)


def _documents() -> Documents:
    """The sample workspace, in which an event asks for a transactional mail."""
    found = dict(documents())
    thanks = dict(found["campaign", "order-thanks"])
    written = json.dumps(found["template", "preferences-link-email"]).replace(
        "links.visit", "brand.support_url"
    )
    found["template", "hello-email"] = {**json.loads(written), "id": "hello-email"}
    mail = {"channel": "email", "template": "hello-email"}
    found["campaign", "hello"] = {
        **thanks, "id": "hello", "name": "Hello", "trigger": {"type": "event", "event": ASKED}, **mail,
    }  # fmt: skip
    return found


def _who(request: int, place: int) -> int:
    return (request * _BATCH + place) % PEOPLE


def _mailbox(number: int) -> str:
    return f"mail-{number}@people.example"


def _due(request: int, began: float) -> float:
    return began + request * _BATCH / OFFERED


def _told(number: int) -> Json:
    zone = {"country": "US", "timezone": "America/New_York"}
    traits = {"email": _mailbox(number), "first_name": "Ada", **zone}
    return {"type": "identify", "userId": f"mail-{number}", "messageId": f"told-{number}", "traits": traits}


def _events(request: int) -> list[Json]:
    """Every second asks for a mail."""
    return [
        {
            "type": "track",
            "event": "Product Viewed" if place % 2 else ASKED,
            "userId": f"mail-{_who(request, place)}",
            "messageId": f"sustained-{request}-{place}",
        }
        for place in range(_BATCH)
    ]


def _accepted(reply: Json) -> None:
    if reply["statusCode"] != 200:
        raise WrongAnswer(f"/v1/batch answered {reply['statusCode']}: {reply['body']}")


def _times(seconds: Sequence[float]) -> Times:
    ordered = sorted(seconds)
    return Times(ordered[len(ordered) // 2], ordered[min(len(ordered) * 99 // 100, len(ordered) - 1)])


@contextmanager
def _running(processes: Sequence[Any]) -> Iterator[None]:
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


@contextmanager
def _silent() -> Iterator[None]:
    """Without what Lambda takes for its log."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        yield


def _until(holds: Callable[[], bool], what: str, *, within: float = 60.0) -> None:
    until = time.monotonic() + within
    while not holds():
        if time.monotonic() > until:
            raise WrongAnswer(f"after {within:.0f} s still waiting for {what}")
        time.sleep(0.05)
