"""What somebody may have meant by a word that is none."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

# What other languages call an operator or a question.
_ELSEWHERE = {
    "=": "eq", "==": "eq", "is": "eq", "equal": "eq", "equals": "eq", "!=": "not_eq", "<>": "not_eq", "ne": "not_eq",
    "neq": "not_eq", "is_not": "not_eq", "not_equals": "not_eq", "nin": "not_in", ">": "gt", "greater_than": "gt",
    ">=": "gte", "ge": "gte", "<": "lt", "less_than": "lt", "<=": "lte", "le": "lte",
    "is_set": "exists", "is_null": "not_exists", "is_empty": "empty", "matches": "regex", "older_than": "before_last",
    "newer_than": "within_last", "in_last": "within_last", "and": "all", "or": "any", "nor": "none",
    "property": "trait", "attribute": "trait", "segment": "in_segment", "list": "static_list",
}  # fmt: skip


def near(word: str, words: Collection[str]) -> list[str]:
    """Those of the words that are most like it, at most two; what other languages call them counts too."""
    meant = {name: each for name, each in _ELSEWHERE.items() if each in words} | {
        each: each for each in words
    }
    told = word.lower().replace(" ", "_")
    found = [told] if told in meant else get_close_matches(told, meant, n=2, cutoff=0.6)
    return list(dict.fromkeys(meant[each] for each in found))


def missing(kind: str, name: str, known: Collection[str], *, because: str = "") -> str:
    """Why a name leads nowhere: `because` of something that is known, else with those that it is most like."""
    return f"there is no {kind} {name!r}{because or perhaps(near(name, known))}"


def perhaps(words: Iterable[str]) -> str:
    """The end of a reason; empty where nothing is like it."""
    found = list(dict.fromkeys(words))
    return f"; did you mean {' or '.join(map(repr, found))}?" if found else ""
