"""CPU per sent e-mail: from its id on the queue to SENT in its row, and how much of that is the SDK.

1. an emulator answers once, and every message must have been accepted
2. its replies are played back, so that boto3 does everything except the network

"Ours" is what passes outside of boto3's calls while messages are sent, by a clock around each call. The SDK's own is
told twice: what passes inside of these calls, which go through our clients (another encoder, no check of each
attribute, a name of our own), and the same calls with the same parameters alone, by clients as `boto3.client` gives
them. Whatever plays the replies back counts on the SDK's side, in both.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from time import process_time_ns
from typing import Any

import boto3
from botocore import xform_name

from benchmarks.messages import documents, told
from benchmarks.sides import WrongAnswer
from benchmarks.tape import Tape, answering
from benchmarks.timing import Timed, by_turns
from benchmarks.watched import watched
from kizuna.adapters.clients import sending_client
from kizuna.adapters.senders.ses import SesEmailSender
from kizuna.core.campaigns import TRIGGERED
from kizuna.core.catalog import Catalog
from kizuna.core.decide import Occasion
from kizuna.core.messages import State
from kizuna.runtime.wiring import Services
from kizuna.usecases.decisions.deciding import decide_and_store
from kizuna.usecases.delivery.deliver import Deliverer, deliver

MESSAGES = 100
GOAL = 1 / 3  # of the SDK's own work, at most
_WHOLE, _PLAIN = "whole", "calls by plain boto3"
_NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)  # noon in New York: nobody's quiet hours
_SERVICES = ("dynamodb", "sesv2")


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds of CPU per message, the calls that one takes, and bytes of memory."""

    whole: Timed
    inside: Timed  # of the calls, while messages are sent
    plain: Timed  # the same calls alone, by clients as boto3 gives them
    calls: dict[str, float]
    kept: float  # bytes that stay for each message, once all that is remembered of its template is there
    peak: float  # bytes for one message at a time

    @property
    def outside(self) -> Timed:
        whole, inside = self.whole.rounds, self.inside.rounds
        return Timed(tuple(all_ - calls for all_, calls in zip(whole, inside, strict=True)))

    @property
    def share(self) -> float:
        """Of the whole, what is not the SDK's."""
        return self.outside.median / self.whole.median

    @property
    def ratio(self) -> float:
        """Our work as a part of that of the calls as we make them."""
        return self.outside.median / self.inside.median

    @property
    def ratio_to_plain(self) -> float:
        """Our work as a part of that of the calls as boto3 makes them."""
        return self.outside.median / self.plain.median

    def to_json(self) -> dict[str, Any]:
        return {
            "microseconds_per_message": 1e6 * self.whole.median,
            "microseconds_outside_the_calls": 1e6 * self.outside.median,
            "microseconds_inside_the_calls": 1e6 * self.inside.median,
            "microseconds_of_the_calls_by_plain_boto3": 1e6 * self.plain.median,
            "share_outside_the_sdk": self.share,
            "ours_by_the_calls_as_we_make_them": self.ratio,
            "ours_by_the_calls_as_boto3_makes_them": self.ratio_to_plain,
            "goal": GOAL,
            "calls_per_message": self.calls,
            "bytes_kept_per_message": self.kept,
            "bytes_at_most": self.peak,
        }


