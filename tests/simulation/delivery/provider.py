"""The provider: takes a message or does not, keeps a log of its own, and reports later, early, twice or never.

The log is all that a judge believes. It knows nothing of our states. Where a channel has keys, a call that is
repeated under the key of an earlier one is taken once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kizuna.core import feedback
from kizuna.core.content.rendering import Rendered
from kizuna.core.gate import Approved, NotApproved
from kizuna.core.ids import digest
from kizuna.core.messages import LEASE, Accepted, Message, NotAccepted, Outcome, Rejected, Unclear
from kizuna.core.ports import Envelope
from kizuna.core.provider_reports import MessageReport, Reply, Report
from kizuna.core.unconfirmed import is_keyed
from tests.simulation.chaos import Crash
from tests.simulation.delivery.faults import Fault, Faults, Kind
from tests.simulation.delivery.ways import Way

_ASLEEP = LEASE + timedelta(minutes=3)
# What each provider says of an address that is no use any more, or of a message that it will not have.
_REFUSALS = {
    "email": Rejected("MessageRejected"),
    "sms": Rejected("ConflictException.DESTINATION_PHONE_NUMBER_OPTED_OUT", opted_out=True),
    "push": Rejected("PERMANENT_FAILURE", address_dead=True),
}
_REFUSED = Rejected("http_400")


@dataclass(frozen=True, slots=True)
class Taken:
    """One message that the provider accepted, as it tells of it: by the tag it was given."""

    at: datetime
    send_id: str
    address: str


@dataclass(slots=True)
class Provider:
    """A sender as `Deliverer.senders` has it. The three calls are what the world does with what it tells."""

    way: Way
    faults: Faults
    clock: Callable[[], datetime]
    report_later: Callable[[Report, timedelta], None]
    report_now: Callable[[Report], None]
    others_work: Callable[[str, datetime], None]  # on a message, while its sender sleeps until then
    log: list[Taken] = field(default_factory=list)
    thrown_away: set[str] = field(default_factory=set)  # taken, looked into, and not sent on: it said so
    keys: dict[str, Accepted] = field(default_factory=dict)
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
                return self._unclear("ReadTimeoutError", message)
            case fault:
                taken = self._answer(message)
        if self.faults.happens("sender asleep after its call", self.faults.rates.asleep):
            self.others_work(message.id, self.clock() + _ASLEEP)
        if fault is Fault.CRASH_AFTER:
            raise Crash("provider.send")
        if fault is Fault.REPLY_LOST:
            return self._unclear("ConnectionClosedError", message)
        return taken

    def _unclear(self, reason: str, message: Message) -> Outcome:
        """As the adapters have it: where there are keys, the next call finds out."""
        if self.way.is_keyed and is_keyed(message, now=self.clock()):
            return NotAccepted(reason, in_doubt=True)
        return Unclear(reason)

    def _answer(self, message: Message) -> Outcome:
        key = message.again_of or message.id
        if self.way.is_keyed and key in self.keys:
            return self.keys[key]
        if self.faults.happens("refused for good", self.faults.rates.rejected):
            return _REFUSALS.get(self.way.channel, _REFUSED)
        taken = self._take(message)
        if self.way.is_keyed:
            self.keys[key] = taken
        return taken

    def _take(self, message: Message) -> Accepted:
        self.log.append(Taken(self.clock(), message.id, message.address))
        number = len(self.log)
        for report in self._reports(message, number):
            self._report(report)
        return Accepted(f"taken-{number}")

    def _reports(self, message: Message, number: int) -> list[Report]:
        """What the provider says of it. Of a push, a LINE message or a request it never says anything more.

        Only what is of consequence is an event of its person too: the events of arrival are another's work.
        """
        rates, happens = self.faults.rates, self.faults.happens
        match self.way.channel:
            case "email" if happens("thrown away", rates.thrown_away):
                self.thrown_away.add(message.id)
                return [self._told(message, number, "rejected")]
            case "email" if happens("bounced for good", rates.bounced):
                return [self._told(message, number, each) for each in ("sent", "bounced")]
            case "email" if happens("bounced for now", rates.bounced):
                return [self._told(message, number, "bounced for now")]
            case "email":
                complained = happens("complained", rates.complained)
                kinds = ("sent", "delivered", *(("complained",) if complained else ()))
                return [self._told(message, number, each) for each in kinds]
            case "sms" if happens("not delivered", rates.bounced):
                return [self._told(message, number, each) for each in ("sent", "undelivered")]
            case "sms":
                arrived: list[Report] = [self._told(message, number, each) for each in ("sent", "delivered")]
                if happens("answers STOP", rates.bounced):
                    arrived.append(Reply(f"reply-{number}", message.address, "STOP", self.clock()))
                return arrived
            case _:
                return []

    def _told(self, message: Message, number: int, kind: str) -> MessageReport:
        fact, event = _TOLD[kind]
        return MessageReport(
            id=digest("report", message.id, kind, str(number)),
            message=message.id,
            at=self.clock(),
            proves="failed" if kind == "rejected" else "accepted",
            fact=fact,
            event=event,
            hard=kind == "bounced",
        )

    def _report(self, report: Report) -> None:
        chance, rates = self.faults.chance, self.faults.rates
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


_TOLD = {
    "sent": ("sent", ""),
    "delivered": ("delivered", ""),
    "bounced": ("bounced", feedback.EMAIL_BOUNCED),
    "bounced for now": ("bounced", feedback.EMAIL_BOUNCED),
    "complained": ("complained", feedback.EMAIL_COMPLAINED),
    "undelivered": ("bounced", feedback.SMS_FAILED),
    "rejected": ("", ""),
}
