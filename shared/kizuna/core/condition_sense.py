"""Questions that can be read and that nobody can mean: asked of definitions as they are saved, and of drafts.

The models take them, for a definition that is in force may ask them from before: it goes on meaning what it meant,
and stops nothing else. Whatever a question comes to be refused for that was accepted once belongs here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from kizuna.core.condition_checks import Parsed, below, placed_conditions
from kizuna.core.conditions import AtLeast, Condition, EventDid, RandomBucket
from kizuna.core.conditions.language import filters_of
from kizuna.core.conditions.properties import Where, WhereAtLeast, WhereGroup
from kizuna.core.errors import Problem

_NUMBERS = frozenset({"count", "sum", "avg", "min", "max", "distinct"})  # verbs that come to one


def meaningless_problems(
    parsed: Parsed, origin: Callable[[str, str], str], *, of: Collection[str] | None = None
) -> Iterator[Problem]:
    """What of the conditions of a workspace cannot be meant; with `of` only in what stands at these places."""
    if of is not None and not of:
        return
    for placed in placed_conditions(parsed, origin):
        if of is None or placed.place in of:
            yield from _in(placed.condition, f"{placed.place}: {placed.key}")


def _in(condition: Condition, path: str) -> Iterator[Problem]:
    reason = _meaningless(condition)
    if reason is not None:
        yield Problem(path, reason)
    if any(map(_never_holds, filters_of(condition))):
        yield Problem(
            path, "a filter (where) asks for more of its parts than there are, which can never hold"
        )
    for place, part in below(condition, path):
        yield from _in(part, place)


def _never_holds(where: Where) -> bool:
    if isinstance(where, WhereAtLeast) and where.n > len(where.of):
        return True
    return isinstance(where, WhereGroup) and any(map(_never_holds, where.of))


def _meaningless(question: Condition) -> str | None:
    match question:
        case EventDid(verb="did" | "did_not" as verb) if (question.op, question.value) != ("gte", 1):
            return f"{verb} compares nothing: leave out `op` and `value`, or ask with `verb: count`"
        case EventDid(verb=verb) if verb in _NUMBERS and "value" not in question.model_fields_set:
            return f"{verb} needs `value`, what it is compared with"
        case RandomBucket(from_=start, to=end) if start > end:
            return "`from` must be below `to`: nobody lies between"
        case AtLeast(n=least, of=parts) if least > len(parts):
            return f"at least {least} of {len(parts)} can never hold"
        case _:
            return None
