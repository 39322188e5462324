"""A channel's queue → one provider call for each message."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import TypeAdapter

from kizuna.adapters.clients import SEND_CONNECT_SECONDS, SEND_READ_SECONDS
from kizuna.core.contracts import SendMessage, SendProof
from kizuna.core.errors import Unavailable
from kizuna.core.messages import State
from kizuna.runtime.entrypoints import queue_handler
from kizuna.runtime.observability import metrics
from kizuna.runtime.wiring import Services, services
from kizuna.usecases.authoring.proofs import Prover, send_proof
from kizuna.usecases.campaigning.approvals import Approvals
from kizuna.usecases.delivery.deliver import Deliverer, deliver, put_off
from kizuna.usecases.journeys.withdrawing import Walks
from kizuna.usecases.outcomes.braking import Handbrake

# A message is claimed only if its one call can end within the time that is left (`delivery.md` 3, step 4).
CALL_SECONDS = SEND_CONNECT_SECONDS + SEND_READ_SECONDS + 5

_WORK: TypeAdapter[SendMessage | SendProof] = TypeAdapter(SendMessage | SendProof)


def _deliverer(
    wired: Services,
    patience: timedelta,
    brakes: Handbrake | None = None,
    approvals: Approvals | None = None,
    walks: Walks | None = None,
) -> Deliverer:
    return Deliverer(
        people=wired.people,
        ledger=wired.ledger,
        messages=wired.messages,
        senders=wired.senders,
        link_keys=wired.secrets.link_keys,
        base_url=wired.base_url,
        randomness=wired.randomness,
        turns=wired.turns,
        quotas=wired.quotas,
        brakes=brakes,
        approvals=approvals,
        walks=walks,
        patience=patience,
    )


def take(
    work: SendMessage | SendProof,
    wired: Services,
    now: datetime,
    *,
    context: Any,
    brakes: Handbrake,
    approvals: Approvals,
    walks: Walks,
) -> None:
    """A message may wait for its turn as long as its call can still end in time."""
    left = timedelta(milliseconds=context.get_remaining_time_in_millis()) - timedelta(seconds=CALL_SECONDS)
    on = _deliverer(wired, max(left, timedelta(0)), brakes, approvals, walks)
    if isinstance(work, SendProof):
        proof = send_proof(work.proof, _prover(wired, on.patience), wired.catalog.current(), now=now)
        metrics.add_metric(f"Proof{proof.state.title()}" if proof else "ProofMissing", unit="Count", value=1)
        return
    _count(deliver(work.message, on, wired.catalog.current(), now=now))


def _prover(wired: Services, patience: timedelta) -> Prover:
    return Prover(
        people=wired.people,
        ledger=wired.ledger,
        proofs=wired.proofs,
        senders=wired.senders,
        base_url=wired.base_url,
        turns=wired.turns,
        quotas=wired.quotas,
        patience=patience,
    )


def put_back(work: SendMessage | SendProof, wired: Services, now: datetime) -> None:
    """There is no time left in this call of the function: the message waits in its row, and its record is done. A
    proof has no sweep that would bring it back: its record stays on the queue."""
    if isinstance(work, SendProof):
        raise Unavailable(f"{work.proof}: no time is left")
    _count(put_off(work.message, _deliverer(wired, timedelta(0)), now=now))


def _count(state: State | None) -> None:
    metrics.add_metric(f"Message{state.title()}" if state else "MessageMissing", unit="Count", value=1)


def handler(event: dict[str, Any], context: Any) -> Any:
    wired = services()
    approvals = Approvals(wired.controls, wired.runs)
    walks = Walks(wired.journeys, wired.halts)
    stage = partial(take, context=context, brakes=Handbrake(wired.brakes), approvals=approvals, walks=walks)
    taken = queue_handler(_WORK, stage, queue="deliver", fresh=True, reserve=CALL_SECONDS, late=put_back)
    return taken(event, context)
