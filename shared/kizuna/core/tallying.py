"""One aggregate while events are added to it: opened once a batch, closed once.

Every fold is independent of the order in which events come; for that, amounts count to six decimals, of events at
one millisecond the last is the one with the largest mark (as in the timeline), and the events that are kept one by
one are sorted.
"""

from __future__ import annotations

import hashlib
import json
import math
from bisect import insort
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from kizuna.core.conditions.event_meaning import TIMED
from kizuna.core.conditions.properties import Where
from kizuna.core.conditions.remembered import DECIMALS, LONG_TEXT, VALUES, AggregateNeed, EndAsked
from kizuna.core.conditions.value_meaning import compare, matches
from kizuna.core.conditions.values import at_path
from kizuna.core.durations import epoch_millis
from kizuna.core.events import Event, SeenContext
from kizuna.core.ids import seen_hash

State = Mapping[str, Any]
Row = list[Any]  # an event that is kept: its millisecond, then its columns

_LARGEST = 10**15  # an amount: what is larger is a number of something else


class Tally:
    """The state of one aggregate, to be changed."""

    def __init__(self, state: State, need: AggregateNeed) -> None:
        self._need = need
        self._state: dict[str, Any] = dict(state)
        self._opened: set[str] = set()
        self.is_changed = False

    def add(self, event: Event) -> None:
        """Count one more event that the aggregate may be about."""
        need = self._need
        millis = epoch_millis(event.at)
        if need.since and event.name == need.since:
            self._state["l"] = max(millis, self._state.get("l", millis))
            self.is_changed = True
        if need.span is not None and not _within(need.span, millis):
            return
        if need.sequence is not None:
            self._add_step(event, millis)
        elif event.name == need.event and passes(need.where, event):
            self._add_event(event, millis)

    def closed(self, *, now: datetime) -> State:
        """The state after all that was added, without what has left every window."""
        rows = self._state.get("e")
        if rows:
            oldest = oldest_kept(self._need, self._state, now=now)
            if rows[0][0] <= oldest:
                self._state["e"] = [row for row in rows if row[0] > oldest]
            if not self._state["e"]:
                del self._state["e"]
        return self._state

    # ── an event ────────────────────────────────────────────────────────────────────────────────

    def _add_event(self, event: Event, millis: int) -> None:
        need, state = self._need, self._state
        self.is_changed = True
        if need.total:
            state["n"] = state.get("n", 0) + 1
        if need.recent:
            instants = self._list("t")
            insort(instants, millis)
            del instants[: -need.recent]
        if need.sums or need.lows or need.highs:
            self._add_amounts(event)
        if need.tallies or need.values or need.recent_values:
            self._add_values(event, millis)
        for asked in need.ends:
            self._add_end(asked, event, millis)
        if need.kept != 0:
            self._keep([millis, *self._columns(event)])

    def _add_amounts(self, event: Event) -> None:
        need = self._need
        for name in need.sums:
            sums = self._map("s")
            sums[name] = added(sums.get(name, 0), amount_of(event, name) or 0)
        for letter, names, choose in (("lo", need.lows, min), ("hi", need.highs, max)):
            for name in names:
                amount = amount_of(event, name)
                if amount is not None:
                    ends = self._map(letter)
                    ends[name] = choose(ends.get(name, amount), amount)
        for name in need.amounts:
            if amount_of(event, name) is not None:
                numbers = self._map("c")
                numbers[name] = numbers.get(name, 0) + 1

    def _add_values(self, event: Event, millis: int) -> None:
        need = self._need
        for name in need.tallies:
            value = value_of(event, name)
            if value is not None:
                tally = dict(self._map("m").get(name, {}))
                text = json.dumps(value, ensure_ascii=False)
                tally[text] = tally.get(text, 0) + 1
                self._map("m")[name] = bounded(tally)
        for name, most in need.values:
            value = value_of(event, name)
            if value is not None:
                known = self._map("d").get(name, [])
                self._map("d")[name] = sorted({*known, mark_of(value)})[:most]
        for name, most in need.recent_values:
            value = value_of(event, name)
            if value is not None:
                latest = self._map("w").get(name, [])
                self._map("w")[name] = newest([*latest, [millis, mark_of(value)]], most)

    def _add_end(self, asked: EndAsked, event: Event, millis: int) -> None:
        offered = [millis, seen_hash(event.source.id, event.id).hex(), told(asked, event)]
        ends = self._map("o")
        ends[asked.name] = further(asked, ends.get(asked.name), offered)

    def _columns(self, event: Event) -> list[Any]:
        need = self._need
        asked = {end.name: end for end in need.end_columns}
        columns = [value_of(event, name) for name in sorted(need.columns)]
        ends = [told(asked[name], event) for name in sorted(asked)]
        return [*columns, *([*ends, seen_hash(event.source.id, event.id).hex()] if ends else ())]

    # ── a step of a sequence ────────────────────────────────────────────────────────────────────

    def _add_step(self, event: Event, millis: int) -> None:
        sequence = self._need.sequence
        if sequence is None:
            return
        steps = sum(
            1 << number
            for number, step in enumerate(sequence.sequence)
            if step.name == event.name and passes(step.where, event)
        )
        if steps:
            self._keep([millis, steps, *(value_of(event, name) for name in sequence.columns)])
        elif sequence.strict:
            self._keep([millis, 0])

    # ── what is changed is copied once ──────────────────────────────────────────────────────────

    def _keep(self, row: Row) -> None:
        self.is_changed = True
        rows = self._list("e")
        if (
            not rows or rows[-1][0] < row[0]
        ):  # as nearly all come: the place of a row takes microseconds to work out
            rows.append(row)
        else:
            insort(rows, row, key=place)

    def _list(self, letter: str) -> list[Any]:
        if letter not in self._opened:
            self._opened.add(letter)
            self._state[letter] = list(self._state.get(letter, ()))
        opened: list[Any] = self._state[letter]
        return opened

    def _map(self, letter: str) -> dict[str, Any]:
        if letter not in self._opened:
            self._opened.add(letter)
            self._state[letter] = dict(self._state.get(letter, {}))
        opened: dict[str, Any] = self._state[letter]
        return opened


