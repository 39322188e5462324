"""Pinpoint's `SendMessages` on the loopback double, through the real client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from kizuna.local.providers import Channel, Fail, Fate, Fault, LoseReply
from tests.support.providers import Providers, running


@pytest.fixture
def providers() -> Iterator[Providers]:
    with running() as made:
        yield made


def test_a_push_to_a_raw_address_succeeds_and_is_kept(providers: Providers) -> None:
    results = providers.push("token-1")
    (message,) = providers.double.outbox.messages()
    assert results == {
        "token-1": {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200, "MessageId": message.id}
    }
    assert (message.channel, message.recipient, message.sender) == (Channel.PUSH, "token-1", "app-1")
    assert (message.subject, message.text, message.tags) == ("News", "Come in", {"send_id": "s-3"})
    assert not providers.double.take_events()


def test_the_platforms_own_message_and_the_overrides_of_an_address_win(providers: Providers) -> None:
    providers.push(
        Addresses={
            "android": {"ChannelType": "GCM", "Context": {"send_id": "own"}},
            "ios": {"ChannelType": "APNS", "TitleOverride": "Mine"},
            "raw": {"ChannelType": "ADM"},
        },
        MessageConfiguration={
            "GCMMessage": {"Title": "g", "Body": "gb", "CollapseKey": "s-3", "Data": {"a": "1"}},
            "ADMMessage": {"RawContent": '{"x":1}'},
            "DefaultPushNotificationMessage": {"Title": "d", "Body": "db"},
        },
    )
    android, ios, raw = providers.double.outbox.messages()
    assert (android.subject, android.text, android.data) == ("g", "gb", {"a": "1"})
    assert android.tags == {"send_id": "own"}
    assert (ios.subject, ios.text) == ("Mine", "db")
    assert raw.text == '{"x":1}'


def test_a_token_of_an_uninstalled_app_fails_for_good_while_the_others_arrive(providers: Providers) -> None:
    results = providers.push("good", "Invalid-1")
    assert results["good"]["DeliveryStatus"] == "SUCCESSFUL"
    assert (results["Invalid-1"]["DeliveryStatus"], results["Invalid-1"]["StatusCode"]) == (
        "PERMANENT_FAILURE",
        410,
    )
    assert [m.recipient for m in providers.double.outbox.messages()] == ["good"]
    (call,) = providers.double.log()
    assert (call.fate, call.code, call.to) == (
        Fate.PARTLY_ACCEPTED,
        "PERMANENT_FAILURE",
        ("good", "Invalid-1"),
    )


@pytest.mark.parametrize(
    "status", ["THROTTLED", "TEMPORARY_FAILURE", "UNKNOWN_FAILURE", "OPT_OUT", "PERMANENT_FAILURE"]
)
def test_a_delivery_status_can_be_ordered_for_one_address(providers: Providers, status: str) -> None:
    providers.double.faults.add(Fault(effect=Fail(code=status, status=429), to="token-9"))
    assert providers.push("token-9")["token-9"] == {
        "DeliveryStatus": status,
        "StatusCode": 429,
        "StatusMessage": "ordered by the test",
    }
    assert providers.push("token-1")["token-1"]["DeliveryStatus"] == "SUCCESSFUL"
    assert [call.fate for call in providers.double.log()] == [Fate.REFUSED, Fate.ACCEPTED]


def test_a_push_whose_reply_is_lost_is_in_the_outbox(providers: Providers) -> None:
    providers.double.faults.add(Fault(effect=LoseReply(), channel=Channel.PUSH))
    with pytest.raises(ConnectionClosedError):
        providers.push("token-1")
    assert [m.recipient for m in providers.double.outbox.messages()] == ["token-1"]


@pytest.mark.parametrize(
    "asked",
    [
        {"Addresses": {}},
        {"Addresses": {"t": {}}},
        {"Addresses": {"t": {"ChannelType": "SMS"}}},
        {"Addresses": {f"t{i}": {"ChannelType": "GCM"} for i in range(101)}},
        {"Endpoints": {"e": {}}},
        {"MessageConfiguration": {}},
    ],
)
def test_a_request_that_is_not_a_push_to_raw_addresses_is_bad(
    providers: Providers, asked: dict[str, object]
) -> None:
    with pytest.raises(ClientError) as refused:
        providers.push(**asked)
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
    assert not providers.double.outbox.messages()
