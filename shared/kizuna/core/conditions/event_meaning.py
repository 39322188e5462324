"""What questions about events mean, asked of what is remembered of them (`aggregates`)."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any, TypeVar, assert_never

from kizuna.core.conditions.answers import Answer
from kizuna.core.conditions.comparing import compare_numbers
from kizuna.core.conditions.event_questions import EventDid
from kizuna.core.conditions.remembered import DECIMALS, VALUES
from kizuna.core.conditions.times import next_turn
from kizuna.core.conditions.value_meaning import compare
from kizuna.core.conditions.windows import Absolute, BetweenAgo, Frame, Last, frame_at, turns_of
from kizuna.core.durations import from_epoch_millis, instant_to_text

Told = TypeVar("Told")

# Operators whose answer also depends on the moment.
TIMED = frozenset({"within_last", "not_within_last", "before_last"})

# How many of the moments at which something enters or leaves a window are looked at for the first that changes the
# answer. Beyond them the alarm is set to the next: it finds nothing changed, and looks on from there.
LOOKED_AT = 100


def event_answer(
    leaf: EventDid, state: Mapping[str, Any], *, now: datetime, zone: str | None = None
) -> Answer:
    """Whether it holds, and the moment at which that changes if nothing happens. `zone` is the person's."""
    if leaf.verb in ("did", "did_not", "count") and (leaf.window is None or isinstance(leaf.window, Last)):
        return _counted(leaf, state, now=now)

    kept = Kept(state)

    def holds(moment: datetime) -> bool:
        frame = frame_at(leaf.window, now=moment, zone=zone, since=state.get("l"))
        if frame is None:
            return leaf.verb == "did_not"
        return _holds(leaf, state, kept, frame, moment)

    most = LOOKED_AT if leaf.verb in _AT_ONCE else looked_at(20_000, kept)
    turns = _turns(leaf, state, kept, now=now, zone=zone, most=most)
    return answered(holds, turns, now=now, most=most)


def number_asked(leaf: EventDid) -> tuple[str, str, str, str] | None:
    """What a question looks at, where that is one number: questions of which this is equal differ only in what they
    compare it with. None where it looks at more."""
    if leaf.asks_place:
        return None  # nor without the person's consent
    is_count = leaf.verb in _COUNTING
    if is_count and (leaf.window is None or isinstance(leaf.window, Last)):
        return None  # these need no events one by one
    if not is_count and leaf.verb not in _COMPUTED:
        return None
    window = leaf.window.model_dump_json() if leaf.window is not None else ""
    return leaf.key, "count" if is_count else leaf.verb, leaf.of or "", window


def shared_answers(
    leaves: Sequence[EventDid], state: Mapping[str, Any], *, now: datetime, zone: str | None = None
) -> tuple[tuple[bool, ...], datetime | None]:
    """The answers to questions that look at one number (`number_asked`), and when any of them may change: for all of
    them the number is worked out once."""
    first, kept = leaves[0], Kept(state)
    is_counted = first.verb in _COUNTING

    def answers(moment: datetime) -> tuple[bool, ...]:
        frame = frame_at(first.window, now=moment, zone=zone, since=state.get("l"))
        if frame is None:
            return tuple(leaf.verb == "did_not" for leaf in leaves)
        if is_counted:
            count = _count(first, state, kept, frame)
            return tuple(_compares(leaf, count) for leaf in leaves)
        number = (
            _different(first, state, kept, frame)
            if first.verb == "distinct"
            else _number(first, state, kept, frame)
        )
        return tuple(number is not None and compare_numbers(leaf.op, number, leaf.number) for leaf in leaves)

    most = LOOKED_AT if first.verb in _AT_ONCE else looked_at(20_000, kept)
    return first_change(
        answers, _turns(first, state, kept, now=now, zone=zone, most=most), now=now, most=most
    )


def answered(
    holds: Callable[[datetime], bool], turns: Iterable[datetime], *, now: datetime, most: int = LOOKED_AT
) -> Answer:
    """The answer now, and the first of `turns` to change it. It changes at none but these.

    So many of them are looked at; the alarm is then set to the next.
    """
    return Answer(*first_change(holds, turns, now=now, most=most))


