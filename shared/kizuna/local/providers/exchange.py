"""The provider itself, without its socket: a request in, an answer out, and all that is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from kizuna.local.providers import account, line, push, ses, sms, sns, whatsapp
from kizuna.local.providers.calls import CallLog, Fate
from kizuna.local.providers.faults import (
    Effect,
    Fail,
    FaultPlan,
    GarbleReply,
    Hang,
    LoseReply,
    Reset,
    Throttle,
)
from kizuna.local.providers.feedback import Feedback
from kizuna.local.providers.operation import Minting, Operation, Verdict
from kizuna.local.providers.outbox import Outbox, OutboxMessage
from kizuna.local.providers.wire import Ids, Refusal, Reply, Request, json_reply, query_refusal
from kizuna.local.providers.world import World

GARBLED = b'{"MessageId": "0100'


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply, or a connection that is cut (`None`), after so many real seconds."""

    reply: Reply | None
    delay: float = 0.0


class Exchange:
    """Takes calls of all the APIs. Safe to be called from many threads."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        ids: Ids,
        outbox: Outbox,
        calls: CallLog,
        faults: FaultPlan,
        world: World,
        feedback: Feedback,
        default_configuration_set: str | None,
    ) -> None:
        self._now = now
        self._ids = ids
        self._outbox = outbox
        self._calls = calls
        self._faults = faults
        self._world = world
        self._feedback = feedback
        self._default_configuration_set = default_configuration_set

    def serve(self, request: Request) -> Answer | None:
        """The answer to a request of a provider API; None when it is none."""
        if request.method == "GET" and request.path == ses.ACCOUNT_PATH:
            return Answer(ses.account(len(self._outbox.messages(channel="email"))))
        asked = account.answer(request, self._world, now=self._now())
        if asked is not None:
            return Answer(asked)
        operation = operation_of(request)
        if operation is not None:
            return self._send(operation, request)
        if sns.registers_endpoint(request):
            return Answer(sns.registered(request, self._ids.uuid(self._now())))
        if "x-amz-target" in request.headers or request.path.startswith("/v2/email/"):
            return Answer(_unknown("the loopback provider does not know this operation"))
        if request.method == "POST" and request.path == "/":
            refusal = Refusal("InvalidAction", "the loopback provider does not know this action")
            return Answer(query_refusal(refusal, self._ids.uuid(self._now())))
        return None

    def _send(self, operation: Operation, request: Request) -> Answer:
        at = self._now()
        call = _Call(operation, request, at, self._ids.uuid(at))
        minting = Minting(self._ids, at, self._default_configuration_set)
        try:
            messages = operation.parse(request, minting)
        except Refusal as refusal:
            return self._refused(call, (), refusal, Fate.REFUSED)
        to = tuple(recipient for message in messages for recipient in message.to)
        first = self._sent_before(messages)
        if first is not None:
            self._log(call, messages, Fate.REFUSED, code="409")
            return Answer(line.repeated(first, call.id))
        return self._under(self._faults.strike(messages[0].channel, to), call, messages)

    def _sent_before(self, messages: Sequence[OutboxMessage]) -> OutboxMessage | None:
        """The message that went out under the same retry key, where a provider has such keys."""
        key = messages[0].tags.get("retry_key")
        return self._outbox.with_tag("retry_key", key) if key else None

    def _under(self, effect: Effect | None, call: _Call, messages: Sequence[OutboxMessage]) -> Answer:
        """The call as it goes with that fault, or with none."""
        match effect:
            case None:
                return self._accept(call, messages, Fate.ACCEPTED)
            case Throttle():
                return self._refused(call, messages, call.operation.throttled, Fate.THROTTLED)
            case Fail():
                return self._fail(call, messages, effect)
            case Hang(seconds=seconds, accepts=True):
                held = self._accept(call, messages, Fate.ACCEPTED_REPLY_LATE)
                return Answer(held.reply, delay=seconds)
            case Hang(seconds=seconds):
                self._log(call, messages, Fate.CUT)
                return Answer(None, delay=seconds)
            case Reset():
                self._log(call, messages, Fate.CUT)
                return Answer(None)
            case LoseReply():
                self._accept(call, messages, Fate.ACCEPTED_REPLY_LOST)
                return Answer(None)
            case GarbleReply():
                self._accept(call, messages, Fate.ACCEPTED_REPLY_GARBLED)
                return Answer(Reply(200, GARBLED))
            case _:
                assert_never(effect)

    def _fail(self, call: _Call, messages: Sequence[OutboxMessage], fail: Fail) -> Answer:
        refusal = call.operation.failure(fail)
        if refusal.code in call.operation.per_recipient:
            return self._accept(call, messages, Fate.ACCEPTED, against_all=refusal)
        if not fail.accepts:
            return self._refused(call, messages, refusal, Fate.REFUSED)
        self._accept(call, messages, Fate.ACCEPTED_REPLY_ERROR)
        return Answer(call.operation.refuse(refusal, call.id))

    def _accept(
        self,
        call: _Call,
        messages: Sequence[OutboxMessage],
        fate: Fate,
        *,
        against_all: Refusal | None = None,
    ) -> Answer:
        """Take what nothing speaks against. A refusal of the only recipient is the call's own."""
        verdicts = [Verdict(m, against_all or call.operation.judge(m, self._world)) for m in messages]
        refusal = next((v.refusal for v in verdicts if v.refusal is not None), None)
        if refusal is not None and not call.operation.per_recipient:
            return self._refused(call, messages, refusal, Fate.REFUSED)
        accepted = [v.message for v in verdicts if v.refusal is None]
        for message in accepted:
            self._outbox.add(message)
            self._feedback.follow(message)
        if not accepted:
            fate = Fate.REFUSED
        elif len(accepted) < len(messages) and fate is Fate.ACCEPTED:
            fate = Fate.PARTLY_ACCEPTED
        self._log(call, messages, fate, accepted=accepted, code=refusal.code if refusal else None)
        return Answer(call.operation.reply(verdicts, call.id))

    def _refused(
        self, call: _Call, messages: Sequence[OutboxMessage], refusal: Refusal, fate: Fate
    ) -> Answer:
        self._log(call, messages, fate, code=refusal.code)
        return Answer(call.operation.refuse(refusal, call.id))

    def _log(
        self,
        call: _Call,
        messages: Sequence[OutboxMessage],
        fate: Fate,
        *,
        accepted: Sequence[OutboxMessage] = (),
        code: str | None = None,
    ) -> None:
        headers = call.request.headers
        scope = call.request.scope
        attempt = headers.get("amz-sdk-request", "").partition("attempt=")[2].partition(";")[0]
        self._calls.add(
            at=call.at,
            provider=call.operation.provider,
            channel=messages[0].channel if messages else None,
            operation=call.operation.name,
            fate=fate,
            to=tuple(recipient for message in messages for recipient in message.to),
            messages=tuple(message.id for message in accepted),
            code=code,
            invocation=headers.get("amz-sdk-invocation-id"),
            attempt=int(attempt) if attempt.isdigit() else None,
            signed_for=scope.service if scope is not None else None,
            tags=tuple(dict(message.tags) for message in messages),
        )


@dataclass(frozen=True, slots=True)
class _Call:
    operation: Operation
    request: Request
    at: datetime
    id: str


def operation_of(request: Request) -> Operation | None:
    """Which sending operation a request is: by its target header, its path, or the action of its form."""
    if request.method != "POST":
        return None
    by_target = {sms.TARGET: sms.SEND_TEXT_MESSAGE, sms.MEDIA_TARGET: sms.SEND_MEDIA_MESSAGE}
    if (found := by_target.get(request.headers.get("x-amz-target", ""))) is not None:
        return found
    by_path = {
        ses.SEND_PATH: ses.SEND_EMAIL,
        whatsapp.PATH: whatsapp.SEND_WHATSAPP_MESSAGE,
        line.PATH: line.PUSH_MESSAGE,
    }
    if (found := by_path.get(request.path)) is not None:
        return found
    if push.PATH.fullmatch(request.path):
        return push.SEND_MESSAGES
    if request.path == "/" and sns.form_of(request).get("Action") == "Publish":
        return sns.PUBLISH
    return None


def _unknown(message: str) -> Reply:
    return json_reply(
        {"__type": "UnknownOperationException", "message": message},
        status=404,
        headers=(("x-amzn-ErrorType", "UnknownOperationException"),),
    )
