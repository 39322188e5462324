"""All segments of a catalog as one index: what `segments.standing` means, at a fraction of its work.

    conditions ──compile──▶ questions, each distinct one once ──▶ gates over them ──▶ segments
                                 │ by what they look at: a trait, the memory of an event, an address, …
                                 ▼
    a change of a person ──▶ only the segments that look at what changed

Every question and every gate (a group of questions) has one bit. The truth of all of them is one number, so that a
group of any size is answered by a comparison of bits. Beside the truth stands when each answer may turn.

The answers, `flips_at` included, equal those of `segments.standing`; tests hold them together. What the segments
of a stored person do not look at is not asked again, where that is safe: see `standing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never

from kizuna.core.conditions import (
    All,
    AnyOf,
    AtLeast,
    Condition,
    EventDid,
    Everyone,
    InSegment,
    NoneOf,
    RandomBucket,
    Reachable,
    TraitIs,
    View,
    Xor,
    aggregate_key,
    evaluate,
)
from kizuna.core.ids import digest
from kizuna.core.people import Profile
from kizuna.core.segment_questions import (
    NEVER,
    EventQuestions,
    TraitQuestions,
    is_counted,
    is_timed,
    micros,
    moment,
)
from kizuna.core.segments import EVERYONE, Segment, Standing, view_of

_MEANING = "1"  # raised when conditions come to mean something else: then everybody is evaluated anew
_PLANS = 512  # kept, by what changed

_BUCKET, _CHANNELS = ("bucket", ""), ("channels", "")
Input = tuple[str, str]  # what a question looks at: a trait, the memory of an event, …


@dataclass(frozen=True, slots=True)
class _Gate:
    """A group: at least `least` of `parts` must hold (`exactly`: neither more); `inverted`: the opposite."""

    bit: int
    node: int
    parts: tuple[int, ...]
    mask: int  # of the parts, where one or all of them must hold; else 0
    least: int
    exactly: bool = False
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class _Other:
    """A question that is asked as it stands."""

    bit: int
    node: int
    condition: Condition


@dataclass(frozen=True, slots=True)
class _Membership:
    """Whether the person is in another segment: `root` is what decides it, if it is asked in the same pass."""

    bit: int
    segment: str
    root: int | None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to ask, in order, and the node that decides each of the segments `names`."""

    traits: tuple[TraitQuestions, ...]
    events: tuple[EventQuestions, ...]
    others: tuple[_Other, ...]
    steps: tuple[_Gate | _Membership, ...]
    roots: tuple[tuple[str, int], ...]
    names: frozenset[str]


