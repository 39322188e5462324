"""Who is in which segment: the index of production, beside the ways in which most projects begin.

    all        every segment of a person                     event   only those that one event can change
    recursion  pydantic models that ask themselves           closures   each condition made into functions once
    datalogic  datalogic-py, all segments as one array rule, where it is installed

Every engine is checked against plain recursion before it is timed. Opponents read windows that are counted already;
ours counts them. `mask` tells who is in which segment, `turns` also when that changes next with no event, which none
of the opponents does, and `standing` is what ingest calls: names, turns, and what changed found out.
The comparison on a workload of somebody else's: `benchmarks/segment_peers_engine.py`.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from pydantic import BaseModel

from benchmarks import segment_workload as load
from benchmarks.segment_workload import Ask, Person, Where
from benchmarks.sides import WrongAnswer
from benchmarks.timing import Timed, by_turns
from kizuna.core.people import Profile, Trait
from kizuna.core.segment_moments import micros
from kizuna.core.segments import in_order
from kizuna.core.segments.index import SegmentIndex
from kizuna.core.segments.plan import Plan

SIZES = (200, 1_000, 5_000)
PEOPLE = 400
MASK, TURNS, STANDING = "kizuna: mask", "kizuna: mask and turns", "kizuna: standing"
RECURSION, CLOSURES, DATALOGIC = "pydantic recursion", "closures", "datalogic-py, one array rule"
GOALS: Mapping[tuple[str, str, int], float] = {
    ("all", DATALOGIC, 200): 1.8,
    ("event", DATALOGIC, 1_000): 8,
    ("event", RECURSION, 1_000): 80,
    ("event", DATALOGIC, 5_000): 20,
    ("event", RECURSION, 5_000): 200,
}  # times faster than these, and
COMPILED = {1_000: 0.2}  # seconds
_NOW = micros(load.NOW)
_NOBODY: frozenset[str] = frozenset()
Flags = Callable[[Person], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds a person, by what is asked (`all`, `event`) and who answers; and what the index costs."""

    segments: int
    times: Mapping[tuple[str, str], Timed]
    compiled: float  # seconds
    megabytes: float  # of the index, with what it has remembered by then

    def ratio(self, what: str, opponent: str, ours: str = MASK) -> float | None:
        if (what, opponent) not in self.times:
            return None
        return self.times[what, opponent].median / self.times[what, ours].median

    def to_json(self) -> dict[str, Any]:
        return {
            "segments": self.segments,
            "compile_ms": 1e3 * self.compiled,
            "megabytes": self.megabytes,
            "microseconds": {
                f"{what}, {who}": {"median": 1e6 * timed.median, "least": 1e6 * timed.least}
                for (what, who), timed in self.times.items()
            },
            "goals": {
                f"{what}, {who}": {"ratio": self.ratio(what, who), "goal": goal}
                for (what, who, size), goal in GOALS.items()
                if size == self.segments
            },
        }


def measure(
    *, rounds: int, sizes: Sequence[int] = SIZES, progress: Callable[[str], None] = lambda what: None
) -> list[Row]:
    """Raises WrongAnswer."""
    people = load.people(PEOPLE)
    return [_row(size, people, rounds, progress) for size in sizes]


def _row(size: int, people: Sequence[Profile], rounds: int, progress: Callable[[str], None]) -> Row:
    wheres = load.segments(size)
    progress(f"segments: {size:,}, compiling")
    compiled, index = _compiled(wheres)
    plans = {event: index.plan_of(load.changed_inputs(event)) for event in load.EVENTS}
    counted = [load.counted(person) for person in people]
    engines: dict[str, Flags] = {RECURSION: _recursion(wheres), CLOSURES: _closures(wheres)}
    if find_spec("datalogic_py") is not None:
        engines[DATALOGIC] = _datalogic(wheres)
    _check(wheres, index, plans, people, counted, engines)
    events = [load.EVENTS[number % len(load.EVENTS)] for number in range(len(people))]
    progress(f"segments: {size:,}, rounds by turns")
    works, done = _works(index, plans, people, counted, events, engines, wheres, size)
    times = by_turns(works, rounds=rounds)
    per_person = {
        name: Timed(tuple(seconds / done[name] for seconds in timed.rounds)) for name, timed in times.items()
    }
    split = {(name.partition(" ")[0], name.partition(" ")[2]): timed for name, timed in per_person.items()}
    return Row(size, split, compiled, _megabytes(wheres, people))


