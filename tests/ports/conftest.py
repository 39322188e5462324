"""One contract, three worlds: the fakes, and the adapters over moto and over the local cloud."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from kizuna.core.ports import (
    CatalogStore,
    Counters,
    Halts,
    JourneyRuns,
    Keys,
    Ledger,
    Messages,
    People,
    Runs,
)
from tests.support.emulated import client, cloud
from tests.support.stores import Stores, in_memory, in_tables
from tests.support.tables import fresh_tables


@pytest.fixture(scope="module", params=["memory", "moto", "local"])
def dynamodb(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of a cloud that lasts for the module, or None where nothing but memory is used."""
    if request.param == "memory":
        yield None
        return
    with pytest.MonkeyPatch.context() as environment, ExitStack() as closing:
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        closing.enter_context(cloud(changed=request.param == "local"))
        made = client("dynamodb")
        closing.callback(made.close)
        yield made


@pytest.fixture
def stores(dynamodb: Any) -> Stores:
    if dynamodb is None:
        return in_memory()
    return in_tables(dynamodb, fresh_tables(dynamodb))


@pytest.fixture
def people(stores: Stores) -> People:
    return stores.people


@pytest.fixture
def ledger(stores: Stores) -> Ledger:
    return stores.ledger


@pytest.fixture
def messages(stores: Stores) -> Messages:
    return stores.messages


@pytest.fixture
def counters(stores: Stores) -> Counters:
    return stores.counters


@pytest.fixture
def catalog(stores: Stores) -> CatalogStore:
    return stores.catalog


@pytest.fixture
def keys(stores: Stores) -> Keys:
    return stores.keys


@pytest.fixture
def journeys(stores: Stores) -> JourneyRuns:
    return stores.journeys


@pytest.fixture
def halts(stores: Stores) -> Halts:
    return stores.halts


@pytest.fixture
def runs(stores: Stores) -> Runs:
    return stores.runs
