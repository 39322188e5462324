"""A campaign, receipts and welcomes while every wire of every function throttles, hangs up and loses replies.

    KIZUNA_STORM_PEOPLE     how many people (100)
    KIZUNA_STORM_STORES     share of each fault at the calls to tables, queues and the bus (0.005)
    KIZUNA_STORM_PROVIDERS  the same at the providers (0.03)
    KIZUNA_STORM_DEATHS     at every so-manyth call of a provider the function is killed (20; 0: never)

What a clock would do comes sooner: the sweep of every minute is rung every few seconds, and a queue brings again what
a function left or died with as soon as that may not run any more, which is after a sixth of its usual time. What a
storm leaves to a lease is waited for.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from segment.analytics.client import Client

from kizuna.adapters.tables.messages_codec import message_from_item
from kizuna.adapters.tables.people_keys import MESSAGE
from kizuna.core.messages import Message, State
from kizuna.topology import FUNCTIONS, QUEUES, Function, Queue
from tests.e2e import wire
from tests.e2e.callers import CAN_KILL
from tests.e2e.company import Company, Json, front_door, hold
from tests.e2e.deployment import ROOT, Deployed
from tests.e2e.judge import Verdict, judge
from tests.e2e.processes import Failed
from tests.e2e.progress import Progress

PEOPLE = int(os.environ.get("KIZUNA_STORM_PEOPLE", "100"))
STORES = float(os.environ.get("KIZUNA_STORM_STORES", "0.005"))
PROVIDERS = float(os.environ.get("KIZUNA_STORM_PROVIDERS", "0.03"))
DEATHS = int(os.environ.get("KIZUNA_STORM_DEATHS", "20")) if CAN_KILL else 0
PATIENCE = 900.0  # seconds; a lease is over after three minutes
_AND_A_MOMENT = 15  # seconds, beside the longest time that the function of a queue may run
_EACH = 5  # every fifth person orders four times, becomes loyal, and is welcomed on the phone
_SWEEP_EVERY = 5.0  # seconds
_AT_REST_FOR = 2  # looks one after the other
_SEGMENT = """id: in-the-storm
name: Those whom the storm is about
when: { trait: plan, op: eq, value: storm }
"""
_ENDED = frozenset({State.SENT, State.UNKNOWN, State.FAILED, State.DENIED, State.EXPIRED})


def a_campaign_goes_out_in_a_storm(stack: Deployed) -> None:
    """Nobody is written to twice, nothing is lost in silence, and what is in doubt says so."""
    storm = _Storm(Company(stack))
    storm.is_defined()
    storm.queues_bring_again_soon()
    stack.weather.storm(stores=STORES, providers=PROVIDERS, deaths=DEATHS)
    storm.people_buy()
    storm.the_campaign_is_started()
    storm.all_comes_to_rest()
    storm.judged("before any report")
    storm.reports_clear_up_what_was_in_doubt()
    stack.weather.calm()


class _Storm:
    def __init__(self, company: Company) -> None:
        self._company, self._stack = company, company.stack
        self._brought_back = 0
        self._before = frozenset(row.id for row in _messages(company.stack))

    # ── what happens ────────────────────────────────────────────────────────────────────────────

    def is_defined(self) -> None:
        more = {"segments/in-the-storm.yaml": _SEGMENT}
        in_a_year = datetime.now(UTC) + timedelta(days=365)
        self._company.apply(runs_at=in_a_year, audience="in-the-storm", more=more)

    def queues_bring_again_soon(self) -> None:
        longest = {spec.name: spec.timeout for spec in FUNCTIONS}
        for spec in QUEUES:
            if spec.consumer is not None:
                self._stack.client("sqs").set_queue_attributes(
                    QueueUrl=self._stack.outputs[f"Queue{_camel(spec.name.value)}"],
                    Attributes={"VisibilityTimeout": str(longest[spec.consumer] + _AND_A_MOMENT)},
                )

    def people_buy(self) -> None:
        key = self._company.kizuna("keys", "create", "--source", "shop", "--kind", "server")["key"]
        errors: list[Exception] = []
        with front_door(self._stack) as host:
            sdk = Client(
                key, host=host, gzip=False, on_error=lambda error, batch: errors.append(error), timeout=60
            )
            for number in Progress("people buy", PEOPLE).over(range(PEOPLE)):
                sdk.identify(_user(number), _traits(number), context=_device(number))
                for order in range(_orders(number)):
                    bought = {"order_id": f"{_user(number)}-{order}", "revenue": 20.5, "currency": "USD"}
                    sdk.track(_user(number), "Order Completed", bought)
            sdk.flush()
            sdk.join()
        hold(not errors, f"the SDK reported {errors}")

    def the_campaign_is_started(self) -> None:
        """Once everybody is known: whoever was put on the ingest queue is so a moment later."""
        before_it = self._intended - PEOPLE

        def everybody_is_known() -> bool:
            return len(self._rows()) >= before_it

        self._company.until(everybody_is_known, f"{before_it} texts and pushes", within=PATIENCE, every=2)
        self._company.until(self._has_started, "the campaign to start", within=PATIENCE, every=2)

    def _has_started(self) -> bool:
        """A segment that is new has to be filled first; then the command starts the run, and says no more."""
        try:
            self._company.kizuna("campaign", "start", "win-back")
        except Failed as failure:
            if "backfill" not in str(failure):
                raise
            return False
        return True

    # ── until nothing moves ─────────────────────────────────────────────────────────────────────

    def all_comes_to_rest(self) -> None:
        progress, quiet, until = Progress("messages at rest", self._intended), 0, time.monotonic() + PATIENCE
        while quiet < _AT_REST_FOR:
            self._sweep()
            time.sleep(_SWEEP_EVERY)
            rows, waiting, brought_back = self._rows(), self._waiting(), self._redriven()
            self._brought_back += brought_back
            ended = sum(row.state in _ENDED for row in rows)
            if 2 * ended > self._intended:  # who dies late makes everybody wait for one more lease
                self._stack.weather.nobody_dies_any_more(providers=PROVIDERS)
            progress.at(ended, f"{waiting} on queues")
            moves = waiting or brought_back or ended < len(rows) or len(rows) < self._intended
            quiet = 0 if moves else quiet + 1
            if time.monotonic() > until:
                left = Counter(f"{row.campaign} {row.state}" for row in rows if row.state not in _ENDED)
                raise Failed(
                    f"after {PATIENCE:.0f} s {ended} of {self._intended} messages have ended, {waiting} are on queues"
                    f"; on the way: {dict(left)}"
                )

    @property
    def _intended(self) -> int:
        """A mail for everybody, a text for each order, a push for whoever became loyal."""
        loyal = sum(_orders(number) > 1 for number in range(PEOPLE))
        return PEOPLE + sum(_orders(number) for number in range(PEOPLE)) + loyal

    def _sweep(self) -> None:
        names = [each["FunctionName"] for each in self._stack.client("lambda").list_functions()["Functions"]]
        (wake,) = (name for name in names if f"-{Function.WAKE}" in name.lower())
        event = (ROOT / "events" / "schedule" / "wake.json").read_bytes()
        self._stack.client("lambda").invoke(FunctionName=wake, InvocationType="Event", Payload=event)

    def _waiting(self) -> int:
        sqs, waiting = self._stack.client("sqs"), 0
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        for spec in (spec for spec in QUEUES if spec.consumer is not None):
            url = self._stack.outputs[f"Queue{_camel(spec.name.value)}"]
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            waiting += sum(int(number) for number in found.values())
        return waiting

    # ── afterwards ──────────────────────────────────────────────────────────────────────────────

    def _redriven(self) -> int:
        """What lies with the dead letters, or could not be taken when it came, is sent back, as somebody on duty
        would; how many records. All has come to rest only when none lies there any more."""
        sqs, moved = self._stack.client("sqs"), 0
        for dead, home in self._resting_places():
            while found := sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10).get("Messages", ()):
                for each in found:
                    sqs.send_message(QueueUrl=home, MessageBody=each["Body"])
                    sqs.delete_message(QueueUrl=dead, ReceiptHandle=each["ReceiptHandle"])
                moved += len(found)
        return moved

    def _resting_places(self) -> Iterator[tuple[str, str]]:
        """Where records lie that nobody takes by himself, and where they come home."""
        outputs = self._stack.outputs
        for spec in QUEUES:
            queue = outputs[f"Queue{_camel(spec.name.value)}"]
            if spec.consumer is None:
                yield queue, outputs[f"Queue{_camel(Queue.WAKE.value)}"]  # as `kizuna repair` does
            else:
                yield outputs[f"Dead{_camel(spec.name.value)}"], queue

    def judged(self, when: str) -> Verdict:
        verdict = judge(self._states(), self._accepted(), intended=self._intended)
        if verdict.faults:
            raise Failed("; ".join(verdict.faults[:20]))
        failed = [row for row in self._rows() if row.state not in (State.SENT, State.UNKNOWN)]
        hold(
            not failed,
            f"somebody was not written to: {Counter(f'{row.state} {row.reason}' for row in failed)}",
        )
        told = self._stack.weather.told()
        for place in ("stores", "providers"):
            hold(sum(told[place].values()) > 0, f"nothing went wrong at the {place}: this was no storm")
        died = sum(told["providers"][each] for each in wire.DEATHS)
        hold(bool(died) or not DEATHS or self._intended < 2 * DEATHS, "no function died: this was no storm")
        _say(
            f"  {when}: {verdict.intended} intended, SENT {verdict.sent} ≤ {verdict.distinct} taken ≤ SENT + UNKNOWN "
            f"{verdict.sent + verdict.unknown}; none doubled, {self._brought_back} brought back by hand; "
            f"went wrong: {dict(told['stores'])} at the stores, "
            f"{dict(told['providers'])} at the providers"
        )
        return verdict

    def reports_clear_up_what_was_in_doubt(self) -> None:
        """Mails and texts report back: whatever of them was taken is SENT in the end, by the same wires."""
        accepted = set(self._accepted())
        doubtful = {row.id for row in self._rows() if row.state is State.UNKNOWN and row.channel != "push"}
        wanted = doubtful & accepted

        def are_cleared_up() -> bool:
            self._stack.carry_feedback(of=doubtful)
            states = self._states()
            return all(states[message] is State.SENT for message in wanted)

        self._company.until(
            are_cleared_up, f"the reports of {len(wanted)} messages", within=PATIENCE, every=2
        )
        self.judged("after the reports")

    def _rows(self) -> list[Message]:
        return [row for row in _messages(self._stack) if row.id not in self._before]

    def _states(self) -> dict[str, State]:
        return {row.id: row.state for row in self._rows()}

    def _accepted(self) -> list[str]:
        taken: list[Json] = self._company.outbox()
        return [each["tags"]["send_id"] for each in taken if each["tags"]["send_id"] not in self._before]


def _messages(stack: Deployed) -> Iterator[Message]:
    """Every message of the stack, read beside the wires."""
    pages = (
        stack.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=stack.outputs["TablePeople"],
            FilterExpression="sk = :message",
            ExpressionAttributeValues={":message": {"S": MESSAGE}},
        )
    )
    for page in pages:
        yield from map(message_from_item, page["Items"])


def _user(number: int) -> str:
    return f"storm-{number}"


def _orders(number: int) -> int:
    return 4 if number % _EACH == 0 else 1


def _traits(number: int) -> dict[str, Any]:
    return {
        "email": f"{_user(number)}@people.example",
        "phone": f"+1202556{number:04d}",
        "first_name": "Storm",
        "country": "US",
        "timezone": "America/New_York",
        "plan": "storm",
    }


def _device(number: int) -> Json:
    subscribed = [
        {"key": f"{_user(number)}@people.example", "type": "EMAIL", "status": "SUBSCRIBED"},
        {"key": f"token-of-{_user(number)}", "type": "PUSH", "status": "SUBSCRIBED"},
    ]
    return {
        "device": {"type": "ios", "token": f"token-of-{_user(number)}"},
        "messaging_subscriptions": subscribed,
    }


def _camel(name: str) -> str:
    return name.title().replace("-", "")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  (a command's own output)
