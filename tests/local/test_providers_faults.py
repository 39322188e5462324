"""What the SDKs make of a provider that throttles, fails, hangs, hangs up, or loses its reply."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    HTTPClientError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from kizuna.local.providers import (
    Channel,
    Fail,
    Fate,
    Fault,
    GarbleReply,
    Hang,
    LoseReply,
    Reset,
    Throttle,
)
from tests.support.providers import Providers, running
from tests.support.served import eventually

SENDING: dict[str, Callable[..., Any]] = {
    "sesv2": Providers.mail,
    "sns": Providers.publish,
    "pinpoint-sms-voice-v2": Providers.text,
}


@pytest.fixture
def providers() -> Iterator[Providers]:
    with running() as made:
        yield made


def send(providers: Providers, service: str) -> None:
    if service == "pinpoint":
        providers.push()
    else:
        SENDING[service](providers)


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("sesv2", "TooManyRequestsException", 429),
        ("sns", "Throttling", 400),
        ("pinpoint-sms-voice-v2", "ThrottlingException", 400),
        ("pinpoint", "TooManyRequestsException", 429),
    ],
)
def test_each_provider_throttles_in_its_own_words(
    providers: Providers, service: str, code: str, status: int
) -> None:
    providers.double.faults.add(Fault(effect=Throttle(), count=1))
    with pytest.raises(ClientError) as refused:
        send(providers, service)
    answer = refused.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    send(providers, service)
    assert [call.fate for call in providers.double.log()] == [Fate.THROTTLED, Fate.ACCEPTED]


@pytest.mark.parametrize(
    ("service", "name", "code", "status"),
    [
        ("sesv2", "MessageRejected", "MessageRejected", 400),
        ("sesv2", "AccountSuspendedException", "AccountSuspendedException", 400),
        ("sesv2", "SendingPausedException", "SendingPausedException", 400),
        ("sesv2", "LimitExceededException", "LimitExceededException", 400),
        ("sesv2", "MailFromDomainNotVerifiedException", "MailFromDomainNotVerifiedException", 400),
        ("sesv2", "NotFoundException", "NotFoundException", 404),
        ("pinpoint-sms-voice-v2", "ServiceQuotaExceededException", "ServiceQuotaExceededException", 400),
        ("pinpoint-sms-voice-v2", "ResourceNotFoundException", "ResourceNotFoundException", 400),
        ("pinpoint-sms-voice-v2", "AccessDeniedException", "AccessDeniedException", 400),
        ("pinpoint-sms-voice-v2", "InternalServerException", "InternalServerException", 500),
        ("pinpoint", "ForbiddenException", "ForbiddenException", 403),
        ("pinpoint", "InternalServerErrorException", "InternalServerErrorException", 500),
        ("sns", "EndpointDisabledException", "EndpointDisabled", 400),
        ("sns", "PlatformApplicationDisabledException", "PlatformApplicationDisabled", 400),
        ("sns", "InternalErrorException", "InternalError", 500),
        ("sns", "AuthorizationErrorException", "AuthorizationError", 403),
        ("sns", "ValidationException", "ValidationException", 400),
    ],
)
def test_an_ordered_failure_is_the_clients_own_exception(
    providers: Providers, service: str, name: str, code: str, status: int
) -> None:
    providers.double.faults.add(Fault(effect=Fail(code=name, message="because")))
    client = providers.client(service)
    with pytest.raises(getattr(client.exceptions, name)) as refused:
        send(providers, service)
    answer = refused.value.response
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == (code, "because")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert not providers.double.outbox.messages()


def test_a_failure_carries_its_reason(providers: Providers) -> None:
    effect = Fail(code="AccessDeniedException", reason="ACCOUNT_DISABLED")
    providers.double.faults.add(Fault(effect=effect, channel=Channel.SMS))
    with pytest.raises(ClientError) as refused:
        providers.text()
    assert refused.value.response["Reason"] == "ACCOUNT_DISABLED"


def test_a_server_error_may_hide_an_accepted_message(providers: Providers) -> None:
    providers.double.faults.add(Fault(effect=Fail(code="InternalFailure", status=500, accepts=True)))
    with pytest.raises(ClientError) as refused:
        providers.mail()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert len(providers.double.outbox) == 1
    assert providers.double.log()[0].fate is Fate.ACCEPTED_REPLY_ERROR


def test_a_reset_accepts_nothing(providers: Providers) -> None:
    providers.double.faults.add(Fault(effect=Reset(), count=1))
    with pytest.raises(ConnectionClosedError):
        providers.mail()
    assert not providers.double.outbox.messages()
    assert providers.double.log()[0].fate is Fate.CUT
    providers.mail()
    assert len(providers.double.outbox) == 1


def test_a_held_reply_times_out_though_the_message_went_out(providers: Providers) -> None:
    providers.double.faults.add(Fault(effect=Hang(seconds=30), count=1))
    providers.client("sesv2", read_timeout=0.2)
    with pytest.raises(ReadTimeoutError):
        providers.mail()
    eventually(providers.double.log)  # a busy machine may read the call after its caller gave up
    (call,) = providers.double.log()
    assert call.fate is Fate.ACCEPTED_REPLY_LATE
    assert call.messages == (providers.double.outbox.messages()[0].id,)


def test_a_call_can_be_held_and_then_hung_up_on(providers: Providers) -> None:
    providers.double.faults.add(Fault(effect=Hang(seconds=0.05, accepts=False)))
    with pytest.raises(ConnectionClosedError):
        providers.mail()
    assert not providers.double.outbox.messages()


def test_stopping_does_not_wait_for_held_replies() -> None:
    with running() as providers, ThreadPoolExecutor() as pool:
        providers.double.faults.add(Fault(effect=Hang(seconds=60)))
        held = pool.submit(providers.mail)
        eventually(providers.double.log)
        began = time.monotonic()
        providers.double.stop()
        assert time.monotonic() - began < 30
        with pytest.raises(HTTPClientError):
            held.result()


@pytest.mark.parametrize("service", ["sesv2", "sns", "pinpoint-sms-voice-v2", "pinpoint"])
def test_a_garbled_reply_is_unreadable_and_the_message_accepted(providers: Providers, service: str) -> None:
    providers.double.faults.add(Fault(effect=GarbleReply()))
    with pytest.raises((ResponseParserError, KeyError)):  # JSON clients return an answer without an id
        send(providers, service)
    assert len(providers.double.outbox) == 1
    assert providers.double.log()[0].fate is Fate.ACCEPTED_REPLY_GARBLED


def test_an_sdk_left_to_itself_sends_three_times_when_replies_are_lost(providers: Providers) -> None:
    """Why every client that sends has exactly one attempt."""
    providers.double.faults.add(Fault(effect=LoseReply()))

    def lose(service: str) -> None:
        with pytest.raises(ConnectionClosedError):
            SENDING[service](providers, attempts=None)

    for service in SENDING:  # made one after the other: a session is not for many threads
        providers.client(service, attempts=None)
    with ThreadPoolExecutor() as pool:  # at once, because the SDK pauses between its attempts
        list(pool.map(lose, SENDING))
    log = providers.double.log()
    assert len(log) == 9
    assert len({call.invocation for call in log}) == 3
    assert sorted(call.attempt or 0 for call in log) == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert {call.fate for call in log} == {Fate.ACCEPTED_REPLY_LOST}
    assert providers.double.outbox.accepted_twice() == {"s-1": 3, "s-2": 3}


@pytest.mark.parametrize("service", SENDING)
def test_with_one_attempt_every_lost_reply_is_one_message(providers: Providers, service: str) -> None:
    providers.double.faults.add(Fault(effect=LoseReply()))
    for _ in range(50):
        with pytest.raises(ConnectionClosedError):
            SENDING[service](providers)
    assert len(providers.double.outbox) == len(providers.double.log()) == 50


def test_a_fault_strikes_its_channel_and_recipient_as_often_as_ordered(providers: Providers) -> None:
    providers.double.faults.add(
        Fault(effect=Throttle(), channel=Channel.EMAIL, to="*@Slow.example", count=2),
        Fault(effect=Reset(), channel=Channel.SMS),
    )
    outcomes = []
    for to in ("a@fast.example", "a@slow.example", "b@slow.example", "c@slow.example"):
        try:
            providers.mail(to)
            outcomes.append("sent")
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])
    assert outcomes == ["sent", "TooManyRequestsException", "TooManyRequestsException", "sent"]
    with pytest.raises(ConnectionClosedError):
        providers.text()
    providers.double.faults.clear()
    providers.text()


def test_chances_are_the_same_in_every_run_of_a_seed() -> None:
    def fates(seed: int) -> list[Fate]:
        with running(seed=seed) as providers:
            providers.double.faults.add(Fault(effect=LoseReply(), probability=0.3))
            for _ in range(40):
                try:
                    providers.mail()
                except ConnectionClosedError:
                    continue
            return [call.fate for call in providers.double.log()]

    first = fates(7)
    assert fates(7) == first
    assert 3 <= first.count(Fate.ACCEPTED_REPLY_LOST) <= 24
    assert fates(8) != first
