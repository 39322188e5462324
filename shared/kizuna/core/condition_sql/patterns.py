"""Questions about texts: pieces of them, and patterns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from sqlglot import exp

from kizuna.core.condition_sql.terms import NotInLake, Sql, all_true, any_true, compared, text, whole
from kizuna.core.condition_sql.values import Reading

_WORD = r"\p{L}\p{N}_"  # what Python's isalnum takes, and the underscore


def text_holds(op: str, read: Reading, wanted: Any) -> Sql:
    """`comparing._text_test` for one cell."""
    words = _constants(read, wanted)
    if words is None:
        return exp.false()
    subject = read.text("c")
    match op:
        case "contains" | "contains_any":
            return any_true([_contains(subject.copy(), word) for word in words])
        case "contains_all":
            return all_true([_contains(subject.copy(), word) for word in words])
        case "starts_with":
            return any_true([exp.StartsWith(this=subject.copy(), expression=text(word)) for word in words])
        case "ends_with":
            return any_true([_like(subject.copy(), "%" + _escaped(word)) for word in words])
        case "like":
            return any_true([_like(subject.copy(), word) for word in words])
        case "regex":
            return any_true([_fits(subject.copy(), word) for word in words])
        case _:
            raise NotInLake(f"the operator {op}")


def _constants(read: Reading, wanted: Any) -> list[str] | None:
    """The texts that a question looks for; None where one of them is none."""
    values: Sequence[Any] = wanted if isinstance(wanted, list) else [wanted]
    made = [read.constant(value, UTC) for value in values]
    return (
        [each for each in made if isinstance(each, str)]
        if all(isinstance(each, str) for each in made)
        else None
    )


def _contains(subject: Sql, piece: str) -> Sql:
    return compared("gt", exp.StrPosition(this=subject, substr=text(piece)), whole(0))


def _like(subject: Sql, pattern: str) -> Sql:
    return exp.Escape(this=exp.Like(this=subject, expression=text(pattern)), expression=text("\\"))


def _escaped(value: str) -> str:
    """A text in a LIKE pattern, meaning nothing but itself."""
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _fits(subject: Sql, pattern: str) -> Sql:
    """Our patterns are a part of what both engines take; `.` is any character, and the whole text has to fit."""
    return exp.RegexpLike(this=subject, expression=text(f"(?s)\\A(?:{portable(pattern)})\\z"))


def portable(pattern: str) -> str:
    """A pattern of `linear_patterns` in the words of RE2 and of Java: classes written out, signs escaped."""
    made: list[str] = []
    inside = False
    position = 0
    while position < len(pattern):
        sign = pattern[position]
        step = 1
        if sign == "\\":
            letter = pattern[position + 1 : position + 2]
            step = 2
            made.append(_escape(letter, inside))
        elif inside and sign == "]":
            inside = False
            made.append(sign)
        elif inside:
            made.append(sign if sign in "-^" else _character(sign))
        elif sign == "[":
            inside = True
            made.append(sign)
            if pattern[position + 1 : position + 2] == "^":
                made.append("^")
                step = 2
        else:
            made.append(sign if sign in ".?*+{}|0123456789," else _character(sign))
        position += step
    return "".join(made)


def _escape(letter: str, inside: bool) -> str:
    match letter:
        case "w":
            return _WORD if inside else f"[{_WORD}]"
        case "d":
            return "0-9" if inside else "[0-9]"
        case "s":
            return r" \t\n\r\f\x0b" if inside else r"[ \t\n\r\f\x0b]"
        case _:
            return _character(letter)


def _character(sign: str) -> str:
    return sign if sign.isascii() and sign.isalnum() else f"\\x{{{ord(sign):x}}}"