class SegmentIndex:
    """Segments, `in_order`, compiled. Building it takes some milliseconds per hundred segments.

    `kept_out` are the sources whose traits the profiles come without (`sources.for_decisions`): another choice of
    them gives other answers.
    """

    def __init__(self, segments: Sequence[Segment], *, kept_out: Iterable[str] = ()) -> None:
        compiled = _Compiler()
        for segment in segments:
            compiled.add(segment)
        self._compiled = compiled
        self._bits = {each: 1 << number for number, each in enumerate(compiled.inputs)}
        self._traits = tuple((bit, name) for (kind, name), bit in self._bits.items() if kind == "trait")
        self._memories = tuple((bit, name) for (kind, name), bit in self._bits.items() if kind == "event")
        self._needs = {
            segment: sum(self._bits[each] for each in inputs) for segment, inputs in compiled.looks_at.items()
        }
        self._everything = compiled.plan(compiled.roots)
        self._plans: dict[int, _Plan] = {}
        texts = (segment.model_dump_json() for segment in segments)
        self.fingerprint = digest("segments", _MEANING, *sorted(kept_out), "|", *texts, length=8)

    def mark(self, version: int) -> str:
        """What a profile keeps to show that its memberships stand by these definitions as of that version."""
        return f"{self.fingerprint}.{version}"

    def standing(self, profile: Profile, *, now: datetime, since: Profile | None = None) -> Standing:
        """The segments a person is in now, and when that may next change with no event.

        `since` is the person as last written. Where its mark proves that its memberships came from these very
        definitions, its alarm has not rung and the clock has not gone back, the segments that look at nothing
        that changed keep their answer; the alarm is then no later than the one that stands.
        """
        view = replace(view_of(profile), segments=frozenset({EVERYONE}))
        if since is None or not self._is_current(since, now):
            members, turns = self._asked(self._everything, view, now)
            return Standing(members | {EVERYONE}, moment(turns))
        changed = self._changed(since, profile)
        if not changed:
            return Standing(since.segments, since.due_at)
        plan = self._plan_for(changed)
        members, turns = self._asked(plan, replace(view, segments=since.segments), now)
        alarm = min(turns, micros(since.due_at)) if since.due_at else turns
        return Standing((since.segments - plan.names) | members, moment(alarm))

    def _is_current(self, since: Profile, now: datetime) -> bool:
        return (
            since.evaluated == self.mark(since.version)
            and (since.due_at is None or since.due_at > now)
            and since.updated_at <= now
        )

    def differs(self, one: Profile, other: Profile) -> bool:
        """Whether any segment looks at something that is not the same for both."""
        return bool(self._changed(one, other))

    # ── what changed ────────────────────────────────────────────────────────────────────────────

    def _changed(self, before: Profile, after: Profile) -> int:
        changed = 0
        for bit, name in self._traits:
            held, told = before.traits.get(name), after.traits.get(name)
            if held is not told and (held is None or told is None or not _is_same(held.value, told.value)):
                changed |= bit
        for bit, key in self._memories:
            one, other = before.aggregates.get(key), after.aggregates.get(key)
            if one is not other and one != other:
                changed |= bit
        if _CHANNELS in self._bits and view_of(before).channels != view_of(after).channels:
            changed |= self._bits[_CHANNELS]
        if _BUCKET in self._bits and _bucket_of(before) != _bucket_of(after):
            changed |= self._bits[_BUCKET]
        return changed

    def _plan_for(self, changed: int) -> _Plan:
        plan = self._plans.get(changed)
        if plan is None:
            touched = [segment for segment, needs in self._needs.items() if needs & changed]
            most = 2 * len(touched) > len(self._needs)
            plan = self._everything if most else self._compiled.plan(touched)
            if len(self._plans) >= _PLANS:
                self._plans.clear()
            self._plans[changed] = plan
        return plan

    # ── asking ──────────────────────────────────────────────────────────────────────────────────

    def _asked(self, plan: _Plan, view: View, now: datetime) -> tuple[frozenset[str], int]:
        """The segments of a plan that hold, and the first turn of any of them."""
        truth = timed = 0
        turns = [NEVER] * self._compiled.size
        for group in plan.traits:
            truth |= group.truths(view.traits)
        present = micros(now)
        for questions in plan.events:
            held, late = questions.ask(view.aggregates.get(questions.key, {}), present, turns)
            truth |= held
            timed |= late
        for other in plan.others:
            answer = evaluate(other.condition, view, now=now)
            if answer.matched:
                truth |= other.bit
            if answer.flips_at is not None:
                timed |= other.bit
                turns[other.node] = micros(answer.flips_at)
        for step in plan.steps:
            if not isinstance(step, _Gate):
                inside = step.segment in view.segments if step.root is None else truth >> step.root & 1
                truth |= step.bit if inside else 0
                continue
            mask = step.mask
            if mask:
                hit = truth & mask
                matched = hit != 0 if step.least == 1 else hit == mask
                turn = _turn(step, hit, timed, turns) if timed & mask else NEVER
            else:
                matched, turn = _counted(step, truth, turns)
            if matched is not step.inverted:
                truth |= step.bit
            if turn < NEVER:
                timed |= step.bit
                turns[step.node] = turn
        members = frozenset([name for name, root in plan.roots if truth >> root & 1])
        return members, min([turns[root] for _, root in plan.roots], default=NEVER)


