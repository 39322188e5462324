"""What the local cloud changes about moto, installed and taken back as one.

moto stays the authority on what a call answers; these modules change what a call costs, and what
moto accepts or announces against the documentation of AWS:

| module         | changes                                                                    |
|----------------|----------------------------------------------------------------------------|
| `storage`      | stored items never change in place; one operation at a time; nothing kept   |
| `transactions` | an undo log in place of copies of whole tables                             |
| `queries`      | partitions and indexes in key order, in place of a sort of the whole table |
| `expressions`  | update expressions parsed once                                             |
| `wire`         | answers with items written directly                                        |
| `calls`        | calls handed to moto's handlers without a signature and an HTTP request    |
| `streams`      | records made when read, forgotten when settled, none for a write of nothing |
| `refusals`     | requests that AWS refuses are refused                                      |
| `backlog`      | SQS calls that do not look at the whole queue                              |
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from moto.moto_api._internal import mock_random

# each adds its replacements to one of the two patches when it is imported
from kizuna.local import (  # noqa: F401
    calls,
    expressions,
    queries,
    refusals,
    streams,
    transactions,
    wire,
)
from kizuna.local.backlog import SQS
from kizuna.local.storage import DYNAMODB

_PATCHES: Final = (DYNAMODB, SQS)


def install() -> None:
    """Idempotent. Best done before the first table and queue exist."""
    for patch in _PATCHES:
        patch.install()


def uninstall() -> None:
    """Idempotent; moto is as it was before."""
    for patch in reversed(_PATCHES):
        patch.uninstall()


@contextmanager
def installed() -> Iterator[None]:
    """Installed inside the block; what was installed before it stays installed after it."""
    with ExitStack() as stack:
        for patch in _PATCHES:
            stack.enter_context(patch.active())
        yield


def seed(number: int) -> None:
    """Makes the identifiers that moto gives out (message ids, receipt handles) repeatable."""
    mock_random.seed(number)
