"""When a person last entered and left a segment: kept of those segments of which some condition asks.

Only what was announced is noted: whom a changed definition, a merge or an import of history moves, has neither come
nor gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from kizuna.core.durations import epoch_millis

if TYPE_CHECKING:
    from kizuna.core.conditions.view import Moves

_NONE = (None, None)


def with_moves(moves: Moves, came: Iterable[str], went: Iterable[str], *, now: datetime) -> Moves:
    """The moves after the person came into some segments and went out of others at `now`."""
    millis = epoch_millis(now)
    after = dict(moves)
    for name in came:
        after[name] = (millis, after.get(name, _NONE)[1])
    for name in went:
        after[name] = (after.get(name, _NONE)[0], millis)
    return after


def united_moves(one: Moves, other: Moves) -> Moves:
    """The moves of two people who turn out to be one: of each the later."""
    return {
        name: (
            _later(one.get(name, _NONE)[0], other.get(name, _NONE)[0]),
            _later(one.get(name, _NONE)[1], other.get(name, _NONE)[1]),
        )
        for name in {**one, **other}
    }


def _later(one: int | None, other: int | None) -> int | None:
    return max((each for each in (one, other) if each is not None), default=None)