def _turn(gate: _Gate, hit: int, timed: int, turns: list[int]) -> int:
    """When a group of which one or all must hold may turn, `hit` being those that do: `answers.at_least` in bits."""
    in_the_way = hit if gate.least == 1 else gate.mask ^ hit
    if not in_the_way:  # the turn of any part suffices
        return min(map(turns.__getitem__, gate.parts))
    if in_the_way & timed != in_the_way:  # it takes all of these, and one of them never turns
        return NEVER
    return max([turns[part] for part in gate.parts if in_the_way >> part & 1])


def _counted(gate: _Gate, truth: int, turns: list[int]) -> tuple[bool, int]:
    holds = [bool(truth >> part & 1) for part in gate.parts]
    hits = sum(holds)
    if gate.exactly:
        return hits == gate.least, min(turns[part] for part in gate.parts)
    matched = hits >= gate.least
    needed = hits - gate.least + 1 if matched else gate.least - hits
    in_the_way = sorted(turns[part] for part, held in zip(gate.parts, holds, strict=True) if held is matched)
    return matched, in_the_way[needed - 1] if needed <= len(in_the_way) else NEVER


def _is_same(one: Any, other: Any) -> bool:
    """Whether no condition can tell two values apart. Of lists and objects that is not looked into."""
    return type(one) is type(other) and not isinstance(one, list | dict) and bool(one == other)


def _bucket_of(profile: Profile) -> str:
    return profile.bucket_id or profile.id


