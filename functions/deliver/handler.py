"""A channel's queue → one provider call for each message."""

from datetime import datetime

from pydantic import TypeAdapter

from kizuna.adapters.clients import SEND_CONNECT_SECONDS, SEND_READ_SECONDS
from kizuna.core.contracts import SendMessage
from kizuna.runtime.entrypoints import queue_handler
from kizuna.runtime.observability import metrics
from kizuna.runtime.wiring import Services
from kizuna.usecases.deliver import Deliverer, deliver

# A message is claimed only if its one call can end within the time that is left (`delivery.md` 3, step 4).
CALL_SECONDS = SEND_CONNECT_SECONDS + SEND_READ_SECONDS + 5


def take(work: SendMessage, wired: Services, now: datetime) -> None:
    on = Deliverer(
        people=wired.people,
        ledger=wired.ledger,
        messages=wired.messages,
        email=wired.email,
        sms=wired.sms,
        push=wired.push,
        link_keys=wired.secrets.link_keys,
        base_url=wired.base_url,
        randomness=wired.randomness,
    )
    state = deliver(work.message, on, wired.catalog.current(), now=now)
    metrics.add_metric(f"Message{state.title()}" if state else "MessageMissing", unit="Count", value=1)


handler = queue_handler(TypeAdapter(SendMessage), take, queue="deliver", fresh=True, reserve=CALL_SECONDS)
