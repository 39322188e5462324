"""A small JSON Schema (2020-12) checker: the keywords that our own schemas use, and an error for every other.

A checker that skips what it does not know would let a schema promise what nobody looks at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

_NOTES = {
    "$schema", "$defs", "$comment", "title", "description", "default", "examples", "deprecated", "discriminator",
}  # fmt: skip
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool))
        or (isinstance(value, float) and value.is_integer())
    ),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
}


def problems(value: Any, schema: Any, root: Mapping[str, Any]) -> list[str]:
    """What is wrong with a value, each as `place: reason`; empty if it is valid. `$ref`s point into `root`."""
    return list(_problems(value, schema, root, "$"))


def is_valid(value: Any, schema: Any, root: Mapping[str, Any]) -> bool:
    return next(_problems(value, schema, root, "$"), None) is None


def resolved(reference: str, root: Mapping[str, Any]) -> Any:
    """What a reference such as `#/components/schemas/Track` points to."""
    assert reference.startswith("#/"), f"not a local reference: {reference}"
    found: Any = root
    for part in reference[2:].split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def unknown_keywords(schema: Any) -> set[str]:
    """Keywords anywhere in a schema that neither this checker nor a reader of notes would understand."""
    if isinstance(schema, bool):
        return set()
    found = {
        name for name in schema if name not in _CHECKS and name not in _NOTES and name not in ("then", "else")
    }
    for name in ("items", "additionalProperties", "propertyNames", "if", "then", "else"):
        found |= unknown_keywords(schema.get(name, True))
    for name in ("allOf", "anyOf", "oneOf", "prefixItems"):
        for part in schema.get(name, ()):
            found |= unknown_keywords(part)
    for name in ("properties", "patternProperties", "$defs"):
        for part in schema.get(name, {}).values():
            found |= unknown_keywords(part)
    return found


def _problems(value: Any, schema: Any, root: Mapping[str, Any], at: str) -> Iterator[str]:
    if schema is True or schema == {}:
        return
    if schema is False:
        yield f"{at}: nothing is allowed here"
        return
    for keyword, argument in schema.items():
        if keyword in _NOTES or keyword in ("then", "else"):
            continue
        check = _CHECKS.get(keyword)
        assert check is not None, f"the checker does not know {keyword!r}"
        yield from check(value, argument, schema, root, at)


_Check = Callable[[Any, Any, Mapping[str, Any], Mapping[str, Any], str], Iterator[str]]


def _ref(value: Any, target: str, schema: Any, root: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from _problems(value, resolved(target, root), root, at)


def _type(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    names = wanted if isinstance(wanted, list) else [wanted]
    if not any(_TYPES[name](value) for name in names):
        yield f"{at}: is no {' or '.join(names)}"


def _same(one: Any, other: Any) -> bool:
    """Equality of JSON values: true is not 1, 1.0 is."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _enum(value: Any, options: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if not any(_same(value, option) for option in options):
        yield f"{at}: is none of {options}"


