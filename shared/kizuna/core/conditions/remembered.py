"""What must be remembered of a person's events, so that conditions can be answered without reading them again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kizuna.core.conditions.event_questions import EventDid
from kizuna.core.conditions.properties import Where
from kizuna.core.conditions.sequences import Sequence
from kizuna.core.conditions.windows import (
    Absolute,
    BetweenAgo,
    SinceLast,
    Window,
    reach_of,
    span_of,
)
from kizuna.core.ids import digest

if TYPE_CHECKING:
    from kizuna.core.durations import Duration

DECIMALS = 6  # of amounts: beyond it sums of fractions would depend on their order
LONG_TEXT = 200  # characters of a text: of what is longer its beginning is remembered, and a hash of all
VALUES = 400  # different values of a property of which `mode` counts each, over all history

Most = tuple[tuple[str, int], ...]  # (property, how many), by property
Span = tuple[int, int | None]  # milliseconds: the first, and the first after it


@dataclass(frozen=True, slots=True)
class EndAsked:
    """What one question about the first or last event wants to know of it; equal if only their windows differ."""

    name: str
    leaf: EventDid = field(compare=False)


@dataclass(frozen=True, slots=True)
class AggregateNeed:
    """What must be remembered of one kind of event, so that every condition about it can be answered."""

    key: str
    event: str
    where: Where | None
    span: Span | None = None  # of a window that stands: only what happened in it
    since: str = ""  # the event after which a window begins
    recent: int = 0  # how many of the latest instants
    total: bool = False  # how many in all
    sums: frozenset[str] = frozenset()  # over all time, per property: the sum of its amounts …
    amounts: frozenset[str] = frozenset()  # … their number …
    lows: frozenset[str] = frozenset()  # … the smallest …
    highs: frozenset[str] = frozenset()  # … the largest …
    tallies: frozenset[str] = frozenset()  # … how often each value
    values: Most = ()  # so many different values over all time
    recent_values: Most = ()  # the values seen last, each with its latest instant
    ends: frozenset[EndAsked] = frozenset()  # the first or last event
    columns: frozenset[str] = frozenset()  # of each event itself: the values of these properties
    end_columns: frozenset[EndAsked] = frozenset()  # … and what is asked of a first event
    kept: int | None = 0  # seconds for which events are kept one by one; 0: they are not, None: for good
    sequence: Sequence | None = None
    form: str = field(init=False, compare=False, default="")  # another form: the state is built anew

    def __post_init__(self) -> None:
        object.__setattr__(self, "form", _form(self))

    @property
    def names(self) -> frozenset[str]:
        """The events that change it; empty for every event."""
        if self.sequence is not None:
            if self.sequence.strict:
                return frozenset()
            steps = {step.name for step in self.sequence.sequence}
        else:
            steps = {self.event}
        return frozenset(steps | ({self.since} if self.since else set()))

    @property
    def column_names(self) -> tuple[str, ...]:
        """What is kept of each event, in order."""
        if self.sequence is not None:
            return self.sequence.columns
        return (*sorted(self.columns), *sorted(f"?{asked.name}" for asked in self.end_columns))


def _form(need: AggregateNeed) -> str:
    parts = (
        str(need.recent),
        str(need.total),
        *(f"{letter}{name}" for letter, names in _by_letter(need) for name in sorted(names)),
        *(f"v{name}.{most}" for name, most in need.values),
        *(f"r{name}.{most}" for name, most in need.recent_values),
        str(need.kept),
    )
    return digest("form", need.key, *parts, length=8)


def _by_letter(need: AggregateNeed) -> Iterable[tuple[str, Iterable[str]]]:
    return (
        ("s", need.sums),
        ("a", need.amounts),
        ("l", need.lows),
        ("h", need.highs),
        ("t", need.tallies),
        ("c", need.columns),
        ("e", (asked.name for asked in need.ends)),
        ("f", (asked.name for asked in need.end_columns)),
    )


def aggregate_key(leaf: EventDid | Sequence) -> str:
    """Leaves about the same event with the same filter share what is remembered."""
    return leaf.key


def united_needs(one: AggregateNeed, other: AggregateNeed) -> AggregateNeed:
    """What answers the questions of both; they have one key."""
    kept = None if one.kept is None or other.kept is None else max(one.kept, other.kept)
    return replace(
        one,
        recent=max(one.recent, other.recent),
        total=one.total or other.total,
        sums=one.sums | other.sums,
        amounts=one.amounts | other.amounts,
        lows=one.lows | other.lows,
        highs=one.highs | other.highs,
        tallies=one.tallies | other.tallies,
        values=_most(one.values, other.values),
        recent_values=_most(one.recent_values, other.recent_values),
        ends=one.ends | other.ends,
        columns=one.columns | other.columns,
        end_columns=one.end_columns | other.end_columns,
        kept=kept,
    )


def _most(one: Most, other: Most) -> Most:
    found = dict(one)
    for name, most in other:
        found[name] = max(most, found.get(name, 0))
    return tuple(sorted(found.items()))


def need_of(leaf: EventDid | Sequence) -> AggregateNeed:
    """What answering this leaf takes. For "at least N within W" the last N instants suffice."""
    if isinstance(leaf, Sequence):
        return _sequence(leaf)
    base = AggregateNeed(
        leaf.key, leaf.event, leaf.filter, span=_span(leaf.window), since=_since(leaf.window)
    )
    match leaf.verb:
        case "did" | "did_not" | "count":
            return _counted(base, leaf)
        case "first" | "last":
            return _end(base, leaf)
        case _:
            return _valued(base, leaf)


def _stands(window: Window | None) -> bool:
    """Whether nothing ever leaves it: then what has been counted need not be told apart any more."""
    return window is None or isinstance(window, Absolute)


def _counted(base: AggregateNeed, leaf: EventDid) -> AggregateNeed:
    if _stands(leaf.window):
        return replace(base, total=True)
    if isinstance(leaf.window, BetweenAgo):
        return replace(base, kept=_seconds(leaf.window))
    return replace(base, recent=1 if leaf.verb != "count" else leaf.most)


def _end(base: AggregateNeed, leaf: EventDid) -> AggregateNeed:
    """Of a window that ends now the last event is the last of all; the first is one of those in it."""
    asked = frozenset({EndAsked(leaf.end_name, leaf)})
    is_last = leaf.verb == "last" and not isinstance(leaf.window, BetweenAgo)
    if is_last or _stands(leaf.window):
        return replace(base, ends=asked)
    return replace(base, end_columns=asked, kept=_seconds(leaf.window))


def _valued(base: AggregateNeed, leaf: EventDid) -> AggregateNeed:
    name = leaf.of or ""
    names, most = frozenset({name}), ((name, leaf.most),) if leaf.verb == "distinct" else ()
    if leaf.verb == "distinct" and not _stands(leaf.window) and not isinstance(leaf.window, BetweenAgo):
        return replace(base, recent_values=most)
    if not _stands(leaf.window):
        return replace(base, columns=names, kept=_seconds(leaf.window))
    match leaf.verb:
        case "sum":
            return replace(base, sums=names)
        case "avg":
            return replace(base, sums=names, amounts=names)
        case "min":
            return replace(base, lows=names)
        case "max":
            return replace(base, highs=names)
        case "distinct":
            return replace(base, values=most)
        case _:
            return replace(base, tallies=names)


def _sequence(leaf: Sequence) -> AggregateNeed:
    """All events of its steps. After a window that stands, also those that must not follow."""
    span = _span(leaf.window)
    if span is not None and span[1] is not None:
        later = [step.within for step in leaf.sequence if step.not_ is not None]
        reach = None if None in later else sum(_millis(within) for within in later if within)
        span = (span[0], None if reach is None else span[1] + reach)
    kept = None if span is not None else _seconds(leaf.window)
    return AggregateNeed(leaf.key, "", None, span=span, since=_since(leaf.window), kept=kept, sequence=leaf)


def _span(window: Window | None) -> Span | None:
    return span_of(window) if isinstance(window, Absolute) else None


def _since(window: Window | None) -> str:
    return window.since_last if isinstance(window, SinceLast) else ""


def _seconds(window: Window | None) -> int:
    return int(reach_of(window).total_seconds())


def _millis(length: Duration) -> int:
    return 1000 * (length.seconds + length.months * 31 * 86_400)