class _Compiler:
    """Takes segments apart into nodes: distinct questions, and gates over earlier nodes."""

    def __init__(self) -> None:
        self.roots: dict[str, int] = {}
        self.inputs: dict[Input, None] = {}
        self.looks_at: dict[str, set[Input]] = {}
        self._nodes: dict[tuple[Any, ...], int] = {}
        self._steps: dict[int, _Gate | _Membership] = {}
        self._leaves: dict[int, Condition] = {}
        self._parts: dict[int, tuple[int, ...]] = {}
        self._trait_groups: dict[str, TraitQuestions] = {}
        self._event_groups: dict[str, EventQuestions] = {}

    @property
    def size(self) -> int:
        return len(self._nodes)

    def add(self, segment: Segment) -> None:
        inputs = self.looks_at.setdefault(segment.id, set())
        root = self._node(segment.when, inputs)
        if segment.exclude is not None:
            excluded = self._node(segment.exclude, inputs)
            root = self._gate((root, self._gate((excluded,), 1, inverted=True)), 2)
        self.roots[segment.id] = root
        self.inputs.update(dict.fromkeys(sorted(inputs)))

    def _node(self, condition: Condition, inputs: set[Input]) -> int:
        match condition:
            case All(of=parts):
                return self._gate(self._nodes_of(parts, inputs), len(parts))
            case AnyOf(of=parts):
                return self._gate(self._nodes_of(parts, inputs), 1)
            case NoneOf(of=parts):
                return self._gate(self._nodes_of(parts, inputs), 1, inverted=True)
            case Xor(of=parts):
                return self._gate(self._nodes_of(parts, inputs), 1, exactly=True)
            case AtLeast(of=parts, n=least):
                return self._gate(self._nodes_of(parts, inputs), least)
            case InSegment(in_segment=name):
                return self._membership(name, inputs)
            case TraitIs() | EventDid() | Reachable() | RandomBucket() | Everyone():
                inputs.update(_inputs_of(condition))
                return self._leaf(condition)
            case _:
                assert_never(condition)

    def _nodes_of(self, parts: Iterable[Condition], inputs: set[Input]) -> tuple[int, ...]:
        return tuple(self._node(part, inputs) for part in parts)

    def _leaf(self, condition: TraitIs | EventDid | Reachable | RandomBucket | Everyone) -> int:
        # As text, for in Python 1, 1.0 and True are one key.
        node, is_new = self._numbered(("leaf", condition.model_dump_json()))
        if is_new:
            self._leaves[node] = condition
            if isinstance(condition, TraitIs) and not is_timed(condition):
                group = self._trait_groups.setdefault(condition.trait, TraitQuestions(condition.trait))
                group.add(1 << node, condition)
            elif isinstance(condition, EventDid) and is_counted(condition):
                key = aggregate_key(condition)
                self._event_groups.setdefault(key, EventQuestions(key)).add(node, condition)
        return node

    def _membership(self, segment: str, inputs: set[Input]) -> int:
        inputs.update(self.looks_at.get(segment, ()))
        node, is_new = self._numbered(("membership", segment))
        if is_new:
            self._steps[node] = _Membership(1 << node, segment, self.roots.get(segment))
        return node

    def _gate(
        self, parts: tuple[int, ...], least: int, *, exactly: bool = False, inverted: bool = False
    ) -> int:
        if len(parts) == 1 and least == 1 and not inverted:
            return parts[0]  # a group of one says what the one says
        node, is_new = self._numbered(("gate", parts, least, exactly, inverted))
        if is_new:
            is_plain = len(set(parts)) == len(parts) and least in (1, len(parts)) and not exactly
            mask = sum(1 << part for part in parts) if is_plain else 0
            self._steps[node] = _Gate(1 << node, node, parts, mask, least, exactly, inverted)
            self._parts[node] = parts
        return node

    def _numbered(self, what: tuple[Any, ...]) -> tuple[int, bool]:
        known = self._nodes.get(what)
        if known is not None:
            return known, False
        self._nodes[what] = node = len(self._nodes)
        return node, True

    # ── plans ───────────────────────────────────────────────────────────────────────────────────

    def plan(self, segments: Iterable[str]) -> _Plan:
        """What it takes to decide these segments. Other segments that they ask about keep their answer."""
        decided = {segment: self.roots[segment] for segment in segments}
        nodes = self._with_parts(decided.values())
        leaves = [self._leaves[node] for node in nodes if node in self._leaves]
        traits = {leaf.trait for leaf in leaves if isinstance(leaf, TraitIs)}
        events = {aggregate_key(leaf) for leaf in leaves if isinstance(leaf, EventDid)}
        others = [node for node in nodes if node in self._leaves and not self._is_grouped(self._leaves[node])]
        return _Plan(
            tuple(group for path, group in self._trait_groups.items() if path in traits),
            tuple(group for key, group in self._event_groups.items() if key in events),
            tuple(_Other(1 << node, node, self._leaves[node]) for node in others),
            tuple(self._step(node, decided) for node in nodes if node in self._steps),
            tuple(decided.items()),
            frozenset(decided),
        )

    def _step(self, node: int, decided: Mapping[str, int]) -> _Gate | _Membership:
        step = self._steps[node]
        if isinstance(step, _Membership) and step.segment not in decided:
            return replace(step, root=None)
        return step

    def _with_parts(self, roots: Iterable[int]) -> list[int]:
        """Nodes with all that they consist of, each after its parts: numbers were given in that order."""
        found: set[int] = set()
        waiting = list(roots)
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting += self._parts.get(node, ())
        return sorted(found)

    def _is_grouped(self, leaf: Condition) -> bool:
        match leaf:
            case TraitIs():
                return not is_timed(leaf)
            case EventDid():
                return is_counted(leaf)
            case _:
                return False


def _inputs_of(leaf: TraitIs | EventDid | Reachable | RandomBucket | Everyone) -> list[Input]:
    match leaf:
        case TraitIs(trait=path):
            return [("trait", path), ("trait", path.split(".")[0])]
        case EventDid():
            return [("event", aggregate_key(leaf))]
        case Reachable():
            return [_CHANNELS]
        case RandomBucket():
            return [_BUCKET]
        case Everyone():
            return []
        case _:
            assert_never(leaf)
