"""A store of people that fails where a test wants it to: before, between and after its writes."""

from __future__ import annotations

from collections.abc import Callable

from kizuna.core.errors import TooLarge, Unavailable
from kizuna.core.people import Profile
from kizuna.core.ports import PersonWrite
from tests.support.fakes import InMemoryPeople


class Crash(BaseException):
    """The process died here: nothing after it happens, and nobody is told."""


class FragilePeople(InMemoryPeople):
    """Each commit passes three points: before anything, events stored, all stored and the answer on its way.

    `fails` names points by their number (from 0, over all commits) and what happens there. Repeated failures need
    repeated entries, for a retry passes new points.
    """

    def __init__(self, *profiles: Profile, fails: dict[int, Callable[[], None]] | None = None) -> None:
        super().__init__(*profiles)
        self.fails = fails or {}
        self.points = 0
        self.room = 10_000  # actions that one transaction takes

    def _point(self) -> None:
        number, self.points = self.points, self.points + 1
        self.fails.get(number, lambda: None)()

    def commit(self, write: PersonWrite) -> None:
        self._point()
        self._put_ahead(write)
        self._point()
        inside = len(write.bound)
        parts = 1 + len(write.absorbed) + len(write.new_identities) + len(write.folded.consents) + inside
        if parts > self.room:
            raise TooLarge(f"{parts} actions")
        super().commit(write)
        self._point()


def crash() -> None:
    raise Crash


def refuse() -> None:
    raise Unavailable("people: told to")
