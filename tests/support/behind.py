"""A store of people whose cheap reads are behind: as it was one or two writes ago, or absent though it is stored.

Each profile and each identifier is behind for itself, as the replicas of a table are: in one answer a profile may be
older than the identifier that leads to it, and the next one newer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TypeVar

from kizuna.core.people import Profile
from kizuna.core.ports import IdentityKey, PersonWrite
from tests.support.fakes import InMemoryPeople

T = TypeVar("T")


class PeopleBehind(InMemoryPeople):
    """`behind()` is asked at each thing that is not read consistently by how many writes it is behind; 0 is none."""

    def __init__(self, *profiles: Profile, behind: Callable[[], int]) -> None:
        super().__init__(*profiles)
        self.behind = behind
        self.told_behind = 0  # how often an answer was not what is stored
        self._profiles: dict[str, list[Profile | None]] = defaultdict(lambda: [None])
        self._owners: dict[IdentityKey, list[str | None]] = defaultdict(lambda: [None])
        self.remember()

    def remember(self) -> None:
        """What is stored now, for whoever reads it later: for tests that change it by hand."""
        for person, stored in self.stored.items():
            if self._profiles[person][-1] is not stored:
                self._profiles[person].append(stored)
        for person in self._profiles.keys() - self.stored.keys():
            if self._profiles[person][-1] is not None:
                self._profiles[person].append(None)
        for key in self._owners.keys() | self.identities.keys():
            if self._owners[key][-1] != self.identities.get(key):
                self._owners[key].append(self.identities.get(key))

    def _put_guarded(self, write: PersonWrite) -> None:
        super()._put_guarded(write)
        profile = write.folded.profile
        for changed in (profile, *write.absorbed):
            self._profiles[changed.id].append(changed)
        for identity in write.new_identities:
            self._owners[identity.key].append(profile.id)
        for released in write.released:
            self._owners[released].append(None)

    def _profile(self, profile_id: str, consistent: bool) -> Profile | None:
        stored = super()._profile(profile_id, consistent)
        return stored if consistent else self._some_version(self._profiles[profile_id], stored)

    def _owner(self, key: IdentityKey, consistent: bool) -> str | None:
        stored = super()._owner(key, consistent)
        return stored if consistent else self._some_version(self._owners[key], stored)

    def _some_version(self, versions: list[T | None], stored: T | None) -> T | None:
        behind = self.behind()
        found = versions[max(-1 - behind, -len(versions))] if behind else stored
        self.told_behind += found is not stored
        return found
