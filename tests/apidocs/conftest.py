"""One running cloud for each module, with a door for managers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.clouds import Shop, running_shop
from tests.support.contract import MANAGER


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    claims = {MANAGER: {"sub": "manager", "cognito:groups": "[viewer author privacy]"}}
    with running_shop(authorizer=claims.get) as made:
        yield made
