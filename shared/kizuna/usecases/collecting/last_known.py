"""Definitions and keys as they were read last: while they cannot be read, collecting goes on, into the queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from kizuna.core.errors import Unavailable

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog
    from kizuna.core.ports import CatalogStore, KeyFinder
    from kizuna.core.sources import Key

KEPT_FOR = timedelta(minutes=15)  # and no longer: a key may have been revoked, a source closed

T = TypeVar("T")


@dataclass(slots=True)
class Memory:
    """What one function instance read, and when: the catalog, and the keys that it was called with."""

    catalog: dict[str, tuple[datetime, Catalog]] = field(default_factory=dict)
    keys: dict[str, tuple[datetime, Key | None]] = field(default_factory=dict)


class LastKnown:
    """Reads for one request, and remembers. `is_out` tells that something had to be answered from memory.

    What can be read is passed on as it is, so a revoked key is refused at once. Only while the table refuses, what
    was read at most `KEPT_FOR` ago is taken instead; if there is nothing, Unavailable goes on to the caller.
    """

    def __init__(
        self, memory: Memory, catalog: CatalogStore, keys: Callable[[], KeyFinder], *, now: datetime
    ) -> None:
        """`keys` is asked for its store when a key is: the definitions are read first, and need less."""
        self._memory = memory
        self._catalog = catalog
        self._keys = keys
        self._now = now
        self.is_out = False

    def current(self) -> Catalog:
        """The catalog in force, or the one that was."""
        return self._read(self._catalog.current, self._memory.catalog, "catalog")

    def find(self, hashed: str) -> Key | None:
        """The key of this hash, or the key that it was. A key that does not exist is forgotten: there is no end of
        them."""
        found = self._read(lambda: self._keys().find(hashed), self._memory.keys, hashed)
        if found is None:
            del self._memory.keys[hashed]
        return found

    def _read(self, read: Callable[[], T], held: dict[str, tuple[datetime, T]], name: str) -> T:
        try:
            value = read()
        except Unavailable:
            if name not in held or self._now - held[name][0] > KEPT_FOR:
                raise
            self.is_out = True
            return held[name][1]
        held[name] = (self._now, value)
        return value