def first_change(
    told: Callable[[datetime], Told], turns: Iterable[datetime], *, now: datetime, most: int
) -> tuple[Told, datetime | None]:
    """What is told now, and the first of the moments at which it is something else; see `answered`."""
    told_now = told(now)
    ahead = sorted({turn for turn in turns if turn > now})
    for turn in ahead[:most]:
        if told(turn) != told_now:
            return told_now, turn
    return told_now, ahead[most] if len(ahead) > most else None


def looked_at(effort: int, kept: Kept) -> int:
    """How many moments are looked at where each costs as much as there are events."""
    return max(4, min(LOOKED_AT, effort // max(1, len(kept.rows))))


class Kept:
    """The events that an aggregate keeps one by one, ascending."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self.rows: Sequence[Sequence[Any]] = state.get("e", ())
        self.instants = [row[0] for row in self.rows]
        self._columns: Sequence[str] = state.get("k", ())
        self._sums: dict[int, tuple[list[int], list[int]]] = {}

    def inside(self, frame: Frame) -> Sequence[Sequence[Any]]:
        start, end = self._ends(frame)
        return self.rows[start:end]

    def values(self, frame: Frame, name: str) -> list[Any]:
        """The values of a property, where there is one."""
        place = self.place(name)
        return [row[place] for row in self.inside(frame) if row[place] is not None]

    def summed(self, frame: Frame, name: str) -> tuple[float, int]:
        """The sum of the amounts of a property, and their number."""
        place = self.place(name)
        if place not in self._sums:
            self._sums[place] = self._added_up(place)
        sums, numbers = self._sums[place]
        start, end = self._ends(frame)
        if start >= end:
            return 0.0, 0
        return (sums[end] - sums[start]) / _UNITS, numbers[end] - numbers[start]

    def place(self, name: str) -> int:
        return self._columns.index(name) + 1 if name in self._columns else 0

    def _added_up(self, place: int) -> tuple[list[int], list[int]]:
        """Up to each row, in whole millionths: these add up without an error."""
        values = [row[place] if _is_amount(row[place]) else None for row in self.rows]
        units = (0 if value is None else round(value * _UNITS) for value in values)
        return list(accumulate(units, initial=0)), list(
            accumulate((value is not None for value in values), initial=0)
        )

    def _ends(self, frame: Frame) -> tuple[int, int]:
        return bisect_right(self.instants, frame.after), bisect_right(self.instants, frame.until)


_UNITS = 10**DECIMALS
_COUNTING = frozenset({"did", "did_not", "count"})
_COMPUTED = frozenset({"sum", "avg", "min", "max", "distinct"})
_AT_ONCE = frozenset({"did", "did_not", "count", "sum", "avg"})  # however many events there are


def complete_since(leaf: EventDid, state: Mapping[str, Any], *, now: datetime) -> datetime | None:
    """Since when all is remembered that the question looks at; None where that is everything.

    What is counted anew is counted from the timeline, which keeps 400 days.
    """
    since = state.get("cs")
    if since is None:
        return None
    frame = frame_at(leaf.window, now=now, since=state.get("l"))
    return from_epoch_millis(since) if frame is None or frame.after < since else None


def observed(
    leaf: EventDid, state: Mapping[str, Any], *, now: datetime, zone: str | None = None
) -> Mapping[str, Any]:
    """What the answer rests on, for people: how many, what they come to, or which one, as far as is remembered.

    Of "at least three" no more than three instants are remembered, so a count may be told as that many or more.
    """
    frame = frame_at(leaf.window, now=now, zone=zone, since=state.get("l"))
    if frame is None:
        return {}
    kept = Kept(state)
    match leaf.verb:
        case "did" | "did_not" | "count":
            instants = [millis for millis in state.get("t", ()) if frame.holds(millis)]
            count = len(instants) if isinstance(leaf.window, Last) else _count(leaf, state, kept, frame)
            last = {"last": instant_to_text(from_epoch_millis(instants[-1]))} if instants else {}
            return {"count": count, **last}
        case "sum" | "avg" | "min" | "max":
            return {"value": _number(leaf, state, kept, frame)}
        case "distinct":
            return {"value": _different(leaf, state, kept, frame)}
        case "mode":
            return {"value": _most_frequent(leaf, state, kept, frame)}
        case "first" | "last":
            end = _end(leaf, state, kept, frame)
            return {"at": instant_to_text(from_epoch_millis(end[0]))} if end else {}
        case _:
            assert_never(leaf.verb)


# ── a plain count ───────────────────────────────────────────────────────────────────────────────


def _counted(leaf: EventDid, state: Mapping[str, Any], *, now: datetime) -> Answer:
    """As `segment_fields` counts, too: of all time, or in the time up to now."""
    if not isinstance(leaf.window, Last):
        return Answer(_compares(leaf, int(state.get("n", 0))))
    if not state.get("t"):  # most people have not done most things, and only what happened leaves a window
        return Answer(_compares(leaf, 0))
    length = leaf.window.last
    instants = [from_epoch_millis(millis) for millis in state["t"]]
    start = length.before(now)
    count = sum(start < instant <= now for instant in instants)
    return Answer(_compares(leaf, count), next_turn(length, _deciding(leaf, instants, now), now))


def _deciding(leaf: EventDid, instants: Sequence[datetime], now: datetime) -> list[datetime]:
    """Those instants (ascending) on which the answer depends: a count reaches k while its k-th latest is inside."""
    past = [instant for instant in instants if instant <= now]
    return [*(past[-k] for k in leaf.turning_counts if 0 < k <= len(past)), *instants[len(past) :]]


def _compares(leaf: EventDid, count: int) -> bool:
    match leaf.verb:
        case "did":
            return count >= 1
        case "did_not":
            return count == 0
        case _:
            return compare_numbers(leaf.op, count, leaf.number)


# ── anything ────────────────────────────────────────────────────────────────────────────────────


def _holds(leaf: EventDid, state: Mapping[str, Any], kept: Kept, frame: Frame, moment: datetime) -> bool:
    match leaf.verb:
        case "did" | "did_not" | "count":
            return _compares(leaf, _count(leaf, state, kept, frame))
        case "sum" | "avg" | "min" | "max":
            number = _number(leaf, state, kept, frame)
            return number is not None and compare_numbers(leaf.op, number, leaf.number)
        case "distinct":
            return compare_numbers(leaf.op, _different(leaf, state, kept, frame), leaf.number)
        case "mode":
            values = _most_frequent(leaf, state, kept, frame)
            return bool(values) and compare(leaf.op, values, leaf.value, now=moment).matched
        case "first" | "last":
            end = _end(leaf, state, kept, frame)
            return end is not None and _end_holds(leaf, end, moment)
        case _:
            assert_never(leaf.verb)


def _stands(leaf: EventDid) -> bool:
    """Whether the window is all that the state is about."""
    return leaf.window is None or isinstance(leaf.window, Absolute)


def _count(leaf: EventDid, state: Mapping[str, Any], kept: Kept, frame: Frame) -> int:
    if _stands(leaf):
        return int(state.get("n", 0))
    if isinstance(leaf.window, BetweenAgo):
        return len(kept.inside(frame))
    return sum(map(frame.holds, state.get("t", ())))


def _number(leaf: EventDid, state: Mapping[str, Any], kept: Kept, frame: Frame) -> float | None:
    name = leaf.of or ""
    if _stands(leaf):
        match leaf.verb:
            case "sum":
                return float(state.get("s", {}).get(name, 0))
            case "avg":
                number = state.get("c", {}).get(name, 0)
                return state["s"][name] / number if number else None
            case _:
                end: float | None = state.get("lo" if leaf.verb == "min" else "hi", {}).get(name)
                return end
    if leaf.verb in ("sum", "avg"):
        total, number = kept.summed(frame, name)
        if leaf.verb == "sum":
            return total
        return total / number if number else None
    amounts = [value for value in kept.values(frame, name) if _is_amount(value)]
    return min(amounts, default=None) if leaf.verb == "min" else max(amounts, default=None)


def _different(leaf: EventDid, state: Mapping[str, Any], kept: Kept, frame: Frame) -> int:
    """How many different values; not more than the question can tell apart."""
    name = leaf.of or ""
    if _stands(leaf):
        return len(state.get("d", {}).get(name, ()))
    if isinstance(leaf.window, BetweenAgo):
        return len({_text(value) for value in kept.values(frame, name)})
    return sum(frame.holds(millis) for millis, _ in state.get("w", {}).get(name, ()))


def _most_frequent(leaf: EventDid, state: Mapping[str, Any], kept: Kept, frame: Frame) -> list[Any]:
    """The values that come most often. None where there are more different ones than are counted."""
    name = leaf.of or ""
    if _stands(leaf):
        tally: Mapping[str, int] = state.get("m", {}).get(name, {})
        if len(tally) > VALUES:
            return []
    else:
        tally = Counter(map(_text, kept.values(frame, name)))
    most = max(tally.values(), default=0)
    if most < leaf.min_times:
        return []
    return [json.loads(text) for text, times in tally.items() if times == most]


def _end(leaf: EventDid, state: Mapping[str, Any], kept: Kept, frame: Frame) -> Sequence[Any] | None:
    """The first or last event in the window: its instant, and what was told of it."""
    if _is_kept(leaf):
        rows = kept.inside(frame)
        if not rows:
            return None
        choose = min if leaf.verb == "first" else max
        chosen = choose(rows, key=lambda row: (row[0], row[-1]))
        return chosen[0], chosen[kept.place("?" + leaf.end_name)]
    end = state.get("o", {}).get(leaf.end_name)
    return (end[0], end[2]) if end is not None and frame.holds(end[0]) else None


def _end_holds(leaf: EventDid, end: Sequence[Any], moment: datetime) -> bool:
    millis, told = end
    if told is False:
        return False
    if leaf.of is None:
        actual: Any = instant_to_text(from_epoch_millis(millis))
    elif told is True:
        return True
    else:
        actual = told[0]
    return compare(leaf.op, actual, leaf.value, now=moment).matched


def _is_kept(leaf: EventDid) -> bool:
    """Whether the first or last event is looked for among events that are kept one by one."""
    return not _stands(leaf) and (leaf.verb == "first" or isinstance(leaf.window, BetweenAgo))


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


# ── when it may change ──────────────────────────────────────────────────────────────────────────


def _turns(
    leaf: EventDid, state: Mapping[str, Any], kept: Kept, *, now: datetime, zone: str | None, most: int
) -> Iterable[datetime]:
    """Every moment at which anything enters or leaves the window, or a compared instant turns: the next ones."""
    instants = _instants(leaf, state, kept)
    yield from turns_of(leaf.window, instants, now=now, zone=zone, most=most + 1)
    if leaf.verb in ("first", "last") and leaf.op in TIMED:
        for actual in _compared(leaf, state, kept):
            turn = now
            while flip := compare(leaf.op, actual, leaf.value, now=turn).flips_at:
                yield flip
                turn = flip


def _instants(leaf: EventDid, state: Mapping[str, Any], kept: Kept) -> Sequence[int]:
    """Of all events that it may look at, ascending."""
    if isinstance(leaf.window, BetweenAgo):
        return kept.instants
    match leaf.verb:
        case "did" | "did_not" | "count":
            found: Sequence[int] = state.get("t", ())
            return found
        case "distinct":
            return [millis for millis, _ in state.get("w", {}).get(leaf.of or "", ())]
        case "first" | "last" if not _is_kept(leaf):
            end = state.get("o", {}).get(leaf.end_name)
            return [] if end is None else [end[0]]
        case _:
            return kept.instants


def _compared(leaf: EventDid, state: Mapping[str, Any], kept: Kept) -> Iterable[str]:
    """The instants, as texts, that a relative operator may come to look at."""
    if _is_kept(leaf):
        place = kept.place("?" + leaf.end_name)
        told = [(row[0], row[place]) for row in kept.rows]
    else:
        end = state.get("o", {}).get(leaf.end_name)
        told = [] if end is None else [(end[0], end[2])]
    for millis, what in told:
        if leaf.of is None:
            yield instant_to_text(from_epoch_millis(millis))
        elif isinstance(what, list) and what[0] is not None:
            yield what[0]
