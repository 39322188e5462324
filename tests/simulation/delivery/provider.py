"""The provider: takes a message or does not, keeps a log of its own, and reports later, early, twice or never.

The log is all that a judge believes. It knows nothing of our states.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kizuna.core.content.rendering import Rendered
from kizuna.core.gate import Approved, NotApproved
from kizuna.core.ids import digest
from kizuna.core.messages import LEASE, Accepted, NotAccepted, Outcome, Unclear
from kizuna.core.ports import Envelope
from kizuna.core.provider_reports import MessageReport
from tests.simulation.chaos import Crash
from tests.simulation.delivery.faults import Fault, Faults, Kind

_ASLEEP = LEASE + timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Taken:
    """One message that the provider accepted, as it tells of it: by the tag it was given."""

    at: datetime
    send_id: str
    address: str


@dataclass(slots=True)
class Provider:
    """A sender as `Deliverer.senders` has it. The three calls are what the world does with what it tells."""

    faults: Faults
    clock: Callable[[], datetime]
    report_later: Callable[[MessageReport, timedelta], None]
    report_now: Callable[[MessageReport], None]
    others_work: Callable[[str, datetime], None]  # on a message, while its sender sleeps until then
    log: list[Taken] = field(default_factory=list)
    calls: int = 0

    def send(self, approved: Approved, envelope: Envelope, content: Rendered) -> Outcome:
        message = envelope.message
        if approved.message_id != message.id:
            raise NotApproved(f"message {message.id}")
        self.calls += 1
        if self.faults.happens("sender asleep before its call", self.faults.rates.asleep):
            self.others_work(message.id, self.clock() + _ASLEEP)
        match self.faults.next_fault("provider.send", Kind.SEND):
            case Fault.CRASH_BEFORE:
                raise Crash("provider.send")
            case Fault.REFUSED:
                return NotAccepted("TooManyRequestsException")
            case Fault.NEVER_ARRIVED:
                return Unclear("ReadTimeoutError")
            case fault:
                taken = self._take(message.id, envelope)
        if self.faults.happens("sender asleep after its call", self.faults.rates.asleep):
            self.others_work(message.id, self.clock() + _ASLEEP)
        if fault is Fault.CRASH_AFTER:
            raise Crash("provider.send")
        if fault is Fault.REPLY_LOST:
            return Unclear("ConnectionClosedError")
        return taken

    def _take(self, send_id: str, envelope: Envelope) -> Accepted:
        self.log.append(Taken(self.clock(), send_id, envelope.message.address))
        number = len(self.log)
        for kind in ("sent", "delivered"):
            self._report(kind, send_id, number)
        return Accepted(f"mail-{number}")

    def _report(self, fact: str, send_id: str, number: int) -> None:
        """What the provider says of it. Adding the fact is enough here: the event of the person is another's work."""
        chance, rates = self.faults.chance, self.faults.rates
        report = MessageReport(
            id=digest("report", send_id, fact, str(number)),
            message=send_id,
            at=self.clock(),
            proves="accepted",
            fact=fact,
        )
        if self.faults.happens("report early", rates.event_early):
            self.report_now(report)
            return
        if self.faults.happens("report lost", rates.event_lost):
            return
        late = self.faults.happens("report late", rates.event_late)
        self.report_later(
            report, timedelta(seconds=chance.uniform(300, 3_000) if late else chance.uniform(0, 20))
        )
        if self.faults.happens("report twice", rates.event_twice):
            self.report_later(report, timedelta(seconds=chance.uniform(0, 600)))
