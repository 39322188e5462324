"""The port `AccountNotes` in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kizuna.core.accounts import Checkpoint, ListName, Reading


class InMemoryAccountNotes:
    def __init__(self) -> None:
        self._readings: dict[str, Reading] = {}
        self._checkpoints: dict[str, Checkpoint] = {}
        self._told: dict[tuple[str, str], str] = {}

    def readings(self) -> Mapping[str, Reading]:
        return dict(self._readings)

    def note_reading(self, reading: Reading) -> None:
        self._readings[reading.channel] = reading

    def checkpoint(self, name: ListName) -> Checkpoint:
        return self._checkpoints.get(name, Checkpoint(name))

    def note_checkpoint(self, checkpoint: Checkpoint) -> None:
        self._checkpoints[checkpoint.list] = checkpoint

    def told(self, person: str, addresses: Collection[str]) -> Mapping[str, str]:
        return {each: self._told[person, each] for each in addresses if (person, each) in self._told}

    def note_told(self, person: str, address: str, what: str) -> None:
        self._told[person, address] = what