def _compiled(wheres: Sequence[Where]) -> tuple[float, SegmentIndex]:
    """The quickest of three."""
    written = [load.definition(number, where) for number, where in enumerate(wheres)]
    segments, problems = in_order({segment.id: segment for segment in written})
    if problems:
        raise WrongAnswer(f"segments: refused, {problems[0]}")
    seconds = []
    for _ in range(3):
        started = time.process_time()
        index = SegmentIndex(segments)
        seconds.append(time.process_time() - started)
    return min(seconds), index


def _megabytes(wheres: Sequence[Where], people: Sequence[Profile]) -> float:
    tracemalloc.start()
    _, index = _compiled(wheres)
    for person in people:
        index.segments_of(person, now=load.NOW)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / 1e6


def _check(
    wheres: Sequence[Where],
    index: SegmentIndex,
    plans: Mapping[str, Plan],
    people: Sequence[Profile],
    counted: Sequence[Person],
    engines: Mapping[str, Flags],
) -> None:
    for person, flat in zip(people[:40], counted, strict=False):
        truth = {f"s{number}" for number, where in enumerate(wheres) if _holds(where, flat)}
        for name, engine in engines.items():
            if {f"s{number}" for number, flag in enumerate(engine(flat)) if flag} != truth:
                raise WrongAnswer(f"segments: {name} differs from recursion")
        if index.segments_of(person, now=load.NOW) - {"everyone"} != truth:
            raise WrongAnswer("segments: the index differs from recursion")
        for event, plan in plans.items():
            if plan.members(person, now=load.NOW, inside=_NOBODY) != truth & plan.segments:
                raise WrongAnswer(f"segments: the plan for {event} differs from recursion")


