"""The sender of the channel `webhook`: signs, calls, and says when to try again.

Unlike people, systems may be told twice: `webhook-id` is the message's id, by which a receiver drops what it has
got. So nothing here is ever unclear: what was not taken for certain is tried again, ten times over three days, or
until the message is too late. A system that is down is left alone in between (`core/webhooks/circuits`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from kizuna.adapters.senders.provider_calls import check_leave
from kizuna.adapters.senders.topics import TopicPublisher
from kizuna.core.content.own_content import RenderedWebhook
from kizuna.core.durations import instant_from_text
from kizuna.core.errors import Unavailable
from kizuna.core.gate import Approved
from kizuna.core.messages import Accepted, Message, NotAccepted, Outcome, Rejected, Unclear
from kizuna.core.own_channels import WEBHOOK
from kizuna.core.ports import Envelope
from kizuna.core.ports.callouts import Barred, Broken, Call, Callout, CallResult, Circuits, Replied
from kizuna.core.webhooks import circuits
from kizuna.core.webhooks.circuits import Circuit
from kizuna.core.webhooks.definitions import Webhook
from kizuna.core.webhooks.retries import next_try
from kizuna.core.webhooks.signing import signed_headers

Defined = tuple[Webhook, int]  # with the version of its definition
_STORE_AGAIN = timedelta(minutes=1)
_TRIES = 3


class WebhookSender:
    """`defined` gives a webhook by its id, `secrets` the secrets that sign for it, `jitter` a number in [0, 1),
    `publisher` the way to topics, which is asked for when there is something for one."""

    def __init__(
        self,
        callout: Callout,
        circuits_: Circuits,
        *,
        defined: Callable[[str], Defined | None],
        secrets: Callable[[Webhook], tuple[bytes, ...]],
        clock: Callable[[], datetime],
        jitter: Callable[[], float],
        publisher: Callable[[], TopicPublisher],
    ) -> None:
        self._callout = callout
        self._circuits = circuits_
        self._defined = defined
        self._secrets = secrets
        self._clock = clock
        self._jitter = jitter
        self._publisher = publisher

    def send(self, approved: Approved, envelope: Envelope, content: RenderedWebhook) -> Outcome:
        check_leave(approved, envelope, channel=WEBHOOK)
        found = self._defined(content.webhook)
        if found is None:
            return Rejected("webhook_unknown")
        webhook, version = found
        if not webhook.enabled:
            return NotAccepted("webhook_paused", timedelta(minutes=15))
        if webhook.topic:
            return self._published(webhook, envelope.message, content)
        try:
            circuit = self._entered(webhook, version)
            if not isinstance(circuit, Circuit):
                return circuit
            message = envelope.message
            result = self._called(webhook, message, content.body(_happened(message)))
            return self._settled(result, circuit, message)
        except Unavailable:
            return NotAccepted("store_unavailable", _STORE_AGAIN)

    def _published(self, webhook: Webhook, message: Message, content: RenderedWebhook) -> Outcome:
        """By SNS, which is never left alone: it is no system of one company that may be out of order."""
        outcome = self._publisher().publish(
            webhook.topic,
            content.body(_happened(message)).decode(),
            subject=content.type,
            attributes={"webhook-id": message.again_of or message.id, "type": content.type},
        )
        match outcome:
            case Unclear(reason=reason):
                return self._again(message, reason, now=self._clock(), in_doubt=True)
            case NotAccepted(reason=reason):
                return self._again(message, reason, now=self._clock(), in_doubt=False)
            case _:
                return outcome

    def _entered(self, webhook: Webhook, version: int) -> Circuit | Outcome:
        """The circuit with leave to call, or why not now. Of many who wait for a system one finds out."""
        for _ in range(_TRIES):
            now = self._clock()
            stored = self._circuits.read(webhook.id) or Circuit(webhook.id, version)
            circuit = circuits.of_definition(stored, version)
            if circuit.is_disabled:
                return Rejected("webhook_gone")
            wait = circuits.closed_until(circuit, now=now)
            if wait is not None:
                return NotAccepted("circuit_open", self._spread(wait - now))
            if not circuits.is_probe(circuit, now=now):
                return circuit
            probe = circuits.reserved(circuit, now=now)
            if self._circuits.save(probe):
                return probe
        return NotAccepted("circuit_open", self._spread(circuits.PROBE))

    def _called(self, webhook: Webhook, message: Message, body: bytes) -> CallResult:
        headers = signed_headers(
            message.again_of or message.id, body, at=self._clock(), secrets=self._secrets(webhook)
        )
        return self._callout.call(Call(webhook.url, headers, body))

    def _settled(self, result: CallResult, circuit: Circuit, message: Message) -> Outcome:
        now = self._clock()
        match result:
            case Replied(status=status) if 200 <= status < 300:
                self._noted(circuits.after_success(circuit, now=now, last=f"http_{status}"))
                return Accepted(f"http_{status}")
            case Replied(status=410):
                self._noted(circuits.after_gone(circuit, now=now))
                return Rejected("webhook_gone")
            case Replied(status=status, retry_after=asked):
                self._noted(circuits.after_failure(circuit, now=now, last=f"http_{status}"))
                return self._again(message, f"http_{status}", now=now, asked=asked, in_doubt=status >= 500)
            case Barred(reason=reason):
                self._noted(circuits.after_failure(circuit, now=now, last=reason))
                return Rejected(reason)
            case Broken(reason=reason):
                self._noted(circuits.after_failure(circuit, now=now, last=reason))
                return self._again(message, reason, now=now, in_doubt=True)

    def _noted(self, circuit: Circuit | None) -> None:
        """Where others noted something at the same time theirs stands: one failure more or less decides nothing."""
        if circuit is not None:
            self._circuits.save(circuit)

    def _again(
        self,
        message: Message,
        reason: str,
        *,
        now: datetime,
        asked: timedelta | None = None,
        in_doubt: bool,
    ) -> NotAccepted | Rejected:
        wait = next_try(message.created_at, now=now, jitter=self._jitter(), asked=asked)
        return Rejected(f"gave_up_after_{reason}") if wait is None else NotAccepted(reason, wait, in_doubt)

    def _spread(self, wait: timedelta) -> timedelta:
        return wait * (1 + self._jitter() / 10)


def _happened(message: Message) -> datetime:
    """The instant that is told: of one that is replayed, that of the first."""
    replayed = message.decision.get("replayed")
    return instant_from_text(replayed["at"]) if replayed else message.created_at
