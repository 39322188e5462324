"""A running provider double with the real boto3 clients pointed at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from kizuna.local.providers import ProviderDouble

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Clock:
    """A clock that a test moves."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


class Providers:
    """The double, its clock, and clients by service. `attempts` None leaves the SDK's own retries on."""

    def __init__(self, double: ProviderDouble, clock: Clock, closing: ExitStack) -> None:
        self.double = double
        self.clock = clock
        self._closing = closing
        self._clients: dict[tuple[str, int | None], Any] = {}

    def client(self, service: str, *, attempts: int | None = 1, read_timeout: float = 5) -> Any:
        key = (service, attempts)
        if key not in self._clients:
            retries = {} if attempts is None else {"retries": {"total_max_attempts": attempts}}
            made = _session().client(
                service,
                endpoint_url=self.double.url,
                config=Config(read_timeout=read_timeout, connect_timeout=5, **retries),
            )
            self._closing.callback(made.close)
            self._clients[key] = made
        return self._clients[key]

    def mail(self, to: str = "ann@example.com", *, attempts: int | None = 1, **more: Any) -> str:
        """Send a small e-mail; its id."""
        asked = {
            "FromEmailAddress": "Shop <news@shop.example>",
            "Destination": {"ToAddresses": [to]},
            "Content": {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hi there"}}}},
            "EmailTags": [{"Name": "send_id", "Value": "s-1"}],
            "ConfigurationSetName": "kizuna",
        }
        return str(self.client("sesv2", attempts=attempts).send_email(**asked | more)["MessageId"])

    def text(self, to: str = "+14155550123", *, attempts: int | None = 1, **more: Any) -> str:
        """Send a small text by SMS v2; its id."""
        asked = {
            "DestinationPhoneNumber": to,
            "OriginationIdentity": "+12065550111",
            "MessageBody": "Your parcel is here",
            "MessageType": "TRANSACTIONAL",
            "Context": {"send_id": "s-2"},
            "ConfigurationSetName": "kizuna-sms",
        }
        client = self.client("pinpoint-sms-voice-v2", attempts=attempts)
        return str(client.send_text_message(**asked | more)["MessageId"])

    def publish(self, *, attempts: int | None = 1, **more: Any) -> str:
        """Publish by SNS, to a phone unless told otherwise; the id."""
        asked = more if "TopicArn" in more or "TargetArn" in more else {"PhoneNumber": "+14155550123"} | more
        return str(self.client("sns", attempts=attempts).publish(**{"Message": "Hi"} | asked)["MessageId"])

    def push(self, *tokens: str, **more: Any) -> dict[str, Any]:
        """Push to these tokens; the results by token."""
        asked = {
            "Addresses": {token: {"ChannelType": "GCM"} for token in tokens or ("token-1",)},
            "MessageConfiguration": {"DefaultPushNotificationMessage": {"Title": "News", "Body": "Come in"}},
            "Context": {"send_id": "s-3"},
        }
        answer = self.client("pinpoint").send_messages(ApplicationId="app-1", MessageRequest=asked | more)
        results: dict[str, Any] = answer["MessageResponse"]["Result"]
        return results


@contextmanager
def running(**settings: Any) -> Iterator[Providers]:
    """A double that listens for as long as the block runs. `settings` are those of `ProviderDouble`."""
    clock = Clock()
    with ProviderDouble(clock, **settings) as double, ExitStack() as closing:
        yield Providers(double, clock, closing)


@cache
def _session() -> Any:
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
