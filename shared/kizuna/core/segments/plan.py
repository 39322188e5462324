"""Some segments made ready to be decided together: what to look up, and how the answers add up.

    look-ups ──▶ one number, to which each adds what it changes ──▶ groups carried into groups ──▶ a bit a segment

When the next change is due with no event is found by going on in time: from one moment at which an answer may turn to
the next, until a bit is another. So it is exact, for all segments together.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from heapq import heapify, heappop, heapreplace
from itertools import compress

from kizuna.core.conditions import (
    DECIMALS,
    Condition,
    EventDid,
    Everyone,
    InSegment,
    TraitIs,
    View,
)
from kizuna.core.conditions.comparing import compare_numbers
from kizuna.core.conditions.values import MISSING, found_at
from kizuna.core.people import Profile
from kizuna.core.segment_columns import columns_of, counted_from
from kizuna.core.segment_moments import NEVER, instant, micros, moment
from kizuna.core.segments import usable_channels, view_of
from kizuna.core.segments.asked import Asked, Told, together
from kizuna.core.segments.fields import (
    MemoryField,
    TraitField,
    element_of,
    is_by_value,
    is_counted,
)
from kizuna.core.segments.layout import BITS, Layout, units
from kizuna.core.segments.trees import Forest, Tally

# Moments: beyond them the alarm is set to the next one, finds nothing changed and looks on from there.
_LOOKED_AT = 40
_BYTES = 1 << 23  # of sums that are kept for being asked for again
_ZERO_OR_ONE = bytes.maketrans(b"04", b"\0\1")
_Derived = Callable[[int], int]

# What a person holds of them, each once and in no order.
SETS: Mapping[str, Callable[[Profile], Iterable[str]]] = {
    "lists": lambda profile: [name for name, listing in profile.lists.items() if listing.inside],
    "channels": usable_channels,
}


class Plan:
    """The segments `decided` (their trees by name). What they ask about beyond that keeps the answer it has."""

    def __init__(self, forest: Forest, decided: Mapping[str, int]) -> None:
        self.segments = frozenset(decided)
        columns, layers = columns_of(forest, decided)
        layout = Layout([forest.trees[tree] for tree in columns], layers)
        self._size = layout.size
        self._sums: dict[frozenset[int], int] = {}
        self._base, self._changes = counted_from(forest, columns, layout)
        column_of = {tree: column for column, tree in enumerate(columns)}
        bit_of = {tree: (column + 1) * BITS - 1 for tree, column in column_of.items()}
        self._members = sum(1 << bit_of[tree] for tree in decided.values())
        named = {tree: name for name, tree in decided.items()}
        self._names = [named.get(tree, "") for tree in reversed(columns)]
        self._layers: list[tuple[list[tuple[int, int, bool]], list[_Derived]]] = [
            (moves, []) for moves in layout.moves()
        ]
        self._stored: list[tuple[str, int]] = []
        others: list[tuple[Condition, int]] = []
        sets: dict[str, dict[str, int]] = {}
        traits: dict[str, list[tuple[int, TraitIs]]] = {}
        memories: dict[str, list[tuple[int, EventDid]]] = {}
        for number in self._changes:
            question = forest.questions[number]
            match question:
                case Tally(points=points):
                    after = max(layers[column_of[tree]] for tree, _ in points)
                    bits = [(bit_of[tree], worth) for tree, worth in points]
                    self._layers[after][1].append(_tallied(question, bits, self._sum({number})))
                case InSegment(in_segment=name) if name in decided:
                    tree = decided[name]
                    after = layers[column_of[tree]]
                    self._layers[after][1].append(_inside(bit_of[tree], self._sum({number})))
                case InSegment(in_segment=name):
                    self._stored.append((name, self._sum({number})))
                case Everyone():
                    pass
                case TraitIs() if is_by_value(question):
                    traits.setdefault(question.trait, []).append((number, question))
                case EventDid() if is_counted(question):
                    memories.setdefault(question.key, []).append((number, question))
                case _ if (element := element_of(question)) is not None:
                    sets.setdefault(element.field, {})[element.key] = self._sum({number})
                case _:
                    others.append((question, self._sum({number})))
        self._others = together(others)
        self._sets = [(SETS[name], elements) for name, elements in sets.items()]
        fields = [TraitField(path, questions, self._sum) for path, questions in traits.items()]
        self._paths = [field for field in fields if "." in field.path]
        self._traits = {
            field.path: (field.words, field.steps, field.levels, field)
            for field in fields
            if "." not in field.path
        }
        self._memories = [MemoryField(key, questions, self._sum) for key, questions in memories.items()]
        self._timed = [memory for memory in self._memories if memory.is_timed]
        self._tables = {memory.key: memory.tables() for memory in self._memories}

    # ── at a moment ─────────────────────────────────────────────────────────────────────────────

    def members(self, profile: Profile, *, now: datetime, inside: frozenset[str]) -> frozenset[str]:
        """Those of the segments that the person is in. `inside` are the others that the person is in."""
        present = micros(now)
        others = self.others(profile, present)
        return self.names(self.decided(self.counts(profile, present // 1000, inside, others)))

    def others(self, profile: Profile, present: int) -> Sequence[Told]:
        """What the answers change to questions that must be asked, and when each may turn."""
        if not self._others:
            return ()
        view, now = view_of(profile), instant(present)
        return [asked.of(view, now=now) for asked in self._others]

    def counts(
        self, profile: Profile, millis: int, inside: frozenset[str], others: Sequence[Told] = ()
    ) -> int:
        """All that is known of a person in one number: what each group counts of its own questions."""
        counted = self._base + self._by_traits(profile) + self._by_memories(profile, millis)
        for held_by, elements in self._sets:
            for element in held_by(profile):
                if element in elements:
                    counted += elements[element]
        if self._paths:
            counted += self._by_paths(profile)
        for name, change in self._stored:
            if name in inside:
                counted += change
        for change, _ in others:
            counted += change
        return counted

    # These go along what is known of the person, not along what is asked: mostly there is less of it, and it lies
    # together in memory.

    def _by_traits(self, profile: Profile) -> int:
        counted = 0
        of_trait = self._traits.get
        for name, trait in profile.traits.items():
            tables = of_trait(name)
            if tables is None:
                continue
            words, steps, levels, field = tables
            value = trait.value
            kind = value.__class__
            change: int | None = None
            if kind is str:
                change = words.get(value)
            elif kind is int:
                change = levels[bisect_right(steps, value)]
            elif kind is bool:
                change = field.flags[value]
            elif kind is float:
                change = field.regions[bisect_right(field.cuts, value)]
            if change is None:
                change = field.of(value)
            if change:
                counted += change
        return counted

    def _by_memories(self, profile: Profile, millis: int) -> int:
        """As `MemoryField.of`, for all of them: a call each would take as long as the rest."""
        counted = 0
        of_memory = self._tables.get
        for key, state in profile.aggregates.items():
            tables = of_memory(key)
            if tables is None:
                continue
            rows, most, timed = tables
            if most and "n" in state:
                number = state["n"]
                change = rows[number if number < most else most]
                if change:
                    counted += change
            if timed is not None and "t" in state and (instants := state["t"]):
                lengths, by_age, windows = timed
                past, latest = len(instants), instants[-1]
                if latest > millis:  # some are still to come
                    past = bisect_right(instants, millis)
                    latest = instants[past - 1] if past else -NEVER
                change = by_age[bisect_right(lengths, millis - latest)]
                if change:
                    counted += change
                for length, numbers, highest in windows:
                    number = past - bisect_right(instants, millis - length, 0, past)
                    counted += numbers[number if number < highest else highest]
        return counted

    def _by_paths(self, profile: Profile) -> int:
        """Traits at paths with dots."""
        values = {name: trait.value for name, trait in profile.traits.items()}
        found = ((field, found_at(values, field.path)) for field in self._paths)
        return sum(field.of(value) for field, value in found if value is not MISSING)

    def decided(self, counted: int) -> int:
        """The bits of the segments that the person is in."""
        for moves, derived in self._layers:
            for shift, mask, negated in moves:
                carried = (counted >> shift) & mask
                counted += -carried if negated else carried
            for change in derived:
                counted += change(counted)
        return counted & self._members

    def names(self, bits: int) -> frozenset[str]:
        digits = (b"%o" % bits).rjust(len(self._names), b"0")
        return frozenset(compress(self._names, digits.translate(_ZERO_OR_ONE)))

    # ── in time ─────────────────────────────────────────────────────────────────────────────────

    def standing(
        self, profile: Profile, *, now: datetime, inside: frozenset[str]
    ) -> tuple[frozenset[str], datetime | None]:
        """The members, and when they change next if nothing happens. Past some moments it says one of them."""
        bits, turn = self.bits_and_turn(profile, micros(now), inside)
        return self.names(bits), moment(turn)

    def bits_and_turn(self, profile: Profile, present: int, inside: frozenset[str]) -> tuple[int, int]:
        """The bits of the members, and the microsecond of the next change, or NEVER."""
        others = self.others(profile, present)
        counted = self.counts(profile, present // 1000, inside, others)
        bits = self.decided(counted)
        return bits, self._turn(profile, present, counted, bits, others)

    def _turn(self, profile: Profile, present: int, counted: int, bits: int, others: Sequence[Told]) -> int:
        ahead = self._ahead(profile, present // 1000, others)
        if not ahead:
            return NEVER
        heapify(ahead)
        clock = _Clock(self._timed, self._others, profile)
        changes: dict[int, int] = {}  # of those that turned already
        for _ in range(_LOOKED_AT):
            turn = ahead[0][0]
            while ahead and ahead[0][0] == turn:
                number = ahead[0][1]
                before = changes[number] if number in changes else clock.change(number, present)
                changes[number] = change = clock.change(number, turn)
                counted += change - before
                following = clock.following(number, turn)
                if following < NEVER:
                    heapreplace(ahead, (following, number))
                else:
                    heappop(ahead)
            if self.decided(counted) != bits:
                return turn
            if not ahead:
                return NEVER
        return ahead[0][0]

    def _ahead(self, profile: Profile, millis: int, others: Sequence[Told]) -> list[tuple[int, int]]:
        """When each of what is asked turns next, for what turns at all: first the memories, then the others."""
        found: list[tuple[int, int]] = []
        remembered = profile.aggregates.get
        for number, memory in enumerate(self._timed):
            state = remembered(memory.key)
            if state:
                turn = memory.turn(state, millis)
                if turn < NEVER:
                    found.append((turn * 1000, number))
        for number, (_, flips_at) in enumerate(others, start=len(self._timed)):
            if flips_at is not None:
                found.append((micros(flips_at), number))
        return found

    # ── what answers change ─────────────────────────────────────────────────────────────────────

    def _sum(self, questions: Iterable[int]) -> int:
        """What it changes that these questions have another answer than about somebody unknown."""
        key = frozenset(questions)
        found = self._sums.get(key)
        if found is None:
            places: dict[int, int] = {}
            for number in key:
                for place, change in self._changes[number].items():
                    places[place] = places.get(place, 0) + change
            if len(self._sums) * self._size > 2 * _BYTES:
                self._sums.clear()
            found = self._sums[key] = units(places, self._size)
        return found


class _Clock:
    """What is asked of one person, asked again at later moments."""

    def __init__(self, memories: Sequence[MemoryField], others: Sequence[Asked], profile: Profile) -> None:
        self._memories = memories
        self._others = others
        self._profile = profile
        self._view: View | None = None

    def change(self, number: int, at: int) -> int:
        """What the answer of that moment changes."""
        if number < len(self._memories):
            memory = self._memories[number]
            return memory.of(self._profile.aggregates[memory.key], at // 1000)
        return self._answer(number, at)[0]

    def following(self, number: int, at: int) -> int:
        """When it turns next after that moment, or NEVER."""
        if number < len(self._memories):
            memory = self._memories[number]
            turn = memory.turn(self._profile.aggregates[memory.key], at // 1000)
            return turn * 1000 if turn < NEVER else NEVER
        flips_at = self._answer(number, at)[1]
        return NEVER if flips_at is None else micros(flips_at)

    def _answer(self, number: int, at: int) -> Told:
        if self._view is None:
            self._view = view_of(self._profile)
        return self._others[number - len(self._memories)].of(self._view, now=instant(at))


def _inside(bit: int, change: int) -> _Derived:
    return lambda counted: change if counted >> bit & 1 else 0


def _tallied(tally: Tally, points: Sequence[tuple[int, float]], change: int) -> _Derived:
    def derived(counted: int) -> int:
        earned = round(math.fsum(worth for bit, worth in points if counted >> bit & 1), DECIMALS)
        return change if compare_numbers(tally.op, earned, tally.value) else 0

    return derived