def united_state(one: State, other: State, need: AggregateNeed) -> State:
    """Two states of disjoint events as one. Where either counted from a timeline, so did both together."""
    state: dict[str, Any] = {"f": need.form}
    for letter, choose in (("l", max), ("cs", max)):
        known = [side[letter] for side in (one, other) if letter in side]
        if known:
            state[letter] = choose(known)
    if need.total:
        state["n"] = one.get("n", 0) + other.get("n", 0)
    if need.recent:
        state["t"] = sorted([*one.get("t", ()), *other.get("t", ())])[-need.recent :]
    for letter in ("s", "c", "lo", "hi", "m", "d", "w", "o"):
        united = _united_map(letter, one.get(letter, {}), other.get(letter, {}), need)
        if united:
            state[letter] = united
    if need.kept != 0:
        rows = sorted([*one.get("e", ()), *other.get("e", ())], key=place)
        if rows:
            state["e"] = rows
        pages = [*one.get("x", ()), *(page for page in other.get("x", ()) if page not in one.get("x", ()))]
        if pages:
            state["x"] = pages
    return state


def _united_map(letter: str, one: State, other: State, need: AggregateNeed) -> dict[str, Any]:
    most = dict(need.values if letter == "d" else need.recent_values)
    ends = {asked.name: asked for asked in need.ends}
    united = dict(one)
    for name, theirs in other.items():
        if name not in united:
            united[name] = theirs
            continue
        ours = united[name]
        match letter:
            case "s":
                united[name] = added(ours, theirs)
            case "c":
                united[name] = ours + theirs
            case "lo":
                united[name] = min(ours, theirs)
            case "hi":
                united[name] = max(ours, theirs)
            case "m":
                values = {*ours, *theirs}
                united[name] = bounded({each: ours.get(each, 0) + theirs.get(each, 0) for each in values})
            case "d":
                united[name] = sorted({*ours, *theirs})[: most[name]]
            case "w":
                united[name] = newest([*ours, *theirs], most[name])
            case _:
                united[name] = further(ends[name], ours, theirs)
    return united


def passes(where: Where | None, event: Event) -> bool:
    """Whether an event is one that a filter is about."""
    return where is None or matches(where, event.properties, at=event.at, context=SeenContext(event))


# ── what is remembered of an event ──────────────────────────────────────────────────────────────


