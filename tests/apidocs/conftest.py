"""One running cloud for each module, with a door for managers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.clouds import Shop, running_shop
from tests.support.contract import MANAGER


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop(authorizer=lambda token: {"sub": "manager"} if token == MANAGER else None) as made:
        yield made
