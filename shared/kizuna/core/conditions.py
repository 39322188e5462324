"""Questions about a person, as one typed union (`rules-spec.md` 3), and what they mean.

Evaluation gives the truth and `flips_at`: the earliest later instant at which the answer may change with no
new event. Too early is harmless (the alarm recomputes and sleeps again), too late is not.

A missing trait or a value of the wrong type makes a positive operator false; each negative operator is the
exact complement of its positive.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, assert_never

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, model_validator

from kizuna.core.durations import LAST, Duration, from_epoch_millis, instant_from_text
from kizuna.core.ids import bucket, digest

MAX_DEPTH = 8
MAX_LEAVES = 200
MAX_VALUES = 1_000
DECIMALS = 6  # of amounts: beyond it sums of fractions would depend on their order

Scalar = str | int | float | bool


class _Condition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


TraitOperator = Literal[
    "eq", "not_eq", "in", "not_in", "exists", "not_exists", "gt", "gte", "lt", "lte",
    "between", "not_between",
    "contains", "not_contains", "starts_with", "not_starts_with", "ends_with", "not_ends_with",
    "has_any", "has_none", "before", "after", "within_last", "not_within_last", "before_last",
]  # fmt: skip


class _Comparison(_Condition):
    op: TraitOperator
    value: Scalar | tuple[Scalar, ...] | None = None

    @model_validator(mode="after")
    def _value_fits(self) -> _Comparison:
        problem = _value_problem(self.op, self.value)
        if problem:
            raise ValueError(problem)
        return self


class TraitIs(_Comparison):
    type: Literal["trait"] = "trait"
    trait: str = Field(min_length=1, max_length=200)


class PropertyIs(_Comparison):
    """A question about one property of an event; only inside `where`."""

    property: str = Field(min_length=1, max_length=200)


class Window(_Condition):
    """`now − last < at ≤ now`."""

    last: Duration


class EventDid(_Condition):
    """How often (or how much of a property in) an event happened in a window, compared."""

    type: Literal["event"] = "event"
    event: str = Field(min_length=1, max_length=200)
    verb: Literal["did", "did_not", "count", "sum"] = "did"
    where: tuple[PropertyIs, ...] = ()
    window: Window | None = None
    of: str | None = None
    op: Literal["eq", "gt", "gte", "lt", "lte", "between"] = "gte"
    value: FiniteFloat | tuple[FiniteFloat, FiniteFloat] = 1

    @model_validator(mode="after")
    def _fits(self) -> EventDid:
        if self.verb == "sum" and not self.of:
            raise ValueError("sum needs `of`, the property that is added up")
        if (self.op == "between") != isinstance(self.value, tuple):
            raise ValueError("between takes a list of two numbers, every other operator one number")
        if self.verb == "count" and _bound(self) > 200:
            raise ValueError("a count is compared with at most 200; use a sum or a trait beyond that")
        return self

    @cached_property
    def key(self) -> str:
        """See `aggregate_key`; worked out once, for it is asked for at every evaluation."""
        return digest("aggregate", self.event, *(part.model_dump_json() for part in self.where), length=10)


class InSegment(_Condition):
    type: Literal["in_segment"] = "in_segment"
    in_segment: str


class Reachable(_Condition):
    """Whether a usable address is known on the channel. Consent is the gate's matter, not asked here."""

    type: Literal["reachable"] = "reachable"
    reachable: str


class RandomBucket(_Condition):
    type: Literal["random_bucket"] = "random_bucket"
    random_bucket: str  # the salt
    from_: float = Field(alias="from", ge=0, le=100)
    to: float = Field(ge=0, le=100)


class Everyone(_Condition):
    type: Literal["everyone"] = "everyone"
    everyone: Literal[True] = True


class All(_Condition):
    type: Literal["all"] = "all"
    of: tuple[Condition, ...] = Field(min_length=1)


class AnyOf(_Condition):
    type: Literal["any"] = "any"
    of: tuple[Condition, ...] = Field(min_length=1)


class NoneOf(_Condition):
    type: Literal["none"] = "none"
    of: tuple[Condition, ...] = Field(min_length=1)


class Xor(_Condition):
    type: Literal["xor"] = "xor"
    of: tuple[Condition, ...] = Field(min_length=1)


class AtLeast(_Condition):
    type: Literal["at_least"] = "at_least"
    n: int = Field(ge=1)
    of: tuple[Condition, ...] = Field(min_length=1)


_GROUPS = ("all", "any", "none", "xor")
_LEAVES = ("trait", "event", "in_segment", "reachable", "random_bucket", "everyone")