def _const(value: Any, only: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if not _same(value, only):
        yield f"{at}: is not {only!r}"


def _all_of(value: Any, parts: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    for part in parts:
        yield from _problems(value, part, root, at)


def _any_of(value: Any, parts: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if not any(is_valid(value, part, root) for part in parts):
        yield f"{at}: fits none of {len(parts)} forms"


def _one_of(value: Any, parts: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    fitting = sum(is_valid(value, part, root) for part in parts)
    if fitting != 1:
        yield f"{at}: fits {fitting} of {len(parts)} forms, not one"


def _if(value: Any, condition: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    branch = "then" if is_valid(value, condition, root) else "else"
    if branch in schema:
        yield from _problems(value, schema[branch], root, at)


def _min_length(value: Any, least: int, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, str) and len(value) < least:
        yield f"{at}: is shorter than {least}"


def _max_length(value: Any, most: int, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, str) and len(value) > most:
        yield f"{at}: is longer than {most}"


def _pattern(value: Any, pattern: str, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, str) and not matches(pattern, value):
        yield f"{at}: does not match {pattern}"


def matches(pattern: str, text: str) -> bool:
    """As ECMA-262 reads it: `$` is the end of the text, and not the place before a last line feed."""
    return re.search(re.sub(r"(?<!\\)\$", r"\\Z", pattern), text) is not None


def _format(value: Any, name: str, schema: Any, root: Any, at: str) -> Iterator[str]:
    assert name in ("date", "date-time"), f"the checker does not know the format {name!r}"
    if not isinstance(value, str):
        return
    if name == "date":
        try:
            date.fromisoformat(value)
        except ValueError:
            yield f"{at}: is no date"
        return
    try:
        aware = datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        yield f"{at}: is no date-time"


def _minimum(value: Any, least: float, schema: Any, root: Any, at: str) -> Iterator[str]:
    if _TYPES["number"](value) and value < least:
        yield f"{at}: is less than {least}"


def _exclusive_minimum(value: Any, bound: float, schema: Any, root: Any, at: str) -> Iterator[str]:
    if _TYPES["number"](value) and value <= bound:
        yield f"{at}: is not more than {bound}"


def _maximum(value: Any, most: float, schema: Any, root: Any, at: str) -> Iterator[str]:
    if _TYPES["number"](value) and value > most:
        yield f"{at}: is more than {most}"


def _exclusive_maximum(value: Any, bound: float, schema: Any, root: Any, at: str) -> Iterator[str]:
    if _TYPES["number"](value) and value >= bound:
        yield f"{at}: is not less than {bound}"


def _items(value: Any, inner: Any, schema: Mapping[str, Any], root: Any, at: str) -> Iterator[str]:
    if isinstance(value, list):
        first = len(schema.get("prefixItems", ()))
        for index, item in enumerate(value[first:], first):
            yield from _problems(item, inner, root, f"{at}[{index}]")


def _prefix_items(value: Any, inner: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, (item, part) in enumerate(zip(value, inner, strict=False)):
            yield from _problems(item, part, root, f"{at}[{index}]")


def _min_items(value: Any, least: int, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, list) and len(value) < least:
        yield f"{at}: has fewer than {least} items"


def _max_items(value: Any, most: int, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, list) and len(value) > most:
        yield f"{at}: has more than {most} items"


def _unique_items(value: Any, wanted: bool, schema: Any, root: Any, at: str) -> Iterator[str]:
    if wanted and isinstance(value, list):
        pairs = ((i, j) for i in range(len(value)) for j in range(i))
        if any(_same(value[i], value[j]) for i, j in pairs):
            yield f"{at}: has an item twice"


def _required(value: Any, names: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"{at}: lacks {name}" for name in names if name not in value)


def _properties(value: Any, inner: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in inner.items():
            if name in value:
                yield from _problems(value[name], part, root, f"{at}.{name}")


def _pattern_properties(value: Any, inner: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        for pattern, part in inner.items():
            for name in value:
                if matches(pattern, name):
                    yield from _problems(value[name], part, root, f"{at}.{name}")


def _additional(value: Any, inner: Any, schema: Mapping[str, Any], root: Any, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        patterns = schema.get("patternProperties", ())
        for name in value.keys() - schema.get("properties", {}).keys():
            if not any(matches(pattern, name) for pattern in patterns):
                yield from _problems(value[name], inner, root, f"{at}.{name}")


def _property_names(value: Any, inner: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name in value:
            yield from _problems(name, inner, root, f"{at}.{name} (name)")


def _min_properties(value: Any, least: int, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, dict) and len(value) < least:
        yield f"{at}: has fewer than {least} members"


def _max_properties(value: Any, most: int, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, dict) and len(value) > most:
        yield f"{at}: has more than {most} members"


_CHECKS: Mapping[str, _Check] = {
    "$ref": _ref,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "if": _if,
    "minLength": _min_length,
    "maxLength": _max_length,
    "pattern": _pattern,
    "format": _format,
    "minimum": _minimum,
    "exclusiveMinimum": _exclusive_minimum,
    "maximum": _maximum,
    "exclusiveMaximum": _exclusive_maximum,
    "items": _items,
    "prefixItems": _prefix_items,
    "minItems": _min_items,
    "maxItems": _max_items,
    "uniqueItems": _unique_items,
    "required": _required,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional,
    "propertyNames": _property_names,
    "minProperties": _min_properties,
    "maxProperties": _max_properties,
}
