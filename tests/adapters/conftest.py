"""The tables of the topology in the local cloud, behind a client that misbehaves on order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.emulated import client, cloud
from tests.support.faulty import FaultyClient
from tests.support.tables import TableNames, fresh_tables


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture(scope="module")
def _cloud() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as environment, ExitStack() as closing:
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        closing.enter_context(cloud())
        made = client("dynamodb")
        closing.callback(made.close)
        yield made


@pytest.fixture
def dynamodb(_cloud: Any) -> FaultyClient:
    return FaultyClient(_cloud)


@pytest.fixture
def tables(_cloud: Any) -> TableNames:
    return fresh_tables(_cloud)
