"""A set of many texts in little memory: 64 bits of each, told apart by those alone.

A million take 16 to 32 MB, a Python set of them 100. Two of a million are taken for one with a chance of 3 in 10⁸.
"""

from __future__ import annotations

from array import array
from hashlib import blake2b


class Digests:
    """Open addressing over an array of 64 bits; never more than half full."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * 1_024))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, text: str) -> bool:
        value, mask = self._value(text), len(self._slots) - 1
        place = value & mask
        while self._slots[place]:
            if self._slots[place] == value:
                return True
            place = (place + 1) & mask
        return False

    @staticmethod
    def _value(text: str) -> int:
        """Never 0: nothing stands in an empty slot."""
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) or 1

    def add(self, text: str) -> bool:
        """Take a text in; False if it was there."""
        value = self._value(text)
        if not self._put(self._slots, value):
            return False
        self._count += 1
        if 2 * self._count > len(self._slots):
            self._grow()
        return True

    @staticmethod
    def _put(slots: array[int], value: int) -> bool:
        mask = len(slots) - 1
        place = value & mask
        while slots[place]:
            if slots[place] == value:
                return False
            place = (place + 1) & mask
        slots[place] = value
        return True

    def _grow(self) -> None:
        larger = array("Q", bytes(16 * len(self._slots)))
        for value in self._slots:
            if value:
                self._put(larger, value)
        self._slots = larger
