"""One running cloud for each module; tests in it keep apart by their people."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.clouds import Shop, a_user, running_shop


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop() as made:
        yield made


@pytest.fixture
def user() -> str:
    """A user id that no other test has."""
    return a_user()
