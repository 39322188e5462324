"""What a million e-mails cost beside the provider: each unit counted under the step it went for.

    decide → queue → judge again → claim → send → save → feedback, and at each change of state the counters

People of the sample workspace ask for a mail by an event; the units of that event itself are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks import ours
from benchmarks.meter import CLAIM, COUNT, FACT, INDEX, STATE
from benchmarks.sides import WrongAnswer
from benchmarks.watched import Seen, watched
from benchmarks.workload import Json
from kizuna.cli.paths import WORKSPACE
from kizuna.cli.workspace_files import read_workspace
from kizuna.core.catalog import Documents
from kizuna.core.prices import US_EAST_1
from kizuna.topology import Function

PEOPLE = 20
ASKED = "Greeting Wanted"
_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
_QUEUE_CALLS = 3  # of one message at least: put, taken, deleted; ten may share one of each
_RECORDS = ("message", "guard", "pressure")
_FEEDBACK = 2  # events that SES reports of one mail here: sent and delivered


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the bill of a message. Units and requests are per message."""

    name: str
    writes: float
    reads: float
    requests: float = 0.0  # of SQS

    @property
    def dollars(self) -> float:
        """Per million messages."""
        prices = US_EAST_1
        return (
            self.writes * prices.write_units
            + self.reads * prices.read_units
            + self.requests * prices.queue_requests
        )


@dataclass(frozen=True, slots=True)
class Bill:
    """All steps of one message; `bytes` is the mean size of its item."""

    steps: tuple[Step, ...]
    bytes: int

    @property
    def dollars(self) -> float:
        return sum(step.dollars for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        steps = [
            {
                "step": s.name,
                "writes": s.writes,
                "reads": s.reads,
                "requests": s.requests,
                "dollars": s.dollars,
            }
            for s in self.steps
        ]
        return {"steps": steps, "message_bytes": self.bytes, "dollars_per_million": self.dollars}


def documents() -> Documents:
    """The sample workspace, with a source for our key and a mail that an event asks for."""
    sample = read_workspace(WORKSPACE).documents
    hello = {**sample["campaign", "win-back"], "id": "hello", "name": "Hello"}
    hello["trigger"] = {"type": "event", "event": ASKED}
    del hello["audience"]
    source = {"id": ours.SOURCE, "name": "The shop's back end"}
    return {**sample, ("source", ours.SOURCE): source, ("campaign", "hello"): hello}


def measure(*, progress: Callable[[str], None] = lambda what: None) -> Bill:
    """Raises WrongAnswer unless exactly one mail a person reached the provider."""
    progress("units: messages")
    with watched(documents(), start=_NOON) as cloud:
        cloud.collect([told(number) for number in range(PEOPLE)])
        cloud.cloud.settle()
        with cloud.seen() as seen:
            cloud.collect([_asked(number) for number in range(PEOPLE)])
            cloud.cloud.settle()
        sent = len(cloud.cloud.providers.outbox.messages(channel="email"))
    if sent != PEOPLE:
        raise WrongAnswer(f"{sent} mails reached the provider instead of {PEOPLE}")
    return Bill(_steps(seen), round(sum(seen.bill.sizes["message"]) / len(seen.bill.sizes["message"])))


def told(number: int) -> Json:
    """How somebody with a mailbox comes to be known."""
    zone = {"country": "US", "timezone": "America/New_York"}
    return {
        "type": "identify",
        "userId": f"mail-{number}",
        "messageId": f"mail-{number}-told",
        "timestamp": _NOON.isoformat(),
        "traits": {"email": f"mail-{number}@people.example", "first_name": "Ada", **zone},
    }


def _asked(number: int) -> Json:
    return {
        "type": "track",
        "event": ASKED,
        "userId": f"mail-{number}",
        "messageId": f"mail-{number}-asked",
        "timestamp": _NOON.isoformat(),
    }


def _steps(seen: Seen) -> tuple[Step, ...]:
    bill = seen.bill
    react, deliver, feedback = (f.value for f in (Function.REACT, Function.DELIVER, Function.FEEDBACK))

    def step(name: str, writes: float, reads: float, requests: float = 0.0) -> Step:
        return Step(name, writes / PEOPLE, reads / PEOPLE, requests / PEOPLE)

    known = (*_RECORDS, COUNT, "counter", CLAIM, STATE, FACT)
    return (
        step(
            "decide: message, guards, pressure",
            bill.writes(*_RECORDS, of=react),
            bill.reads(of=react) - bill.reads("definitions", COUNT, of=react),
        ),
        step("counters, at each change of state", bill.writes(COUNT, "counter"), bill.reads(COUNT)),
        step(
            "judge again, before sending", 0, bill.reads(of=deliver) - bill.reads("definitions", of=deliver)
        ),
        step("claim, with the reach version", bill.writes(CLAIM), 0),
        step("save what the provider said", bill.writes(STATE), 0),
        step(
            "feedback: facts and events of the person",
            bill.writes(FACT) + bill.writes(of=feedback) - bill.writes(*known, INDEX, of=feedback),
            bill.reads(of=feedback) - bill.reads("definitions", of=feedback),
        ),
        step("alarm index", bill.writes(INDEX), 0),
        step("queues", 0, 0, _QUEUE_CALLS * PEOPLE * (1 + _FEEDBACK)),
    )
