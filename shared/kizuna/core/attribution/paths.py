"""Models that look at all paths together: what would be missing without a source.

A path is what somebody met on the way to a success, or to nothing. Both models give each source a weight, and the
success of a path is shared among its sources by these: so the shares of each success sum to 1 here as well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
MOST_SOURCES = 200  # a chain of more is refused: its equations grow with the cube of them

_START, _END, _NOTHING = object(), object(), object()


def markov(won: Mapping[tuple[Key, ...], int], lost: Mapping[tuple[Key, ...], int]) -> dict[Key, float]:
    """The removal effect of each source: the share of successes that a first-order chain loses without it.

    `won` and `lost` count the paths that led to a success, and to nothing. Raises ValueError for more than
    `MOST_SOURCES` sources.
    """
    chain: dict[object, Counter[object]] = defaultdict(Counter)
    for paths, end in ((won, _END), (lost, _NOTHING)):
        for path, count in paths.items():
            stations: list[object] = [_START, *path, end]
            for here, there in pairwise(stations):
                chain[here][there] += count
    sources = list(dict.fromkeys(key for path in (*won, *lost) for key in path))
    if len(sources) > MOST_SOURCES:
        raise ValueError(f"{len(sources)} sources: a chain is worked out for at most {MOST_SOURCES}")
    whole = _reaching(chain, sources, without=None)
    if not whole:
        return dict.fromkeys(sources, 0.0)
    return {key: max(0.0, 1 - _reaching(chain, sources, without=key) / whole) for key in sources}


def _reaching(
    chain: Mapping[object, Counter[object]], sources: Sequence[object], *, without: object | None
) -> float:
    """The probability that whoever starts comes to a success, where one source leads to nothing.

    Solves x = A·x + b by elimination; every source leads on to an end, so there is one solution.
    """
    rows = [key for key in (_START, *sources) if key is not without and chain.get(key)]
    place = {key: number for number, key in enumerate(rows)}
    matrix: list[list[float]] = []
    for key in rows:
        onwards = chain[key]
        total = sum(onwards.values())
        line = [0.0] * (len(rows) + 1)
        line[place[key]] = 1.0
        for there, count in onwards.items():
            if there is _END:
                line[-1] += count / total
            elif there in place:
                line[place[there]] -= count / total
        matrix.append(line)
    return _solved(matrix)[place[_START]] if _START in place else 0.0


def _solved(matrix: list[list[float]]) -> list[float]:
    """The solution of linear equations, by elimination with the largest pivot."""
    size = len(matrix)
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(matrix[row][column]))
        matrix[column], matrix[pivot] = matrix[pivot], matrix[column]
        head = matrix[column]
        for row in range(size):
            if row != column and matrix[row][column]:
                factor = matrix[row][column] / head[column]
                line = matrix[row]
                for index in range(column, size + 1):
                    line[index] -= factor * head[index]
    return [matrix[row][size] / matrix[row][row] for row in range(size)]


def shapley(won: Mapping[tuple[Key, ...], int]) -> dict[Key, float]:
    """The successes that each source adds on average, over all orders in which sources may come to be.

    A set of sources is worth the successes of the paths that need no other. Such a game is a sum of games of
    unanimity, in each of which all that are needed have equal parts; so the value is a sum, and exact.
    """
    value: dict[Key, float] = defaultdict(float)
    for path, count in won.items():
        needed = set(path)
        for key in needed:
            value[key] += count / len(needed)
    return dict(value)


def split(path: Sequence[Key], weights: Mapping[Key, float]) -> dict[Key, float]:
    """One success shared among the sources of its path, by their weights; equally where none weighs anything."""
    keys = list(dict.fromkeys(path))
    whole = sum(weights.get(key, 0.0) for key in keys)
    if whole <= 0:
        return {key: 1 / len(keys) for key in keys}
    return {key: weights.get(key, 0.0) / whole for key in keys}
