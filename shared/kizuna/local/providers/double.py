"""The loopback provider double: one address that speaks SES v2, SNS, SMS v2, Pinpoint, WhatsApp and LINE."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType

from kizuna.core.errors import NotFound
from kizuna.local.providers.calls import Call, CallLog
from kizuna.local.providers.events import EventQueue, ProviderEvent
from kizuna.local.providers.exchange import Answer, Exchange
from kizuna.local.providers.faults import FaultPlan
from kizuna.local.providers.feedback import Feedback
from kizuna.local.providers.outbox import Outbox, OutboxMessage
from kizuna.local.providers.routes import Routes
from kizuna.local.providers.server import DoubleServer
from kizuna.local.providers.ses_events import BROWSER, READER_IP
from kizuna.local.providers.sms_events import OUR_NUMBER
from kizuna.local.providers.wire import Ids, Request
from kizuna.local.providers.world import OPTED_OUT, Behaviour, World

_ENDPOINTS = ("SESV2", "SNS", "PINPOINT_SMS_VOICE_V2", "PINPOINT", "SOCIALMESSAGING")


class ProviderDouble:
    """A provider on loopback that keeps what it is given and misbehaves on order.

    `now` is the only clock for what is recorded (any time zone; kept in UTC); only `Hang` waits in real
    time. Ids and chances follow `seed`. Events become due `latency` after the message and after each
    other; they are made for messages with a configuration set, or when a default one is given, as in AWS.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 0,
        account: str = "123456789012",
        region: str = "us-east-1",
        latency: timedelta = timedelta(0),
        opted_out: Iterable[str] = OPTED_OUT,
        default_configuration_set: str | None = None,
    ) -> None:
        self._clock = now
        ids = Ids(seed)
        self.outbox = Outbox()
        self.faults = FaultPlan(seed)
        self.world = World(opted_out)
        self._calls = CallLog()
        self._queue = EventQueue()
        self._feedback = Feedback(
            self._queue,
            ids=ids,
            world=self.world,
            now=self.now,
            account=account,
            region=region,
            latency=latency,
        )
        self._exchange = Exchange(
            now=self.now,
            ids=ids,
            outbox=self.outbox,
            calls=self._calls,
            faults=self.faults,
            world=self.world,
            feedback=self._feedback,
            default_configuration_set=default_configuration_set,
        )
        self._routes = Routes(self)
        self._server = DoubleServer(self.serve, host=host, port=port)

    # ── running ─────────────────────────────────────────────────────────────────────────────────

    def start(self) -> str:
        """Listen on the given port, or a free one; the URL to give to clients as `endpoint_url`."""
        return self._server.start()

    def stop(self) -> None:
        """Hang up on everybody. What was kept stays readable."""
        self._server.stop()

    @property
    def url(self) -> str:
        return self._server.url

    def environment(self) -> Mapping[str, str]:
        """Variables that point every SDK of another process at this double."""
        aws = {f"AWS_ENDPOINT_URL_{service}": self.url for service in _ENDPOINTS}
        return {**aws, "KIZUNA_LINE_ENDPOINT": self.url}

    def __enter__(self) -> ProviderDouble:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def serve(self, request: Request) -> Answer:
        """The answer to any request: of a provider's API, or of the double's own pages and JSON."""
        answer = self._exchange.serve(request)
        return answer if answer is not None else Answer(self._routes.serve(request))

    def now(self) -> datetime:
        """The injected clock, in UTC."""
        return self._clock().astimezone(UTC)

    # ── what was done ───────────────────────────────────────────────────────────────────────────

    def log(self) -> tuple[Call, ...]:
        """Every call that asked to send, with its fate, in the order of arrival."""
        return self._calls.calls()

    @property
    def calls(self) -> CallLog:
        return self._calls

    def message(self, message_id: str) -> OutboxMessage:
        """An accepted message. Raises `NotFound` for an id that was never given."""
        found = self.outbox.find(message_id)
        if found is None:
            raise NotFound(f"no message {message_id} in the outbox")
        return found

    def clear(self) -> None:
        """Forget messages, calls and events; faults and behaviours stay."""
        self.outbox.clear()
        self._calls.clear()
        self._queue.clear()

    # ── what providers report ───────────────────────────────────────────────────────────────────

    def take_events(self) -> tuple[ProviderEvent, ...]:
        """What has become due since the last time, oldest first; each is given once."""
        return self._queue.take(self.now())

    def next_event_at(self) -> datetime | None:
        """When the next event becomes due, for a virtual clock that jumps; None when none waits."""
        return self._queue.next_at()

    def due_events(self, *, limit: int | None = None) -> tuple[ProviderEvent, ...]:
        """What is due and not acknowledged. For consumers that may fail before they have passed it on."""
        return self._queue.due(self.now(), limit=limit)

    def acknowledge(self, numbers: Iterable[int]) -> int:
        """Forget those events; how many of them were still waiting."""
        return self._queue.acknowledge(set(numbers))

    def events_of(self, message_id: str) -> tuple[ProviderEvent, ...]:
        """All events of a message, also those taken or still to come."""
        return self._queue.history(message_id)

    # ── what people do ──────────────────────────────────────────────────────────────────────────

    def opened(
        self, message_id: str, *, at: datetime | None = None, user_agent: str = BROWSER, ip: str = READER_IP
    ) -> ProviderEvent:
        """The reader's program loaded the picture of an e-mail."""
        return self._feedback.opened(self.message(message_id), at=at, user_agent=user_agent, ip=ip)

    def clicked(
        self,
        message_id: str,
        link: str,
        *,
        at: datetime | None = None,
        user_agent: str = BROWSER,
        ip: str = READER_IP,
    ) -> ProviderEvent:
        """Somebody followed a link of an e-mail."""
        return self._feedback.clicked(self.message(message_id), link, at=at, user_agent=user_agent, ip=ip)

    def reacted(self, message_id: str, how: Behaviour, *, at: datetime | None = None) -> ProviderEvent:
        """A complaint or a bounce that comes later, whatever the address does by itself."""
        return self._feedback.reacted(self.message(message_id), how, at=at)

    def read(self, message_id: str, *, at: datetime | None = None) -> ProviderEvent:
        """Somebody read a message that went by WhatsApp."""
        return self._feedback.read(self.message(message_id), at=at)

    def wrote(self, sender: str, body: str, *, at: datetime | None = None) -> ProviderEvent:
        """Somebody wrote by WhatsApp, from that number."""
        return self._feedback.wrote(sender, body, at=at)

    def replied(
        self,
        body: str,
        *,
        answers: str | None = None,
        sender: str | None = None,
        to: str | None = None,
        at: datetime | None = None,
    ) -> ProviderEvent:
        """A text from a person, such as STOP: in answer to a message, or from any number.

        Raises `ValueError` when neither `answers` nor `sender` says who wrote it.
        """
        told = self.message(answers) if answers is not None else None
        who = sender or (told.recipient if told is not None else None)
        if who is None:
            raise ValueError("a reply needs a sender, or the id of the message that it answers")
        ours = told.sender if told is not None and told.sender.startswith("+") else OUR_NUMBER
        return self._feedback.replied(who, body, to=to or ours, answers=answers, at=at)
