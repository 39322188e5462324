"""One running local server for each module: the sample workspace, known keys, the system's clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support.clouds import a_user
from tests.support.served import Served, served_shop


@pytest.fixture(scope="module")
def whole_server() -> Iterator[Served]:
    with served_shop(rest=timedelta(seconds=2)) as made:
        yield made


@pytest.fixture
def server(whole_server: Served) -> Served:
    """The server with an empty record of what came in."""
    whole_server.switchboard.clear()
    return whole_server


@pytest.fixture
def user() -> str:
    """A user id that no other test has."""
    return a_user()
