"""Quantiles and scores of millions of numbers at once, with the standard library alone.

A column of unsigned numbers is read as a few thousand long integers, with a lane of bits for each number. One
subtraction then compares all numbers of such a block with a value: the top bit of a lane is left standing where its
number is at least that. So they are counted and scored at the speed of the cache, and no object is made for each.

    sample ─▶ between which values each quantile lies ─▶ exact counts there ─▶ the quantile
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

Column: TypeAlias = "array[int]"  # of unsigned numbers that leave the top bit free: see `column_of`

_CODES = {2: "H", 4: "I", 8: "Q"}  # by bytes

_BLOCK = 16_384  # numbers in one integer: it stays in the cache while it is worked on
_SAMPLE = 10_000  # numbers that are looked at first
_MARGIN = 4  # standard deviations that a sample may be off; beyond it the whole column is sorted
_CHOSEN = b"\x80"  # the top byte of a lane that is chosen
_FEW = 8  # so many values are told apart by counting, more by taking their numbers out and sorting them


def column_of(numbers: Iterable[int]) -> Column:
    """The numbers in the narrowest lanes that hold them. Raises OverflowError below 0 and from 2⁶³ on."""
    return narrowed(array("Q", numbers))


def narrowed(column: Column) -> Column:
    """The same numbers in the narrowest lanes that leave their top bit free.

    Raises OverflowError where no lane is wide enough, or some number is below 0.
    """
    raw, width = bytes_of(column), column.itemsize
    for narrow, code in _CODES.items():
        if narrow > width or not _fits(raw, width, narrow):
            continue
        return column_from(code, raw)[:: width // narrow]
    raise OverflowError("some number is below 0, or does not fit into its lane without the top bit")


def _fits(raw: bytes, width: int, narrow: int) -> bool:
    """Whether lanes of a width, the lowest byte first, hold nothing beyond all but the top bit of a narrower one."""
    nothing = bytes(len(raw) // width)
    beyond = (raw[place::width] for place in range(narrow, width))
    return raw[narrow - 1 :: width].isascii() and all(each == nothing for each in beyond)


class _Bracket(NamedTuple):
    """The number at a rank lies between `low` and `high`, both included, if the sample did not deceive."""

    rank: int
    guess: int
    low: int
    high: int


class Lanes:
    """A column, ready to be counted and scored."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._size = len(column)
        self._width = width = column.itemsize
        self._last = 8 * width - 1  # the top bit of a lane
        self._ones = int.from_bytes((1).to_bytes(width, "little") * _BLOCK, "little")
        self._tops = self._ones << self._last
        raw = bytes_of(column)
        self._blocks = [
            int.from_bytes(raw[start : start + _BLOCK * width], "little") | self._tops
            for start in range(0, len(raw), _BLOCK * width)
        ]
        self._counts: dict[int, int] = {}

    def sizes(self, values: Iterable[int]) -> list[int]:
        """How many numbers equal each of some values."""
        return [self.up_to(value) - self.up_to(value - 1) for value in values]

    def quantiles(self, parts: int) -> tuple[int, ...]:
        """The values that cut the numbers into `parts`, by lower interpolation: `sorted(column)[⌊k·(n-1)/parts⌋]`.

        Exact, whatever the column holds. Raises ValueError for an empty one.
        """
        if not self._size:
            raise ValueError("there are no numbers to cut into parts")
        ranks = [part * (self._size - 1) // parts for part in range(1, parts)]
        sample = sorted(self._column[:: max(1, self._size // _SAMPLE)])
        found: dict[int, int] = {}
        wide: list[_Bracket] = []
        for rank in ranks:
            bracket = self._bracket(rank, sample)
            if bracket.high - bracket.low >= _FEW:
                wide.append(bracket)
                continue
            value = bracket.low + bisect_right(range(bracket.low, bracket.high), rank, key=self.up_to)
            if not self.up_to(value - 1) <= rank < self.up_to(value):
                return self._sorted(ranks)
            found[rank] = value
        numbers = self._between(wide)
        for rank, guess, low, high in wide:
            at = bisect_left(numbers, guess) + rank - self.up_to(guess - 1)
            if not 0 <= at < len(numbers) or not low <= numbers[at] <= high:
                return self._sorted(ranks)
            found[rank] = numbers[at]
        return tuple(found[rank] for rank in ranks)

    def _bracket(self, rank: int, sample: Sequence[int]) -> _Bracket:
        """Between which values the number at a rank lies, most probably: who builds on it has to check."""
        last = len(sample) - 1
        guess = sample[rank * last // max(1, self._size - 1)]
        place = bisect_left(sample, guess)
        off = (rank - self.up_to(guess - 1)) * len(sample) // self._size  # so far the guess is from the rank
        margin = 2 + int(_MARGIN * abs(off) ** 0.5)
        if off >= 0:
            return _Bracket(rank, guess, guess, sample[min(last, place + off + margin)])
        return _Bracket(rank, guess, sample[max(0, place + off - margin)], max(0, guess - 1))

    def _between(self, brackets: Sequence[_Bracket]) -> list[int]:
        """All numbers within some brackets, sorted."""
        if not brackets:
            return []
        ends = [(self._ones * each.low, self._ones * (each.high + 1)) for each in brackets]
        found = []
        for number, block in enumerate(self._blocks):
            inside = 0
            for low, high in ends:
                inside |= (block - low) ^ (block - high)  # the top bits differ between low and high
            chosen = self._bytes(inside & self._tops, self._width - 1)
            start = number * _BLOCK
            place = chosen.find(_CHOSEN)
            while 0 <= place < self._size - start:  # few are chosen: nothing is done for the others
                found.append(self._column[start + place])
                place = chosen.find(_CHOSEN, place + 1)
        return sorted(found)

    def _sorted(self, ranks: Sequence[int]) -> tuple[int, ...]:
        numbers = sorted(self._column)
        return tuple(numbers[rank] for rank in ranks)

    def up_to(self, value: int) -> int:
        """How many numbers are not greater."""
        found = self._counts.get(value)
        if found is None:
            above, tops = self._ones * (value + 1), self._tops
            greater = sum(((block - above) & tops).bit_count() for block in self._blocks)
            found = self._counts[value] = self._size - greater if value >= 0 else 0
        return found

    def scores(self, cuts: Sequence[int]) -> bytes:
        """For each number how many of the cuts it lies above: equal numbers have equal scores."""
        above, tops, last = [self._ones * (cut + 1) for cut in cuts], self._tops, self._last
        scored = []
        for block in self._blocks:
            score = 0
            for each in above:
                score += ((block - each) & tops) >> last
            scored.append(self._bytes(score, 0))
        return b"".join(scored)[: self._size]

    def _bytes(self, lanes: int, place: int) -> bytes:
        """One byte of each lane of a block, the lowest being 0."""
        return lanes.to_bytes(_BLOCK * self._width, "little")[place :: self._width]


def bytes_of(column: Column) -> bytes:
    """Its bytes, the lowest of each number first."""
    return _swapped(column).tobytes()


def column_from(code: str, raw: bytes) -> Column:
    """The inverse of `bytes_of`, for a type code of `array`."""
    return _swapped(array(code, raw))


def _swapped(column: Column) -> Column:
    """From the order of this machine to the lowest byte first, or back."""
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column