def _works(
    index: SegmentIndex,
    plans: Mapping[str, Plan],
    people: Sequence[Profile],
    counted: Sequence[Person],
    events: Sequence[str],
    engines: Mapping[str, Flags],
    wheres: Sequence[Where],
    size: int,
) -> tuple[dict[str, Callable[[], object]], dict[str, int]]:
    """What is timed, and for how many people each is."""
    everything, millis = index.everything, _NOW // 1000
    pairs = [(person, plans[event]) for person, event in zip(people, events, strict=True)]
    before = [replace(person, evaluated=index.mark(1), segments=_NOBODY) for person in people]
    after = [replace(was, traits=_told(was, event)) for was, event in zip(before, events, strict=True)]
    works: dict[str, Callable[[], object]] = {
        f"all {MASK}": lambda: [
            everything.decided(everything.counts(each, millis, _NOBODY)) for each in people
        ],
        f"all {TURNS}": lambda: [everything.bits_and_turn(each, _NOW, _NOBODY) for each in people],
        f"all {STANDING}": lambda: [index.standing(each, now=load.NOW) for each in people],
        f"event {MASK}": lambda: [plan.decided(plan.counts(each, millis, _NOBODY)) for each, plan in pairs],
        f"event {TURNS}": lambda: [plan.bits_and_turn(each, _NOW, _NOBODY) for each, plan in pairs],
        f"event {STANDING}": lambda: [
            index.standing(now, now=load.NOW, since=was) for was, now in zip(before, after, strict=True)
        ],
    }
    done = dict.fromkeys(works, len(people))
    some = max(10, 20_000 // size)  # the opponents take long
    for name, engine in engines.items():
        works[f"all {name}"] = partial(_each, engine, counted[:some])
        done[f"all {name}"] = min(some, len(people))
    for name in engines:  # without an index of what depends on what, an event costs all of them
        works[f"event {name}"], done[f"event {name}"] = works[f"all {name}"], done[f"all {name}"]
    by_event = {event: _closures([where for where in wheres if load.fields_of(where) & load.changed_fields(event)])
                for event in load.EVENTS}  # fmt: skip
    works["event closures, by event"] = lambda: [
        by_event[event](each) for each, event in zip(counted[:some], events, strict=False)
    ]
    done["event closures, by event"] = min(some, len(people))
    return works, done


def _each(engine: Flags, people: Sequence[Person]) -> list[Sequence[Any]]:
    return [engine(each) for each in people]


def _told(person: Profile, event: str) -> dict[str, Trait]:
    """The traits with those told anew that an event changes; without any, its number of visits."""
    names = load.CHANGED_BY.get(event, ("visits",))
    return {**person.traits, **{name: Trait("new", load.NOW, "shop") for name in names}}


# ── the opponents ───────────────────────────────────────────────────────────────────────────────


def _holds(where: Where, person: Person) -> bool:
    if isinstance(where, Ask):
        return _compare(where.op, person[where.field], where.value)
    if where.kind == "not":
        return not _holds(where.parts[0], person)
    return (all if where.kind == "all" else any)(_holds(part, person) for part in where.parts)


def _compare(op: str, actual: Any, value: Any) -> bool:
    if op == "eq":
        return bool(actual == value)
    if op == "gte":
        return bool(actual >= value)
    return bool(actual < value) if op == "lt" else value in actual


class _Leaf(BaseModel):
    field: str
    op: str
    value: Any

    def matches(self, person: Person) -> bool:
        return self.field in person and _compare(self.op, person[self.field], self.value)


class _Node(BaseModel):
    kind: str
    parts: list[Any]

    def matches(self, person: Person) -> bool:
        if self.kind == "all":
            return all(part.matches(person) for part in self.parts)
        if self.kind == "any":
            return any(part.matches(person) for part in self.parts)
        return not self.parts[0].matches(person)


def _recursion(wheres: Sequence[Where]) -> Flags:
    def build(where: Where) -> _Leaf | _Node:
        if isinstance(where, Ask):
            return _Leaf(field=where.field, op=where.op, value=where.value)
        return _Node(kind=where.kind, parts=[build(part) for part in where.parts])

    trees = [build(where) for where in wheres]
    return lambda person: [tree.matches(person) for tree in trees]


def _closures(wheres: Sequence[Where]) -> Flags:
    tests = [_closure(where) for where in wheres]
    return lambda person: [test(person) for test in tests]


def _closure(where: Where) -> Callable[[Person], bool]:
    if isinstance(where, Ask):
        field, value = where.field, where.value
        tests: dict[str, Callable[[Person], bool]] = {
            "eq": lambda person: bool(person[field] == value),
            "gte": lambda person: bool(person[field] >= value),
            "lt": lambda person: bool(person[field] < value),
            "has": lambda person: value in person[field],
        }
        return tests[where.op]
    parts = [_closure(part) for part in where.parts]
    if where.kind == "not":
        inner = parts[0]
        return lambda person: not inner(person)
    stops = where.kind == "any"

    def run(person: Person) -> bool:
        for part in parts:
            if part(person) is stops:
                return stops
        return not stops

    return run


def _datalogic(wheres: Sequence[Where]) -> Flags:
    datalogic_py: Any = import_module("datalogic_py")
    rule = datalogic_py.Engine().compile([_json_logic(where) for where in wheres])
    handle = datalogic_py.DataHandle

    def run(person: Person) -> Sequence[Any]:
        flags: Sequence[Any] = rule.evaluate_data(handle(person))
        return flags

    return run


def _json_logic(where: Where) -> dict[str, Any]:
    if isinstance(where, Ask):
        field = {"var": where.field}
        if where.op == "has":
            return {"in": [where.value, field]}
        return {{"eq": "==", "gte": ">=", "lt": "<"}[where.op]: [field, where.value]}
    parts = [_json_logic(part) for part in where.parts]
    return {"!": parts} if where.kind == "not" else {"and" if where.kind == "all" else "or": parts}
