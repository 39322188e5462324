"""Strict JSON, read item by item: what RFC 8259 leaves open is refused or repaired here, once.

The standard library reads the values; this module walks only the outermost object and its `batch`, because
the size and the depth of each event have to be judged alone: one bad event must not cost its neighbours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from kizuna.core.intake.causes import Cause
from kizuna.core.intake.limits import Limits

_SPACE = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_READABLE_DEPTH = 200  # beyond it nothing is kept of a body, so that no later step can overflow its stack

# What DynamoDB can store as a number: 38 digits, 1E-130 to 9.99E+125 in magnitude.
_MAX_DIGITS = 38
_MAX_FLOAT = 9.99e125
_MIN_FLOAT = 1e-130


class NotJson(ValueError):
    """A text that is not the JSON we accept. The message holds positions, never content."""


@dataclass(frozen=True, slots=True)
class Item:
    """One JSON value of a request, and the limit it breaks, if any.

    Lone surrogates are already replaced by U+FFFD: a text cut in the middle of an emoji is common and
    harmless, but no store would take it. Where the value is an identifier, U+FFFD is refused later. A number
    that no store would take stands there as its own text, beside the flaw that says so.
    """

    value: Any
    flaw: Cause | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A request's JSON object. `whole` has all its members, but for a `batch` that is a list."""

    whole: Item
    batch: tuple[Item, ...] | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The members of the outermost object."""
        fields: dict[str, Any] = self.whole.value
        return fields


def read_document(text: str, limits: Limits) -> Document:
    """Read a JSON object. Raises NotJson: syntax, a key twice, NaN or Infinity, nesting beyond any use."""
    try:
        return _Reader(text, limits).document()
    except json.JSONDecodeError as problem:
        raise NotJson(f"{problem.msg} at character {problem.pos}") from None
    except RecursionError:
        raise NotJson("nested too deeply") from None


def read_item(text: str, limits: Limits) -> Item:
    """Read one JSON value of any kind, by the same rules."""
    try:
        return _Reader(text, limits).only_item()
    except json.JSONDecodeError as problem:
        raise NotJson(f"{problem.msg} at character {problem.pos}") from None
    except RecursionError:
        raise NotJson("nested too deeply") from None


class _Reader:
    """One pass over one text."""

    def __init__(self, text: str, limits: Limits) -> None:
        self._text = text
        self._limits = limits
        self._odd_numbers = 0
        # A single character is found ten times faster than three, and most texts hold no backslash.
        self._may_hold_surrogates = "\\" in text and ("\\ud" in text or "\\uD" in text)
        self._decoder = json.JSONDecoder(
            object_pairs_hook=_object,
            parse_float=self._float,
            parse_int=self._int,
            parse_constant=_refuse_constant,
        )

    def document(self) -> Document:
        start = self._skip_space(0)
        if self._text[start : start + 1] != "{":
            raise NotJson("the body must be a JSON object")
        fields: dict[str, Any] = {}
        batch: tuple[Item, ...] | None = None
        odd_numbers = 0

        def member(position: int) -> int:
            nonlocal batch, odd_numbers
            key, position = self._key(position)
            if key in fields or (key == "batch" and batch is not None):
                raise NotJson("an object holds a key twice")
            if key == "batch" and self._text[position : position + 1] == "[":
                batch, position = self._items(position)
                return position
            before = self._odd_numbers
            fields[key], position = self._decoder.raw_decode(self._text, position)
            odd_numbers += self._odd_numbers - before
            return position

        end = self._sequence(start, "}", member)
        self._expect_end(end)
        # A batch is judged item by item; what stands beside it has no size limit but the body's.
        outside = (start, end) if batch is None else None
        return Document(self._item(fields, outside, has_odd_number=odd_numbers > 0), batch)

    def only_item(self) -> Item:
        start = self._skip_space(0)
        value, end = self._decoder.raw_decode(self._text, start)
        self._expect_end(end)
        return self._item(value, (start, end), has_odd_number=self._odd_numbers > 0)

    def _items(self, start: int) -> tuple[tuple[Item, ...], int]:
        items: list[Item] = []

        def element(position: int) -> int:
            before = self._odd_numbers
            value, end = self._decoder.raw_decode(self._text, position)
            items.append(self._item(value, (position, end), has_odd_number=self._odd_numbers > before))
            return end

        end = self._sequence(start, "]", element)
        return tuple(items), end

    def _sequence(self, start: int, closing: str, part: Callable[[int], int]) -> int:
        """Walk `[…, …]` or `{…, …}` from its opening; `part` reads one and returns where it ended."""
        text = self._text
        position = self._skip_space(start + 1)
        if text[position : position + 1] == closing:
            return position + 1
        while True:
            position = self._skip_space(part(position))
            sign = text[position : position + 1]
            if sign == closing:
                return position + 1
            if sign != ",":
                raise json.JSONDecodeError("Expecting ',' delimiter", text, position)
            position = self._skip_space(position + 1)

    def _key(self, position: int) -> tuple[str, int]:
        if self._text[position : position + 1] != '"':
            raise json.JSONDecodeError("Expecting property name", self._text, position)
        key, position = self._decoder.raw_decode(self._text, position)
        position = self._skip_space(position)
        if self._text[position : position + 1] != ":":
            raise json.JSONDecodeError("Expecting ':' delimiter", self._text, position)
        return key, self._skip_space(position + 1)

    def _skip_space(self, position: int) -> int:
        text = self._text
        if position < len(text) and text[position] not in " \t\n\r":
            return position
        found = _SPACE.match(text, position)
        return found.end() if found else position

    def _expect_end(self, position: int) -> None:
        if self._skip_space(position) != len(self._text):
            raise json.JSONDecodeError("Extra data", self._text, position)

    def _item(self, value: Any, span: tuple[int, int] | None, *, has_odd_number: bool) -> Item:
        limits = self._limits
        start, end = span or (0, len(self._text))
        deep = self._is_deeper(value, start, end)
        if self._may_hold_surrogates and not deep:
            value = _mend(value)
        if span and (end - start) * 4 > limits.event_bytes:
            size = len(self._text[start:end].encode())
            if size > limits.event_bytes:
                return Item(value, Cause.EVENT_TOO_LARGE)
        if deep:
            return Item(value, Cause.EVENT_TOO_DEEP)
        return Item(value, Cause.NUMBER_OUT_OF_RANGE if has_odd_number else None)

    def _is_deeper(self, value: Any, start: int, end: int) -> bool:
        openings = self._text.count("{", start, end) + self._text.count("[", start, end)
        if openings <= self._limits.depth:
            return False
        depth = _depth(value)
        if depth > _MAX_READABLE_DEPTH:
            raise NotJson("nested too deeply")
        return depth > self._limits.depth

    def _float(self, text: str) -> float | str:
        value = float(text)
        if -_MAX_FLOAT <= value <= _MAX_FLOAT and (value == 0 or not -_MIN_FLOAT < value < _MIN_FLOAT):
            return value
        self._odd_numbers += 1
        return text

    def _int(self, text: str) -> int | str:
        if len(text) <= _MAX_DIGITS:
            return int(text)
        self._odd_numbers += 1
        return text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise NotJson("an object holds a key twice")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is not a JSON number")


def _depth(value: Any) -> int:
    """Levels of objects and lists; 0 for a plain value. Without recursion, for the input is not trusted."""
    depth = 0
    level = [value]
    while level := [part for part in level if isinstance(part, dict | list)]:
        depth += 1
        level = [inner for part in level for inner in (part.values() if isinstance(part, dict) else part)]
    return depth


def _mend(value: Any) -> Any:
    match value:
        case str():
            return _SURROGATE.sub("\ufffd", value)
        case dict():
            return {_mend(key): _mend(inner) for key, inner in value.items()}
        case list():
            return [_mend(inner) for inner in value]
        case _:
            return value
