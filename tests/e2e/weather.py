"""The wires between deployed functions and everything they call: calm, until a storm is ordered.

    function ── boto3 ──▶ microburst ──▶ ministack          tables, queues, secrets, the bus
                └───────▶ own wire   ──▶ provider double    SES v2, SMS, push

microburst takes the words of each service from botocore's own models, so it stands before the tables and queues. It
renders the errors of SES v2 as XML of version 1, which boto3 cannot read: `TooManyRequestsException` would arrive as
an error without a name, and each throttled mail would be one of unknown fate. So the providers have our own wire
(`tests/e2e/wire.py`).
"""

from __future__ import annotations

import json
import secrets
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from tests.e2e.processes import LOOPBACK, free_port, plain_environment, server
from tests.e2e.wire import DEATHS, FAULTS, TOLD_AT

_CONTROL = "/_microburst"
_MODELS_READ_WITHIN = 180.0  # seconds: three of CPU
# In the words of each. An SQS that is overloaded says 503: microburst would call its throttling
# `AWS.SimpleQueueService.RequestThrottled`, a name that no SDK knows to repeat.
_THROTTLED: Mapping[str, Mapping[str, Any]] = {
    "dynamodb": {"code": "ProvisionedThroughputExceededException"},
    "sqs": {"code": "ServiceUnavailable", "status": 503},
    "secretsmanager": {"code": "ThrottlingException"},
    "events": {"code": "ThrottlingException"},
}


@dataclass(frozen=True, slots=True)
class Weather:
    """Where the functions find their stores and their providers, by the wires."""

    stores: str
    providers: str

    def storm(self, *, stores: float, providers: float, deaths: int = 0) -> None:
        """From now on each of the faults has this share of all calls: throttled, cut, answered 500, reply lost. At
        every so-manyth call of a provider (`deaths`; 0: none) the function that makes it is killed."""
        self._rule([*_throttles(stores), *_faults(stores)])
        self._turn(providers, deaths)

    def nobody_dies_any_more(self, *, providers: float) -> None:
        """The storm goes on, without deaths."""
        self._turn(providers)

    def calm(self) -> None:
        self._rule([])
        self._turn(0.0)

    def told(self) -> dict[str, Counter[str]]:
        """How often each fault happened so far, at the stores and at the providers."""
        counted = _asked(f"{self.stores}{_CONTROL}/stats")["by_rule"]
        stores: Counter[str] = Counter()
        for rule in counted:
            stores[str(rule["describe"])] += int(rule["fired"])
        providers = Counter(
            {name: n for name, n in _asked(self.providers + TOLD_AT).items() if name in (*FAULTS, *DEATHS)}
        )
        return {"stores": stores, "providers": providers}

    def _rule(self, rules: list[dict[str, Any]]) -> None:
        _asked(f"{self.stores}{_CONTROL}/rules", rules)

    def _turn(self, share: float, deaths: int = 0) -> None:
        _asked(self.providers + TOLD_AT, {"share": share, "deaths": deaths})


@contextmanager
def weather(folder: Path, endpoint: str, providers: str, *, microburst: Path) -> Iterator[Weather]:
    """The wires before an emulator that may start later, and before the provider double."""
    stores_port, providers_port = free_port(), free_port()
    stores, wire = f"http://{LOOPBACK}:{stores_port}", f"http://{LOOPBACK}:{providers_port}"
    burst = [str(microburst), "--upstream", endpoint, "--port", str(stores_port), "--no-resign"]
    own = ["-m", "tests.e2e.wire", str(providers_port), providers, "0", str(secrets.randbits(32))]
    with (
        server("microburst", burst, health=f"{stores}{_CONTROL}/health", log=folder / "microburst.log",
               environment=plain_environment()),
        server("the wire of the providers", [sys.executable, *own], health=wire + TOLD_AT, log=folder / "wire.log",
               environment=plain_environment()),
    ):  # fmt: skip
        _read_models(stores)
        yield Weather(stores, wire)


def _read_models(stores: str) -> None:
    """microburst reads the models of every service at its first call, for seconds in which it answers nobody. No
    function is to wait for that. The call itself fails: there is no emulator behind it yet."""
    headers = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}
    first = urllib.request.Request(stores, data=b"{}", headers=headers, method="POST")  # noqa: S310
    with suppress(HTTPError):
        urllib.request.urlopen(first, timeout=_MODELS_READ_WITHIN).close()  # noqa: S310  a loopback address of our own


def _throttles(share: float) -> list[dict[str, Any]]:
    return [
        {"service": name, "probability": share, "error": dict(error)} for name, error in _THROTTLED.items()
    ]


def _faults(share: float) -> list[dict[str, Any]]:
    return [
        {"service": "*", "probability": share, "reset": True},
        {"service": "*", "probability": share, "error": {"code": "InternalServerError", "status": 500}},
        # Passed on and done, and not a byte of the answer comes back.
        {"service": "*", "probability": share, "response": {"abort_frac": 0.0}},
    ]


def _asked(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310  a loopback address of our own
        return json.load(answer)