def measure(*, rounds: int = 5, progress: Callable[[str], None] = lambda what: None) -> Row:
    """Raises WrongAnswer unless each message was sent, while recording and at each playing."""
    progress("delivery: checking the answers")
    with watched(documents(), start=_NOON) as cloud:
        cloud.collect([told(number) for number in range(MESSAGES)])
        cloud.cloud.settle()
        wired = cloud.cloud.services
        catalog = wired.catalog.current(fresh=True)
        messages = _decided(wired, catalog)
        clients = {"dynamodb": wired._dynamodb, "sesv2": sending_client("sesv2")}
        plain = boto3.Session()  # that of the local cloud spares its clients work
        as_boto3_gives_them = {service: plain.client(service) for service in _SERVICES}
        on = _deliverer(wired, clients["sesv2"])
        tapes = {service: Tape() for service in _SERVICES}
        work = partial(_deliver, messages, on, catalog)
        with ExitStack() as recording:
            for service, tape in tapes.items():
                recording.enter_context(tape.recording(clients[service], service=service))
            work()
    progress("delivery: the whole, and its calls alone")
    inside = _Clock()
    calls = [(as_boto3_gives_them[service], call) for service, tape in tapes.items() for call in tape.calls]
    with ExitStack() as playing:  # without the emulator: it would answer beside the tape
        for service, tape in tapes.items():
            playing.enter_context(tape.replaying(clients[service], service=service))
            playing.enter_context(answering(as_boto3_gives_them[service], tape.calls, service=service))
            playing.enter_context(inside.around(clients[service], {call.operation for call in tape.calls}))
        found = by_turns({_WHOLE: inside.told_of(work), _PLAIN: partial(_call, calls)}, rounds=rounds)
        kept, peak = _memory(messages, on, catalog)
    each = {name: _of_one(timed.rounds) for name, timed in found.items()}
    counted = Counter(call.operation for _, call in calls)
    return Row(
        each[_WHOLE],
        _of_one(inside.rounds[-rounds:]),
        each[_PLAIN],
        {name: number / MESSAGES for name, number in counted.items()},
        kept,
        peak,
    )


def _of_one(seconds: Sequence[float]) -> Timed:
    return Timed(tuple(each / MESSAGES for each in seconds))


class _Clock:
    """Seconds of CPU that passed inside of the calls of clients, for each piece of work."""

    def __init__(self) -> None:
        self.rounds: list[float] = []
        self._inside = 0

    def told_of(self, work: Callable[[], None]) -> Callable[[], None]:
        def timed() -> None:
            self._inside = 0
            work()
            self.rounds.append(self._inside / 1e9)

        return timed

    @contextmanager
    def around(self, client: Any, operations: Collection[str]) -> Iterator[None]:
        names = [xform_name(operation) for operation in operations]
        for name in names:
            setattr(client, name, self._timed(getattr(client, name)))
        try:
            yield
        finally:
            for name in names:
                delattr(client, name)

    def _timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(**params: Any) -> Any:
            started = process_time_ns()
            try:
                return call(**params)
            finally:
                self._inside += process_time_ns() - started

        return timed


def _memory(messages: Sequence[str], on: Deliverer, catalog: Catalog) -> tuple[float, float]:
    """Bytes that stay for each message, and those taken at once by one."""
    gc.collect()
    tracemalloc.start()
    try:
        for message in messages[: MESSAGES // 2]:  # what is remembered of tags, numbers and addresses fills
            deliver(message, on, catalog, now=_NOON)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for message in messages[MESSAGES // 2 :]:
            deliver(message, on, catalog, now=_NOON)
        _, peak = tracemalloc.get_traced_memory()
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (after - before) / (MESSAGES - MESSAGES // 2), peak - before


def _decided(wired: Services, catalog: Catalog) -> Sequence[str]:
    """A promotional mail of the sample workspace for everybody, waiting for its sender."""
    campaign = catalog.campaigns["hello"]
    users = [("user_id", f"mail-{number}") for number in range(MESSAGES)]
    people = wired.people.profiles(wired.people.owners(users).values())
    occasion = Occasion(campaign, catalog.version_of("campaign", campaign.id), TRIGGERED, since=_NOON)
    return [
        decided.message.id
        for profile in people.values()
        for decided in decide_and_store(
            profile, occasion, ledger=wired.ledger, messages=wired.messages, catalog=catalog, now=_NOON
        )
    ]


def _deliverer(wired: Services, ses: Any) -> Deliverer:
    """As the function has it, but the same bytes each time: a tape knows a request by them."""
    return Deliverer(
        people=wired.people,
        ledger=wired.ledger,
        messages=wired.messages,
        senders={"email": SesEmailSender(ses, configuration_set="bench")},
        link_keys=wired.secrets.link_keys,
        base_url=wired.base_url,
        randomness=bytes,
    )


def _deliver(messages: Sequence[str], on: Deliverer, catalog: Catalog) -> None:
    states = Counter(deliver(message, on, catalog, now=_NOON) for message in messages)
    if states != {State.SENT: MESSAGES}:
        raise WrongAnswer(f"{MESSAGES} messages were to be sent: {dict(states)}")


def _call(calls: Sequence[tuple[Any, Any]]) -> None:
    """Just the calls, with everything else left out."""
    for client, call in calls:
        getattr(client, xform_name(call.operation))(**call.params)
