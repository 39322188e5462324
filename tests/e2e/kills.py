"""`python -m tests.e2e.kills SENDS KILLS SEED SHARE`: senders are killed by SIGKILL, and nobody is written to twice.

    queue ─▶ workers: the real function, in processes of their own ─ wire ─▶ provider double
                │ ✗ killed at any moment, another takes its place              its outbox is what the judge believes
                └─ wire ─▶ ministack: the tables

A worker takes ten records a call, as Lambda would hand them over, and has one message in its hands at a time. What
a killed one had not acknowledged is brought again. What is put off comes again once its time has come; when all is
done, leases are over, and reports come back. With a SHARE above 0 every call of the function goes by a wire that
throttles, cuts connections, fails and loses replies, each at that share (`tests/e2e/wire.py`). Every ten seconds a
line says how far it is.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import boto3

from functions.deliver.handler import handler
from kizuna.core.catalog import differences
from kizuna.core.contracts import AlarmRang
from kizuna.core.ids import address_id
from kizuna.core.messages import CLOCK_SKEW, LEASE, Message, State
from kizuna.core.provider_reports import read_report
from kizuna.local.functions import LocalContext
from kizuna.local.tables import table_request
from kizuna.runtime import wiring
from kizuna.runtime.settings import Settings
from kizuna.topology import CHANNEL_QUEUES, TABLES, Function
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.outcomes import feedback
from kizuna.usecases.reacting import react
from tests.e2e.emulators import emulators
from tests.e2e.processes import LOOPBACK, Failed, free_port, plain_environment, server
from tests.e2e.progress import Progress
from tests.e2e.wire import FAULTS, TOLD_AT
from tests.support.builders import CAMPAIGN, NOON, a_message, new, some_documents
from tests.support.customers import DAILY, subscribe

WORKERS = 8
IN_FLIGHT = 1  # messages that a worker has in its hands at a time
PEOPLE = 100
_BATCH = 10  # records of a call of the function, as the queue's event source has it
_A_BATCH_TAKES = 0.5  # seconds, about: a kill comes at any moment of one
INVISIBLE = 30  # seconds until the queue brings again what a killed worker had
_ROUNDS = 10  # in which what was put off comes again
_ALL = 10_000_000  # reports: more than there can be
PATIENCE = 7_200.0  # seconds for all of it
_CONTEXT: Any = LocalContext(Function.DELIVER, "kills")
_FORK: Any = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class Figures:
    """How it ended. `unknown` before any report came back, `left` after."""

    sends: int
    kills: int
    seconds: float
    taken: int  # by the provider's outbox
    doubled: int
    lost: int  # neither in the outbox nor UNKNOWN, or SENT and not in the outbox
    unknown: int
    left: int
    states: dict[str, int]
    wire: dict[str, int]  # how often each thing happened there

    @property
    def hurt(self) -> int:
        """How many calls came to harm on the wire."""
        return sum(number for fault, number in self.wire.items() if fault in FAULTS)

    @property
    def is_right(self) -> bool:
        return (
            not self.doubled
            and not self.lost
            and self.unknown <= self.kills * IN_FLIGHT + self.hurt
            and self.states.get("SENT", 0) + self.left == sum(self.states.values()) == self.sends
        )


def main(sends: int, kills: int, seed: int = 1, share: float = 0.0) -> int:
    folder = Path(mkdtemp(prefix="kizuna-kills-"))
    try:
        with standing(folder, share=share, seed=seed) as stand:
            figures = stand.play(sends, kills, random.Random(seed))
    except Failed as failure:
        _say(f"✗ {failure}\nlogs: {folder}")
        return 1
    _say(json.dumps({name: getattr(figures, name) for name in figures.__slots__}))
    if not figures.is_right:
        _say(
            f"✗ {figures.doubled} doubled, {figures.lost} lost, {figures.unknown} of unknown fate\nlogs: {folder}"
        )
        return 1
    told = f"{figures.sends:,} sends, {figures.kills} senders killed: 0 doubled, 0 lost, {figures.unknown} UNKNOWN"
    _say(f"✓ {told}, {figures.left} once the reports came ({figures.seconds:.0f} s)")
    if figures.wire:
        _say(f"  on the wire: {figures.wire}")
    shutil.rmtree(folder)
    return 0


@contextmanager
def standing(folder: Path, *, share: float = 0.0, seed: int = 1) -> Iterator[Stand]:
    """The emulator and the provider double, each a process of its own, and the wires before them."""
    with emulators(folder) as found:
        if not share:
            yield Stand(found.providers, found.endpoint, {"": found.endpoint, "_SESV2": found.providers})
            return
        with (
            _wire(folder, "tables", found.endpoint, share, seed) as tables,
            _wire(folder, "mails", found.providers, share, seed + 1) as mails,
        ):
            led = {"": tables, "_SESV2": mails}
            yield Stand(found.providers, found.endpoint, led, wires=(tables, mails))


@contextmanager
def _wire(folder: Path, name: str, upstream: str, share: float, seed: int) -> Iterator[str]:
    """A wire before an endpoint, as a process of its own; its address."""
    port = free_port()
    command = [sys.executable, "-m", "tests.e2e.wire", str(port), upstream, str(share), str(seed)]
    at, log = f"http://{LOOPBACK}:{port}", folder / f"wire-{name}.log"
    with server(
        f"the wire of {name}", command, health=at + TOLD_AT, log=log, environment=plain_environment()
    ):
        yield at


class Stand:
    """Tables, a queue, people and what they are to be sent; and workers, for as long as they live."""

    def __init__(
        self, providers: str, endpoint: str, led: Mapping[str, str], *, wires: Sequence[str] = ()
    ) -> None:
        """`led` is where the calls of workers go, by the endings of boto3's variables for it."""
        self._providers, self._endpoint, self._led, self._wires = providers, endpoint, led, wires
        self._ahead = _FORK.RawValue("d", 0.0)  # seconds by which the clock was moved on
        self._began = datetime.now(UTC)
        self._queue = boto3.client("sqs").create_queue(
            QueueName="email", Attributes={"VisibilityTimeout": str(INVISIBLE)}
        )["QueueUrl"]
        for spec in TABLES:
            boto3.client("dynamodb").create_table(**table_request(spec, spec.name.value))
        secret = json.dumps({"current": "k1", "k1": "a secret that signs nothing of worth"})
        boto3.client("secretsmanager").create_secret(Name="links", SecretString=secret)
        self._settings = Settings(
            people="people",
            ledger="ledger",
            catalog="catalog",
            queues={CHANNEL_QUEUES["email"].value: self._queue},
            ses_configuration_set="kizuna",
            bus="bus",
            bucket="bucket",
            secret="links",
            base_url="https://links.example",
        )
        self._done = _FORK.RawArray("L", WORKERS)  # each worker's own: a killed one leaves no lock behind
        _ = self.services().senders["email"]  # read and imported before the fork: a worker starts at once

    def now(self) -> datetime:
        """It is a Monday noon whenever this runs: nobody's quiet hours are in the way."""
        return NOON + (datetime.now(UTC) - self._began) + timedelta(seconds=self._ahead.value)

    def services(self) -> wiring.Services:
        return wiring.Services(self._settings, clock=self.now)

    def play(self, sends: int, kills: int, chance: random.Random) -> Figures:
        messages = self._decided(sends)
        began = time.monotonic()
        killed = self._worked_off("sending", sends, kills, chance)
        for _ in range(_ROUNDS):
            waiting = self._come_again(messages)
            if not waiting:
                break
            self._worked_off("what was put off", waiting, 0, chance)
        seconds = time.monotonic() - began
        wired = self.services()
        rows = self._after_their_leases(wired, messages)
        _say("the judge reads what the provider took")
        unknown = [row.id for row in rows if row.state is State.UNKNOWN]
        outbox = Counter(mail["tags"]["send_id"] for mail in self._asked("outbox.json?channel=email"))
        self._hear(wired, set(unknown))
        heard = {row.id: wired.messages.get(row.id) for row in rows if row.state is State.UNKNOWN}
        after = [heard.get(row.id) or row for row in rows]
        gone = {State.SENT, State.UNKNOWN}
        wrong = [
            row.id
            for row in rows
            if (row.state is State.SENT and not outbox[row.id])
            or (row.state not in gone and outbox[row.id])
            or row.state in (State.PENDING, State.SENDING)
        ]
        return Figures(
            sends=sends,
            kills=killed,
            seconds=seconds,
            taken=sum(outbox.values()),
            doubled=sum(times > 1 for times in outbox.values()),
            lost=len(wrong) + len(outbox.keys() - set(messages)),
            unknown=len(unknown),
            left=sum(row.state is State.UNKNOWN for row in after),
            states=dict(Counter(str(row.state) for row in after)),
            wire=dict(sum((Counter(_json(wire + TOLD_AT)) for wire in self._wires), Counter())),
        )

    # ── before ──────────────────────────────────────────────────────────────────────────────────

    def _decided(self, sends: int) -> list[str]:
        """So many messages that wait, of many runs to some people; all on the queue."""
        wired = self.services()
        documents = some_documents(CAMPAIGN | DAILY)
        wired.catalog.apply(differences({}, documents), documents, now=self.now(), actor="test")
        catalog = wired.catalog.current(fresh=True)
        people = [f"u{number}" for number in range(min(PEOPLE, sends))]
        done = ingest(
            [subscribe(user) for user in people],
            people=wired.people, ledger=wired.ledger, catalog=catalog, now=self.now(), new_id=wired.new_profile_id,
        )  # fmt: skip
        if done.left_over or done.violations:
            raise Failed(f"the people were not taken in: {done}")
        owners = wired.people.owners([("user_id", user) for user in people])
        now = self.now()

        def make(number: int) -> str:
            user = people[number % len(people)]
            mailbox = f"{user}@example.com"
            message = a_message(
                owners["user_id", user],
                run=f"run-{number // len(people)}", campaign_version=1, address=mailbox,
                address_id=address_id("email", mailbox), created_at=now, changed_at=now,
                expires_at=now + timedelta(days=2),
            )  # fmt: skip
            wired.messages.create(new(message))
            return message.id

        with ThreadPoolExecutor(8) as pool:
            messages = list(Progress("deciding", sends).over(pool.map(make, range(sends))))
        for start in range(0, sends, 100):
            bodies = [{"message": message} for message in messages[start : start + 100]]
            wired.queues.send(CHANNEL_QUEUES["email"], bodies)
        return messages

    # ── meanwhile ───────────────────────────────────────────────────────────────────────────────

    def _worked_off(self, what: str, sends: int, kills: int, chance: random.Random) -> int:
        """Until the queue is empty; how many workers were killed while there was work."""
        workers = [self._worker(slot) for slot in range(WORKERS)]
        before, progress = sum(self._done), Progress(what, sends)
        at = sorted(chance.randrange(sends) for _ in range(kills))  # after how many messages each
        killed, until = 0, time.monotonic() + PATIENCE
        try:
            while not self._is_empty():
                if time.monotonic() > until:
                    raise Failed(f"after {PATIENCE:.0f} s {self._queued()} messages are left on the queue")
                while killed < kills and sum(self._done) - before >= at[killed]:
                    time.sleep(chance.uniform(0, _A_BATCH_TAKES))
                    slot = chance.randrange(WORKERS)
                    os.kill(workers[slot].pid, signal.SIGKILL)
                    workers[slot].join()
                    workers[slot] = self._worker(slot)
                    killed += 1
                progress.at(sum(self._done) - before, f"{killed} of {kills} killed" if kills else "")
                time.sleep(0.01)
        finally:
            for worker in workers:
                worker.kill()
                worker.join()
        return killed

    def _come_again(self, messages: list[str]) -> int:
        """The sweep: what waits in its row goes back to the queue, some time later; how many there are."""
        wired = self.services()
        with ThreadPoolExecutor(8) as pool:
            rows = list(
                Progress("looking what was put off", len(messages)).over(
                    pool.map(wired.messages.get, messages)
                )
            )
        waiting = [row.id for row in rows if row is not None and row.state is State.PENDING]
        self._ahead.value += 120.0 if waiting else 0.0
        for start in range(0, len(waiting), 100):
            bodies = [{"message": message} for message in waiting[start : start + 100]]
            wired.queues.send(CHANNEL_QUEUES["email"], bodies)
        return len(waiting)

    def _worker(self, slot: int) -> Any:
        worker = _FORK.Process(target=self._work, args=(slot,), daemon=True)
        worker.start()
        return worker

    def _work(self, slot: int) -> None:
        """What Lambda does with the queue: ten records a call, and those acknowledged that it did. It ends by being
        killed."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what Lambda takes for its log
        sqs = boto3.client("sqs", endpoint_url=self._endpoint)  # Lambda's own calls, not the function's
        os.environ.update({f"AWS_ENDPOINT_URL{ending}": url for ending, url in self._led.items()})
        with wiring.installed(self.services()):
            while True:
                found = sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=_BATCH).get(
                    "Messages", ()
                )
                if not found:
                    time.sleep(0.2)
                    continue
                records = [{"messageId": each["MessageId"], "body": each["Body"]} for each in found]
                told = handler({"Records": records}, _CONTEXT)
                left = {each["itemIdentifier"] for each in told["batchItemFailures"]}
                done = [each for each in found if each["MessageId"] not in left]
                self._done[slot] += len(done)
                if done:
                    receipts = [
                        {"Id": each["MessageId"], "ReceiptHandle": each["ReceiptHandle"]} for each in done
                    ]
                    sqs.delete_message_batch(QueueUrl=self._queue, Entries=receipts)

    def _is_empty(self) -> bool:
        """Looked at once in a second: it costs a call."""
        if time.monotonic() < getattr(self, "_look_at", 0.0):
            return False
        self._look_at = time.monotonic() + 1
        return not self._queued()

    def _queued(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = boto3.client("sqs").get_queue_attributes(QueueUrl=self._queue, AttributeNames=names)
        return sum(int(number) for number in found["Attributes"].values())

    # ── afterwards ──────────────────────────────────────────────────────────────────────────────

    def _after_their_leases(self, wired: wiring.Services, messages: list[str]) -> list[Message]:
        reactor = react.Reactor(
            wired.people, wired.ledger, wired.messages, wired.counters, wired.queues, wired.bus,
            wired.new_profile_id, wired.askings,
        )  # fmt: skip
        catalog, later = wired.catalog.current(), self.now() + LEASE + 2 * CLOCK_SKEW

        def look(message_id: str) -> Message:
            row = wired.messages.get(message_id)
            if row is not None and row.state is State.SENDING:
                react.ring(AlarmRang(kind="message", id=message_id), reactor, catalog, now=later)
                row = wired.messages.get(message_id)
            if row is None:
                raise Failed(f"{message_id} is gone")
            if row.state is State.FAILED:
                raise Failed(
                    f"{message_id} was refused: {row.decision.get('provider') or row.decision.get('error')}"
                )
            return row

        with ThreadPoolExecutor(8) as pool:
            return list(Progress("reading rows", len(messages)).over(pool.map(look, messages)))

    def _hear(self, wired: wiring.Services, wanted: set[str]) -> None:
        """What the provider reports of messages whose fate we do not know."""
        listener = feedback.Listener(
            wired.people, wired.ledger, wired.messages, wired.quarantine, wired.new_profile_id
        )
        catalog = wired.catalog.current()
        for report in self._asked(f"events.json?limit={_ALL}"):
            body = json.dumps(report["bus_event"])
            if any(tag in wanted for tag in report["bus_event"]["detail"]["mail"]["tags"].get("send_id", ())):
                told = read_report(body, received_at=self.now())
                if told is not None:
                    feedback.take(told, listener, catalog, now=self.now(), raw=body)

    def _asked(self, what: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = _json(f"{self._providers}/{what}")
        return found


def _json(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=120) as answer:  # noqa: S310  a loopback address of our own
        return json.load(answer)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    seed, share, *_ = (*sys.argv[3:], *("1", "0")[len(sys.argv[3:]) :])
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), int(seed), float(share)))
