"""CPU per sent e-mail: from its id on the queue to SENT in its row, and how much of that is the SDK.

1. an emulator answers once, and every message must have been accepted
2. its replies are played back, so that boto3 does everything except the network: the whole, and its calls alone
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from botocore import xform_name

from benchmarks.messages import documents, told
from benchmarks.sides import WrongAnswer
from benchmarks.tape import Tape
from benchmarks.timing import Timed, by_turns
from benchmarks.watched import watched
from kizuna.adapters.clients import sending_client
from kizuna.adapters.ses import SesEmailSender
from kizuna.core.campaigns import TRIGGERED
from kizuna.core.catalog import Catalog
from kizuna.core.decide import Occasion
from kizuna.core.messages import State
from kizuna.runtime.wiring import Services
from kizuna.usecases.deciding import decide_and_store
from kizuna.usecases.deliver import Deliverer, deliver

MESSAGES = 100
GOAL = 1 / 3  # of the SDK's own work, at most
_WHOLE, _CALLS = "whole", "calls alone"
_NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)  # noon in New York: nobody's quiet hours
_SERVICES = ("dynamodb", "sesv2")


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds of CPU per message, and the calls that one takes."""

    whole: Timed
    calls_alone: Timed
    calls: dict[str, float]

    @property
    def ours(self) -> float:
        return self.whole.median - self.calls_alone.median

    @property
    def share(self) -> float:
        """Of the whole, what is not the SDK's."""
        return self.ours / self.whole.median

    @property
    def ratio(self) -> float:
        """Our work as a part of the SDK's."""
        return self.ours / self.calls_alone.median

    def to_json(self) -> dict[str, Any]:
        return {
            "microseconds_per_message": 1e6 * self.whole.median,
            "microseconds_in_the_sdk": 1e6 * self.calls_alone.median,
            "share_outside_the_sdk": self.share,
            "ours_by_the_sdks": self.ratio,
            "goal": GOAL,
            "calls_per_message": self.calls,
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
        on = _deliverer(wired, clients["sesv2"])
        tapes = {service: Tape() for service in _SERVICES}
        work = partial(_deliver, messages, on, catalog)
        with ExitStack() as recording:
            for service, tape in tapes.items():
                recording.enter_context(tape.recording(clients[service], service=service))
            work()
    progress("delivery: the whole, and its calls alone")
    calls = [(clients[service], call) for service, tape in tapes.items() for call in tape.calls]
    with ExitStack() as playing:  # without the emulator: it would answer beside the tape
        for service, tape in tapes.items():
            playing.enter_context(tape.replaying(clients[service], service=service))
        found = by_turns({_WHOLE: work, _CALLS: partial(_call, calls)}, rounds=rounds)
    each = {
        name: Timed(tuple(seconds / MESSAGES for seconds in timed.rounds)) for name, timed in found.items()
    }
    counted = Counter(call.operation for _, call in calls)
    return Row(each[_WHOLE], each[_CALLS], {name: number / MESSAGES for name, number in counted.items()})


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
