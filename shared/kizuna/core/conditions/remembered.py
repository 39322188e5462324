"""What must be remembered of a person's events, so that conditions can be answered without reading them again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from kizuna.core.conditions.event_questions import EventDid, PropertyIs, Window
from kizuna.core.ids import digest

DECIMALS = 6  # of amounts: beyond it sums of fractions would depend on their order


@dataclass(frozen=True, slots=True)
class AggregateNeed:
    """What must be remembered of one kind of event, so that every condition about it can be answered."""

    key: str
    event: str
    where: tuple[PropertyIs, ...]
    recent: int = 0  # how many of the latest instants
    total: bool = False  # how many in all
    sums: frozenset[str] = frozenset()  # properties added up over all time
    recent_sums: frozenset[tuple[str, int]] = frozenset()  # (property, seconds kept)

    @property
    def form(self) -> str:
        """Changes when the remembered state would have to look different: then it is rebuilt."""
        return _form(self.key, self.recent, self.total, self.sums, self.recent_sums)


@lru_cache(maxsize=4096)  # asked for each aggregate of each person
def _form(
    key: str, recent: int, total: bool, sums: frozenset[str], recent_sums: frozenset[tuple[str, int]]
) -> str:
    parts = (str(recent), str(total), *sorted(sums), "|", *map(str, sorted(recent_sums)))
    return digest("form", key, *parts, length=8)


def aggregate_key(leaf: EventDid) -> str:
    """Leaves about the same event with the same filter share what is remembered."""
    return leaf.key


def need_of(leaf: EventDid) -> AggregateNeed:
    """What answering this leaf takes. For "at least N within W" the last N instants suffice."""
    key = aggregate_key(leaf)
    seconds = _seconds(leaf.window)
    if leaf.verb == "sum" and leaf.of:
        if seconds is None:
            return AggregateNeed(key, leaf.event, leaf.where, sums=frozenset({leaf.of}))
        return AggregateNeed(key, leaf.event, leaf.where, recent_sums=frozenset({(leaf.of, seconds)}))
    if seconds is None:
        return AggregateNeed(key, leaf.event, leaf.where, total=True)
    return AggregateNeed(key, leaf.event, leaf.where, recent=1 if leaf.verb != "count" else leaf.most)


def _seconds(window: Window | None) -> int | None:
    if window is None:
        return None
    return window.last.seconds or window.last.months * 31 * 86_400
