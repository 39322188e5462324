"""Kizuna's side: the collect function as Lambda starts it, over one DynamoDB client that can be watched."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import boto3

from benchmarks.workload import NOW, Json
from kizuna.adapters.secrets import SECRET_MIN
from kizuna.core.catalog import Documents, differences
from kizuna.core.sources import Key, KeyKind, key_hash, new_secret, visible_prefix
from kizuna.local.tables import table_request
from kizuna.runtime import wiring
from kizuna.runtime.settings import Settings
from kizuna.topology import TABLES

SOURCE = "shop"
SECRET = new_secret(KeyKind.SERVER, bytes(20))
PEOPLE = "kizuna-people"
SECRET_NAME = "kizuna"  # noqa: S105  (its name)
_FOR_EVER = 1e9  # seconds: one read of the catalog's head every five seconds is nobody's hot path


def make_tables(client: Any) -> None:
    for spec in TABLES:
        client.create_table(**table_request(spec, f"kizuna-{spec.name}"))


def make_secret() -> None:
    """The secret that hashes of erased people's identifiers are made with: newcomers are looked up by them."""
    text = json.dumps({"current": "k1", "k1": "0" * SECRET_MIN})
    boto3.client("secretsmanager").create_secret(Name=SECRET_NAME, SecretString=text)


def services(*, workers: int, clock: Callable[[], datetime]) -> wiring.Services:
    """The ports of a deployed function, over the tables that `make_tables` makes."""
    settings = Settings(
        people=PEOPLE,
        ledger="kizuna-ledger",
        catalog="kizuna-catalog",
        bucket="kizuna",
        secret=SECRET_NAME,
        queues={"ingest": "https://sqs.us-east-1.amazonaws.com/1/ingest"},
        workers=workers,
        catalog_seconds=_FOR_EVER,
    )
    return wiring.Services(settings, clock=clock)


def documents_of(segments: Sequence[Json]) -> Documents:
    source = {"id": SOURCE, "name": "The shop's back end"}
    return {("source", SOURCE): source, **{("segment", each["id"]): each for each in segments}}


def apply(wired: wiring.Services, documents: Documents) -> None:
    wired.catalog.apply(differences({}, documents), documents, now=wired.now(), actor="benchmark")
    wired.keys.put(Key(key_hash(SECRET), visible_prefix(SECRET), SOURCE, KeyKind.SERVER, NOW))


def request(calls: Sequence[Json], *, at: datetime = NOW) -> Json:
    """A `/v1/batch` request of a server SDK, as an HTTP API hands it to a function."""
    body = gzip.compress(json.dumps({"batch": list(calls), "sentAt": at.isoformat()}).encode(), mtime=0)
    credentials = base64.b64encode(f"{SECRET}:".encode()).decode()
    return {
        "version": "2.0",
        "routeKey": "ANY /v1/{call}",
        "rawPath": "/v1/batch",
        "rawQueryString": "",
        "headers": {
            "authorization": f"Basic {credentials}",
            "content-type": "application/json",
            "content-encoding": "gzip",
            "host": "api.example",
        },
        "requestContext": {"http": {"method": "POST", "path": "/v1/batch", "sourceIp": "203.0.113.7"}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


@contextmanager
def unhurried() -> Iterator[None]:
    """Lifts the inline budget of collect: an emulator may take longer than the 2 seconds of a request."""
    from functions.collect import handler as collect

    before, collect.INLINE_SECONDS = collect.INLINE_SECONDS, 600.0
    try:
        yield
    finally:
        collect.INLINE_SECONDS = before


@contextmanager
def collecting(wired: wiring.Services) -> Iterator[Callable[[Json], Json]]:
    """The collect function over these services."""
    from functions.collect.handler import handler

    with unhurried(), wiring.installed(wired):
        yield lambda event: handler(event, None)
