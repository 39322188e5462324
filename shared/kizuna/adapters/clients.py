"""Clients of AWS services, of two kinds: those that store may repeat a call, those that send may not.

Where a service is found comes from boto3's own settings (`AWS_ENDPOINT_URL_<SERVICE>` and the like).
"""

from __future__ import annotations

from threading import Lock
from typing import Any

import boto3
from botocore.config import Config

SEND_CONNECT_SECONDS = 5
SEND_READ_SECONDS = 20
"""Together well under the time a sender may run (topology), which is under the lease of a claim."""

_STORING = Config(
    connect_timeout=3,
    read_timeout=10,
    max_pool_connections=32,
    retries={"mode": "standard", "total_max_attempts": 4},
    tcp_keepalive=True,
)
# botocore's check of every attribute of every item is a quarter of what a call to DynamoDB costs in CPU. The tables'
# own tests make each of these requests; DynamoDB refuses what is wrong as well. A name of our own spares botocore to
# compose one out of thirty parts for each call, which is another eighth.
_TABLES = _STORING.merge(Config(parameter_validation=False, user_agent="kizuna"))
# A reply that was lost tells nothing about the message. The SDK's own retries would send it up to three times, and
# no provider takes a key by which to drop the repeats (delivery.md 1).
_SENDING = Config(
    connect_timeout=SEND_CONNECT_SECONDS,
    read_timeout=SEND_READ_SECONDS,
    max_pool_connections=32,
    retries={"mode": "standard", "total_max_attempts": 1},
    tcp_keepalive=True,
)


def storing_client(service: str) -> Any:
    """A client of DynamoDB, SQS, S3 and their like, whose calls may be repeated."""
    if service != "dynamodb":
        return boto3.client(service, config=_STORING)
    from kizuna.adapters.tables.dynamodb_wire import writes_own_requests

    return writes_own_requests(boto3.client(service, config=_TABLES))


class ClientOnUse:
    """A storing client that its first use builds: a function that mostly needs one service starts with one client.

    A client takes 10 to 40 ms to build, and most requests of `collect` need no other than DynamoDB's.
    """

    def __init__(self, service: str) -> None:
        self._service = service
        self._built: Any = None
        self._lock = Lock()  # boto3 must not build two at a time

    def __getattr__(self, name: str) -> Any:
        with self._lock:
            if self._built is None:
                self._built = storing_client(self._service)
        return getattr(self._built, name)


def sending_client(service: str, *, region: str | None = None) -> Any:
    """A client that makes exactly one call, whatever happens: of `sesv2`, `pinpoint-sms-voice-v2`, `pinpoint`, `sns`
    and `socialmessaging`. In the region of the function, unless another is named.
    """
    return boto3.client(service, config=_SENDING, region_name=region)
