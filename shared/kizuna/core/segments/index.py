"""All segments of a catalog as one index: what `segments.standing` means, at a fraction of its work.

    conditions ──▶ trees of groups, and the distinct questions that they ask     segment_trees
               ──▶ a plan: all groups in one number                              segment_layout, segment_plan
               ──▶ what questions look at, looked up once for all of them        segment_fields

    a change of a person ──▶ a plan of the segments that look at what changed, where such changes come again and again

The segments equal those of `segments.standing`; tests hold the two together. `flips_at` is never earlier than there,
and exact: the first moment at which a membership of the person changes with no event. What the segments of a stored
person do not look at is not asked again, where that is safe: see `standing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kizuna.core.conditions import InSegment
from kizuna.core.conditions.inputs import Input, found, inputs_of
from kizuna.core.ids import digest
from kizuna.core.people import Profile
from kizuna.core.segments import EVERYONE, Segment, Standing, view_of
from kizuna.core.segments.plan import SETS, Plan
from kizuna.core.segments.trees import Forest, Tally

_MEANING = "2"  # raised when conditions come to mean something else: then everybody is evaluated anew
_PLANS = 64  # kept, by what changed
_KINDS = 4_096  # of changes that are told apart
_ONLY_EVERYONE = frozenset({EVERYONE})


class SegmentIndex:
    """Segments, `in_order`, compiled. Building it takes some milliseconds per hundred segments.

    `kept_out` are the sources whose traits the profiles come without (`sources.for_decisions`): another choice of
    them gives other answers. So do other `rules`, such as those by which consents are read. A kind of change that
    came `worth_a_plan` times is evaluated by a plan of its own; making one takes as long as some hundred people.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        *,
        kept_out: Iterable[str] = (),
        rules: str = "",
        worth_a_plan: int = 16,
    ) -> None:
        self._worth_a_plan = worth_a_plan
        self._forest = Forest()
        self._trees: dict[str, int] = {}
        texts: list[str] = []
        for segment in segments:
            self._trees[segment.id] = self._forest.plant(segment.when, segment.exclude)
            texts.append(segment.model_dump_json(include={"id", "when", "exclude"}))
        looks_at = _inputs(self._forest, self._trees)
        parts = sorted(frozenset[Input]().union(*looks_at.values()))
        bits = {part: 1 << number for number, part in enumerate(parts)}
        self._traits = [(bit, part.key) for part, bit in bits.items() if part.field == "traits"]
        self._memories = [(bit, part.key) for part, bit in bits.items() if part.field == "aggregates"]
        rest = [(bit, part) for part, bit in bits.items() if part.field not in ("traits", "aggregates")]
        self._sets = [(bit, SETS[part.field]) for bit, part in rest if part.field in SETS]
        self._rest = [(bit, part) for bit, part in rest if part.field not in SETS]
        self._needs = {segment: sum(map(bits.__getitem__, inputs)) for segment, inputs in looks_at.items()}
        self._bits = bits
        self.everything = Plan(self._forest, self._trees)
        self._plans: dict[int, Plan] = {}
        self._met: dict[int, int] = {}
        self.fingerprint = digest("segments", _MEANING, rules, *sorted(kept_out), "|", *texts, length=8)

    def mark(self, version: int) -> str:
        """What a profile keeps to show that its memberships stand by these definitions as of that version."""
        return f"{self.fingerprint}.{version}"

    def standing(self, profile: Profile, *, now: datetime, since: Profile | None = None) -> Standing:
        """The segments a person is in now, and when that may next change with no event.

        `since` is the person as last written. Where its mark proves that its memberships came from these very
        definitions, its alarm has not rung and the clock has not gone back, the segments that look at nothing
        that changed may keep their answer; the alarm is then no later than the one that stands.
        """
        if since is not None and self._is_current(since, now):
            changed = self._changed(since, profile)
            if not changed:
                return Standing(since.segments, since.due_at)
            plan = self._plan_for(changed)
            if plan is not self.everything:
                members, turn = plan.standing(profile, now=now, inside=since.segments)
                alarms = [alarm for alarm in (turn, since.due_at) if alarm is not None]
                return Standing((since.segments - plan.segments) | members, min(alarms, default=None))
        members, turn = self.everything.standing(profile, now=now, inside=_ONLY_EVERYONE)
        return Standing(members | _ONLY_EVERYONE, turn)

    def segments_of(self, profile: Profile, *, now: datetime) -> frozenset[str]:
        """The segments a person is in now: `standing` without its end, which takes about half of its time."""
        return self.everything.members(profile, now=now, inside=_ONLY_EVERYONE) | _ONLY_EVERYONE

    def differs(self, one: Profile, other: Profile) -> bool:
        """Whether any segment looks at something that is not the same for both."""
        return bool(self._changed(one, other))

    def plan_of(self, changed: Iterable[Input]) -> Plan:
        """A plan of the segments that look at any of these. What they ask about beyond that keeps its answer."""
        touching = sum(self._bits.get(part, 0) for part in frozenset(changed))
        return Plan(self._forest, self._touched(touching))

    # ── what changed ────────────────────────────────────────────────────────────────────────────

    def _is_current(self, since: Profile, now: datetime) -> bool:
        return (
            since.evaluated == self.mark(since.version)
            and (since.due_at is None or since.due_at > now)
            and since.updated_at <= now
        )

    def _changed(self, before: Profile, after: Profile) -> int:
        changed = 0
        if before.traits is not after.traits:
            was, told = before.traits.get, after.traits.get
            for bit, name in self._traits:
                one, other = was(name), told(name)
                if one is not other and (
                    one is None or other is None or not _is_same(one.value, other.value)
                ):
                    changed |= bit
        if before.aggregates is not after.aggregates:
            remembered, remember = before.aggregates.get, after.aggregates.get
            for bit, key in self._memories:
                state, later = remembered(key), remember(key)
                if state is not later and state != later:
                    changed |= bit
        for bit, held_by in self._sets:
            if set(held_by(before)) != set(held_by(after)):
                changed |= bit
        if self._rest:
            earlier, later_view = view_of(before), view_of(after)
            for bit, part in self._rest:
                if found(earlier, part) != found(later_view, part):
                    changed |= bit
        return changed

    def _plan_for(self, changed: int) -> Plan:
        """The plan for a kind of change: one of its own, where it comes often and touches a part of the segments."""
        plan = self._plans.get(changed)
        if plan is not None:
            return plan
        if len(self._met) >= _KINDS:
            self._met.clear()
        self._met[changed] = met = self._met.get(changed, 0) + 1
        if met < self._worth_a_plan:
            return self.everything
        touched = self._touched(changed)
        plan = self.everything if 2 * len(touched) > len(self._trees) else Plan(self._forest, touched)
        if len(self._plans) >= _PLANS:
            self._plans.clear()
        self._plans[changed] = plan
        return plan

    def _touched(self, changed: int) -> dict[str, int]:
        return {segment: self._trees[segment] for segment, needs in self._needs.items() if needs & changed}


def _inputs(forest: Forest, trees: Mapping[str, int]) -> dict[str, frozenset[Input]]:
    """What each segment looks at, and what those look at that it asks about. They come in an order that allows it."""
    of_segments: dict[str, frozenset[Input]] = {}
    of_questions: dict[int, frozenset[Input]] = {}

    def of_tree(tree: int) -> frozenset[Input]:
        return frozenset[Input]().union(*map(of_question, forest.trees[tree].questions()))

    def of_question(number: int) -> frozenset[Input]:
        match forest.questions[number]:
            case InSegment(in_segment=name):
                return of_segments.get(name, frozenset())
            case Tally(points=points):
                return frozenset[Input]().union(*(of_tree(tree) for tree, _ in points))
            case condition:
                if number not in of_questions:
                    of_questions[number] = inputs_of(condition)
                return of_questions[number]

    for segment, tree in trees.items():
        of_segments[segment] = of_tree(tree)
    return of_segments


def _is_same(one: Any, other: Any) -> bool:
    """Whether no condition can tell two values apart. Of lists and objects that is not looked into."""
    return type(one) is type(other) and not isinstance(one, list | dict) and bool(one == other)
