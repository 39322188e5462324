"""Which of two values of a trait survives: when an event meets a profile, and when two profiles turn out to be one.

`survivor` is the one place that says so. For each rule it gives the same value in whatever order and grouping the
values meet, and meeting a value again changes nothing: each rule is the greater of two by a total order, or, for
`union`, of two sets. So a batch may be folded in any order, and merging may come before or after folding.

    most_recent        the newest                       (what holds for a trait that nobody declared)
    source_rank        the source that is named first
    most_trusted       vouched for by a back end or an identity token before a page's word
    longest            the longest text, or list
    min, max           the least, the greatest; numbers before texts, and anything comparable before what is not
    most_restrictive   the value that stands last in `order`; one that is not named gives way to any that is
    union              all elements of both

Ties go to the later one, then to the better ranked source, then to the greater value. Where the law asks
(`LEGAL_TRAITS`), whatever the rule, a word that somebody vouches for goes before a page's.

`union` has no more than the surviving value to go by, so it does not know how old an element is: it only grows, and
of more than `UNION_LIMIT` elements the first ones in their order are kept (those are the same in any grouping).
A changed definition holds for what comes from then on; what was given up before is not known any more.

A trait also knows `since` when it has held its value. It is the first time at which the value was told after
`differed`, the last time at which another one was told that would have replaced it: a repeat makes nobody's plan
younger, a late word on the time before makes it older, and a late word of another plan in between makes it begin
anew. Of the times at which the value was told only the first and the last are remembered. So where a different value
comes late, between these two, `since` is the last: it may be later than the truth, and never earlier. A union is as
old as the last of its elements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import total_ordering
from typing import Any, assert_never

from kizuna.core.durations import FIRST
from kizuna.core.people import LEGAL_TRAITS, Trait
from kizuna.core.traits import Survivorship, TraitDefinition, comparable

UNION_LIMIT = 100
_NEWEST = Survivorship()


def survivor(
    name: str, held: Trait | None, offered: Trait, definitions: Mapping[str, TraitDefinition]
) -> Trait:
    """The trait `name` after `offered` met what is `held`, if anything is."""
    definition = definitions.get(name)
    survivorship = definition.survivorship if definition else _NEWEST
    if survivorship.rule == "union":
        return _united(name, held, offered, survivorship)
    if held is None:
        return offered
    if survivorship is _NEWEST and held.at != offered.at and name not in LEGAL_TRAITS:
        # By far the most frequent case, and the dearest part of a rank not needed.
        winner, loser = (held, offered) if held.at > offered.at else (offered, held)
        return _lasting(winner, loser)
    winner = max(held, offered, key=lambda trait: _rank(name, trait, survivorship))
    loser = offered if winner is held else held
    if _is_same(winner.value, loser.value):
        return _lasting(winner, loser)
    # What wins however old it is was never replaced by the other.
    ever = _rank(name, replace(winner, at=FIRST), survivorship) > _rank(name, loser, survivorship)
    return winner if ever else _lasting(winner, loser)


def _lasting(winner: Trait, loser: Trait) -> Trait:
    """The winner with what both know of how long it has held its value."""
    differed, told = winner.differed, [winner.held_since]
    if _is_same(winner.value, loser.value):
        if loser.differed is not None and (differed is None or loser.differed > differed):
            differed = loser.differed
        told += [loser.held_since, loser.at]
    elif differed is None or loser.at > differed:
        differed = loser.at
    since = min((at for at in told if differed is None or at > differed), default=winner.at)
    since = min(since, winner.at)
    if since == winner.held_since and differed == winner.differed:
        return winner
    return Trait(
        winner.value,
        winner.at,
        winner.source,
        winner.vouched,
        winner.raw,
        since=None if since == winner.at else since,
        differed=differed,
    )


def _is_same(one: Any, other: Any) -> bool:
    # True == 1 in Python; a flag is no number.
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _rank(name: str, trait: Trait, survivorship: Survivorship) -> tuple[Any, ...]:
    return (_counts(name, trait), *_by_rule(trait, survivorship), *_ties(trait, survivorship))


def _counts(name: str, trait: Trait) -> bool:
    return name not in LEGAL_TRAITS or trait.vouched


def _ties(trait: Trait, survivorship: Survivorship) -> tuple[Any, ...]:
    """Sorts any two traits that differ in anything."""
    place = _place(trait.source, survivorship)
    return (trait.at, place, comparable(trait.value), trait.source, trait.vouched, repr(trait))


def _place(source: str, survivorship: Survivorship) -> int:
    """Greater for a source that is believed more."""
    ranked = survivorship.sources
    return len(ranked) - ranked.index(source) if source in ranked else 0


def _by_rule(trait: Trait, survivorship: Survivorship) -> tuple[Any, ...]:
    match survivorship.rule:
        case "most_recent":
            return ()
        case "source_rank":
            return (_place(trait.source, survivorship),)
        case "most_trusted":
            return (trait.vouched, _place(trait.source, survivorship))
        case "longest":
            return (_length(trait.value),)
        case "max":
            return _size(trait.value)
        case "min":
            kind, size = _size(trait.value)
            return (kind, _Reversed(size))
        case "most_restrictive":
            return (_restriction(trait.value, survivorship),)
        case "union":
            raise ValueError("a union keeps both")
        case _:
            assert_never(survivorship.rule)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple | Mapping) else len(comparable(value))


def _size(value: Any) -> tuple[int, Any]:
    """How two values are compared: numbers with numbers, texts (and so dates) with texts, all else not at all."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value:  # noqa: PLR0124  (not NaN)
        return (2, value)
    return (1, value) if isinstance(value, str) else (0, 0)


@total_ordering
class _Reversed:
    """Sorts the other way round."""

    def __init__(self, of: Any) -> None:
        self._of = of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and bool(self._of == other._of)

    def __lt__(self, other: _Reversed) -> bool:
        return bool(other._of < self._of)

    def __hash__(self) -> int:
        return hash(self._of)


def _restriction(value: Any, survivorship: Survivorship) -> int:
    ordered = [comparable(each) for each in survivorship.order]
    told = comparable(value)
    return ordered.index(told) if told in ordered else -1


def _united(name: str, held: Trait | None, offered: Trait, survivorship: Survivorship) -> Trait:
    sides = [trait for trait in (held, offered) if trait is not None]
    if any(_counts(name, trait) for trait in sides):
        sides = [trait for trait in sides if _counts(name, trait)]
    elements = {comparable(each): each for trait in sides for each in _elements(trait.value)}
    newest = max(sides, key=lambda trait: (trait.at, _place(trait.source, survivorship), trait.source))
    kept = [elements[text] for text in sorted(elements)][:UNION_LIMIT]
    vouched = all(trait.vouched for trait in sides)
    since = _complete_since(sides, frozenset(map(comparable, kept)))
    return Trait(kept, newest.at, newest.source, vouched, since=since if since < newest.at else None)


def _complete_since(sides: Sequence[Trait], whole: frozenset[str]) -> datetime:
    """When all elements were together first, as far as is known."""
    complete = [trait for trait in sides if whole == frozenset(map(comparable, _elements(trait.value)))]
    if complete:
        return min(trait.held_since for trait in complete)
    return max(trait.held_since for trait in sides)


def _elements(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    return [] if value is None else [value]