def told(asked: EndAsked, event: Event) -> Any:
    """What a question about the first or last event hears of it.

    False or True where the answer is settled; what it compares with a moment (a text, or None) in a list.
    """
    leaf = asked.leaf
    if not passes(leaf.where, event):
        return False
    if leaf.of is None:
        return True
    actual = at_path(event.properties, leaf.of)
    if leaf.op in TIMED:
        return [actual if isinstance(actual, str) and len(actual) <= LONG_TEXT else None]
    return compare(leaf.op, actual, leaf.value, now=event.at).matched


def further(asked: EndAsked, one: Row | None, other: Row) -> Row:
    """Which of two is nearer to the end that is asked about."""
    if one is None:
        return other
    choose = min if asked.leaf.verb == "first" else max
    chosen: Row = choose(one, other, key=lambda row: (row[0], row[1]))
    return chosen


def amount_of(event: Event, path: str) -> float | None:
    """A number, to six decimals; None where there is none."""
    return amount(at_path(event.properties, path))


def amount(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_LARGEST <= value <= _LARGEST:
        return None
    return round(value, DECIMALS)


def added(one: float, other: float) -> float:
    return round(one + other, DECIMALS)


def value_of(event: Event, path: str) -> Any:
    """A text, number or flag; None for anything else. A number that is no amount (`amount`) counts as its text, and
    of a long text its beginning, and a hash of all."""
    value = at_path(event.properties, path)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if isinstance(value, float) and not math.isfinite(value):
            return None
        number = amount(value)
        if number is not None:
            return int(number) if number == int(number) else number
        value = str(value)
    if not isinstance(value, str):
        return None
    return value if len(value) <= LONG_TEXT else value[:LONG_TEXT] + "…" + mark_of(value)


def mark_of(value: Any) -> str:
    """Stands for a value where only how many there are is asked: 64 bits of a hash."""
    text = json.dumps(value, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def newest(values: Iterable[Row], most: int) -> list[Row]:
    """Each value once, with its latest instant, and of these the latest."""
    latest: dict[str, int] = {}
    for millis, mark in values:
        latest[mark] = max(millis, latest.get(mark, millis))
    return [[millis, mark] for millis, mark in sorted((at, mark) for mark, at in latest.items())[-most:]]


def bounded(tally: dict[str, int]) -> dict[str, int]:
    """A tally of at most `VALUES` values, and one more as a sign that there were too many: then none is told.

    Those whose hashes are smallest stay. Each of them was never left out before, so its number is true.
    """
    if len(tally) <= VALUES + 1:
        return dict(sorted(tally.items()))
    chosen = sorted(tally, key=lambda text: hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    return dict(sorted((text, tally[text]) for text in chosen[: VALUES + 1]))


# ── events that are kept one by one ─────────────────────────────────────────────────────────────


def place(row: Row) -> tuple[int, int, int, tuple[str, ...]]:
    """Sorts rows by time; at one millisecond earlier steps of a sequence first, then by what else is kept of them.

    The lake sorts steps likewise (`condition_sql.sequence_rows`), so what decides is nothing that engines differ in.
    """
    first = row[1] if len(row) > 1 else 0
    steps = first if isinstance(first, int) and not isinstance(first, bool) else 0
    return (row[0], steps & -steps or 1 << 62, steps, tuple(map(_sorted_by, row[1:])))


def _sorted_by(value: Any) -> str:
    """A value that is kept, as a text: what kind it is, then texts as they are and numbers in millionths."""
    match value:
        case None:
            return ""
        case str():
            return f"s{value}"
        case bool():
            return f"b{value}".lower()
        case int():
            return f"a{value * 10**DECIMALS}"
        case float():
            return "a" + str(int(f"{value:.{DECIMALS}f}".replace(".", "")))
        case _:
            return repr(value)


def oldest_kept(need: AggregateNeed, state: State, *, now: datetime) -> int:
    """Whatever is as old as this, or older, matters to no question any more."""
    oldest = -(1 << 62) if need.kept is None else epoch_millis(now) - 1000 * need.kept
    return max(oldest, state.get("l", oldest)) if need.since else oldest


def _within(span: tuple[int, int | None], millis: int) -> bool:
    return span[0] <= millis and (span[1] is None or millis < span[1])