def _name_the_type(raw: Any) -> Any:
    """Accept the short forms that people write: `{all: […]}` and `{trait: plan, op: eq, value: pro}`."""
    if not isinstance(raw, Mapping) or "type" in raw:
        return raw
    for name in _GROUPS:
        if name in raw:
            rest = {key: value for key, value in raw.items() if key != name}
            return {"type": name, "of": raw[name], **rest}
    for name in _LEAVES:
        if name in raw:
            return {"type": name, **raw}
    return raw


Condition = Annotated[
    Annotated[
        All
        | AnyOf
        | NoneOf
        | Xor
        | AtLeast
        | TraitIs
        | EventDid
        | InSegment
        | Reachable
        | RandomBucket
        | Everyone,
        Field(discriminator="type"),
    ],
    BeforeValidator(_name_the_type),
]

for _model in (All, AnyOf, NoneOf, Xor, AtLeast):
    _model.model_rebuild()


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a condition holds, and the earliest instant at which that may change with no new event."""

    matched: bool
    flips_at: datetime | None = None


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


@dataclass(frozen=True, slots=True)
class View:
    """What conditions may look at."""

    traits: Mapping[str, Any]
    aggregates: Mapping[str, Mapping[str, Any]]
    segments: frozenset[str]
    channels: frozenset[str]  # with a usable address
    bucket_id: str


def evaluate(condition: Condition, view: View, *, now: datetime) -> Answer:
    """The meaning of a condition: short, slow and obvious."""
    match condition:
        case TraitIs(trait=path, op=op, value=value):
            return compare(op, _at_path(view.traits, path), value, now=now)
        case EventDid():
            return _event(condition, view.aggregates.get(aggregate_key(condition), {}), now=now)
        case InSegment(in_segment=segment):
            return Answer(segment in view.segments)
        case Reachable(reachable=channel):
            return Answer(channel in view.channels)
        case RandomBucket(random_bucket=salt, from_=start, to=end):
            return Answer(start <= 100 * bucket(salt, view.bucket_id) < end)
        case Everyone():
            return Answer(matched=True)
        case All(of=parts):
            return at_least(len(parts), _answers(parts, view, now))
        case AnyOf(of=parts):
            return at_least(1, _answers(parts, view, now))
        case NoneOf(of=parts):
            return opposite(at_least(1, _answers(parts, view, now)))
        case Xor(of=parts):
            answers = _answers(parts, view, now)
            return Answer(sum(answer.matched for answer in answers) == 1, earliest(answers))
        case AtLeast(of=parts, n=least):
            return at_least(least, _answers(parts, view, now))
        case _:
            assert_never(condition)


def _answers(parts: Sequence[Condition], view: View, now: datetime) -> list[Answer]:
    return [evaluate(part, view, now=now) for part in parts]


def opposite(answer: Answer) -> Answer:
    return Answer(not answer.matched, answer.flips_at)


def at_least(least: int, answers: Sequence[Answer]) -> Answer:
    """Whether so many hold, and when that may change: not before enough of those turn that stand in the way.

    Of three that all must hold, two do not: before both have turned, nothing comes of it. Each alarm that is not
    set saves a read and a write of a person.
    """
    hits = sum(answer.matched for answer in answers)
    matched = hits >= least
    needed = hits - least + 1 if matched else least - hits
    turns = sorted(answer.flips_at for answer in answers if answer.flips_at and answer.matched is matched)
    return Answer(matched, turns[needed - 1] if needed <= len(turns) else None)


def earliest(answers: Sequence[Answer]) -> datetime | None:
    """The first possible change of any of them."""
    return min((answer.flips_at for answer in answers if answer.flips_at), default=None)


# ── events ──────────────────────────────────────────────────────────────────────────────────────


def aggregate_key(leaf: EventDid) -> str:
    """Leaves about the same event with the same filter share what is remembered."""
    return leaf.key


def _bound(leaf: EventDid) -> int:
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    return int(max(values)) + 1


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
    return AggregateNeed(key, leaf.event, leaf.where, recent=1 if leaf.verb != "count" else _bound(leaf))


def _seconds(window: Window | None) -> int | None:
    if window is None:
        return None
    return window.last.seconds or window.last.months * 31 * 86_400


def _event(leaf: EventDid, state: Mapping[str, Any], *, now: datetime) -> Answer:
    if leaf.verb == "sum":
        return _sum(leaf, state, now=now)
    if leaf.window is None:
        count, flips_at = int(state.get("n", 0)), None
    else:
        instants = [from_epoch_millis(millis) for millis in state.get("t", ())]
        start = leaf.window.last.before(now)
        count = sum(start < instant <= now for instant in instants)
        flips_at = _next_turn(leaf.window.last, _deciding(leaf, instants, now), now)
    match leaf.verb:
        case "did":
            return Answer(count >= 1, flips_at)
        case "did_not":
            return Answer(count == 0, flips_at)
        case "count":
            return Answer(_number(leaf.op, count, leaf.value), flips_at)
        case _:
            assert_never(leaf.verb)


def _deciding(leaf: EventDid, instants: Sequence[datetime], now: datetime) -> list[datetime]:
    """Those instants (ascending) on which the answer depends: a count reaches k while its k-th latest is inside."""
    past = [instant for instant in instants if instant <= now]
    return [*(past[-k] for k in _turning_counts(leaf) if 0 < k <= len(past)), *instants[len(past) :]]


def _turning_counts(leaf: EventDid) -> tuple[int, ...]:
    """The counts at which the answer is another than just below them."""
    if leaf.verb != "count":
        return (1,)
    if isinstance(leaf.value, tuple):
        low, high = leaf.value
        return (math.ceil(low), math.floor(high) + 1)
    match leaf.op:
        case "gte" | "lt":
            return (math.ceil(leaf.value),)
        case "gt" | "lte":
            return (math.floor(leaf.value) + 1,)
        case _:
            return (math.ceil(leaf.value), math.floor(leaf.value) + 1)


def _sum(leaf: EventDid, state: Mapping[str, Any], *, now: datetime) -> Answer:
    if leaf.window is None:
        return Answer(_number(leaf.op, state.get("s", {}).get(leaf.of, 0), leaf.value))
    entries = [(from_epoch_millis(millis), amount) for millis, amount in state.get("w", {}).get(leaf.of, ())]
    start = leaf.window.last.before(now)
    total = round(math.fsum(amount for at, amount in entries if start < at <= now), DECIMALS)
    flips_at = _next_turn(leaf.window.last, [at for at, _ in entries], now)
    return Answer(_number(leaf.op, total, leaf.value), flips_at)


def _next_turn(length: Duration, instants: Iterable[datetime], now: datetime) -> datetime | None:
    """When the next of these instants may enter or leave `now − length < at ≤ now`, or None if none will."""
    turns = [turn for instant in instants for turn in (instant, *_leaves_at(length, instant))]
    return min((turn for turn in turns if turn > now), default=None)


_DAY = timedelta(days=1)


def _leaves_at(length: Duration, instant: datetime) -> list[datetime]:
    """When an instant may leave a window. Of an exact length that is one moment.

    A month before the 29th, 30th and 31st of March is one and the same day, the last of February, and there is no
    day a month after the 31st of January. So at the end of a month something may leave late, or come back for
    some hours: each of these days, and each midnight between them, is a possible turn.
    """
    first = length.after(instant)
    if not length.months or first > LAST - 4 * _DAY:
        return [first]
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    return [turn for days in range(4) for turn in (first + days * _DAY, midnight + (days + 1) * _DAY)]


def _number(op: str, left: float, right: float | tuple[float, float]) -> bool:
    if isinstance(right, tuple):
        return right[0] <= left <= right[1]
    match op:
        case "eq":
            return left == right
        case "gt":
            return left > right
        case "gte":
            return left >= right
        case "lt":
            return left < right
        case "lte":
            return left <= right
        case _:
            raise ValueError(f"unknown operator {op}")


# ── traits and properties ───────────────────────────────────────────────────────────────────────

_POSITIVE_OF = {
    "not_eq": "eq",
    "not_in": "in",
    "not_exists": "exists",
    "not_between": "between",
    "not_contains": "contains",
    "not_starts_with": "starts_with",
    "not_ends_with": "ends_with",
    "has_none": "has_any",
    "not_within_last": "within_last",
}
_TAKES_LIST = {"in", "between", "has_any"}
_TAKES_DURATION = {"within_last", "before_last"}
_TAKES_INSTANT = {"before", "after"}


def _value_problem(op: str, value: Any) -> str | None:
    positive = _POSITIVE_OF.get(op, op)
    if positive == "exists":
        return None if value is None else f"{op} takes no value"
    if positive in _TAKES_LIST:
        if not isinstance(value, tuple) or not 1 <= len(value) <= MAX_VALUES:
            return f"{op} takes a list of 1 to {MAX_VALUES} values"
        return "between takes a list of two values" if positive == "between" and len(value) != 2 else None
    if value is None or isinstance(value, tuple):
        return f"{op} takes one value"
    try:
        if positive in _TAKES_DURATION:
            Duration.parse(str(value))
        if positive in _TAKES_INSTANT:
            instant_from_text(str(value))
    except ValueError as error:
        return f"{op}: {error}"
    return None


def compare(op: str, actual: Any, value: Any, *, now: datetime) -> Answer:
    """Compare a trait or a property. Lists match if any element does."""
    positive = _POSITIVE_OF.get(op)
    if positive is not None:
        answer = compare(positive, actual, value, now=now)
        return Answer(not answer.matched, answer.flips_at)
    if op == "exists":
        return Answer(actual is not None)
    answers = [
        _compare_one(op, item, value, now) for item in (actual if isinstance(actual, list) else [actual])
    ]
    return Answer(any(answer.matched for answer in answers), earliest(answers))


def _compare_one(op: str, actual: Any, value: Any, now: datetime) -> Answer:
    if op in _TAKES_DURATION:
        return _relative(op, actual, Duration.parse(str(value)), now)
    return Answer(_holds(op, actual, value))


def _holds(op: str, actual: Any, value: Any) -> bool:
    match op:
        case "eq":
            return _same(actual, value)
        case "in" | "has_any":
            return any(_same(actual, option) for option in value)
        case "contains" | "starts_with" | "ends_with":
            return isinstance(actual, str) and isinstance(value, str) and _text(op, actual, value)
        case "gt" | "gte" | "lt" | "lte":
            return _comparable(actual, value) and _number(op, actual, value)
        case "between":
            low, high = value
            return _comparable(actual, low) and _comparable(actual, high) and low <= actual <= high
        case "before" | "after":
            instant = _instant(actual)
            limit = instant_from_text(str(value))
            return instant is not None and (instant < limit if op == "before" else instant > limit)
        case _:
            raise ValueError(f"unknown operator {op}")


def _text(op: str, actual: str, value: str) -> bool:
    if op == "contains":
        return value in actual
    return actual.startswith(value) if op == "starts_with" else actual.endswith(value)


def _relative(op: str, actual: Any, length: Duration, now: datetime) -> Answer:
    instant = _instant(actual)
    if instant is None:
        return Answer(matched=False)
    start = length.before(now)
    matched = start < instant <= now if op == "within_last" else instant <= start
    return Answer(matched, _next_turn(length, [instant], now))


def _same(actual: Any, value: Any) -> bool:
    # True == 1 in Python; a flag must not match a number.
    return isinstance(actual, bool) == isinstance(value, bool) and bool(actual == value)


def _comparable(actual: Any, value: Any) -> bool:
    if isinstance(actual, bool) or isinstance(value, bool):
        return False
    numbers = isinstance(actual, int | float) and isinstance(value, int | float)
    return numbers or (isinstance(actual, str) and isinstance(value, str))


def _instant(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return instant_from_text(value)
    except ValueError:
        return None


def _at_path(values: Mapping[str, Any], path: str) -> Any:
    if path in values:
        return values[path]
    found: Any = values
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def matches_properties(where: Sequence[PropertyIs], properties: Mapping[str, Any], *, at: datetime) -> bool:
    """Whether one event passes a filter; relative operators count from the event's own time."""
    return all(
        compare(part.op, _at_path(properties, part.property), part.value, now=at).matched for part in where
    )


# ── walking ─────────────────────────────────────────────────────────────────────────────────────


def leaves_of(condition: Condition) -> list[Condition]:
    """All questions in a tree, left to right."""
    match condition:
        case All(of=parts) | AnyOf(of=parts) | NoneOf(of=parts) | Xor(of=parts) | AtLeast(of=parts):
            return [leaf for part in parts for leaf in leaves_of(part)]
        case _:
            return [condition]


def depth_of(condition: Condition) -> int:
    """How deep groups are nested; a single question is 1."""
    match condition:
        case All(of=parts) | AnyOf(of=parts) | NoneOf(of=parts) | Xor(of=parts) | AtLeast(of=parts):
            return 1 + max(depth_of(part) for part in parts)
        case _:
            return 1


def size_problem(condition: Condition) -> str | None:
    """Why a condition is too large to accept, or None."""
    if depth_of(condition) > MAX_DEPTH:
        return f"nested deeper than {MAX_DEPTH}"
    if len(leaves_of(condition)) > MAX_LEAVES:
        return f"more than {MAX_LEAVES} questions"
    return None
