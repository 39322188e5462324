"""JSON values for hypothesis, made from a schema: what fits it, and what was changed until it may not."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from hypothesis import strategies as st

from tests.support.json_schemas import resolved

_LONGEST = 40  # far below every limit in bytes, so that what fits the schema fits the limits

NUMBERS = st.integers(-(10**12), 10**12) | st.integers(-(10**6), 10**6).map(lambda number: number / 128)
TEXTS = st.text(max_size=_LONGEST)
# Where rules begin and end: blank and hidden characters, words for true, lengths, figures.
EDGES = st.sampled_from(
    [
        "",
        " ",
        "\t",
        "a\x00",
        "a\u202e",
        "true",
        "off",
        "Y",
        "2",
        0,
        1,
        1.0,
        2,
        -1,
        "x" * 100,
        "x" * 101,
        "x" * 513,
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | EDGES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def fitting(schema: Any, root: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema takes. Reads what our API's schemas are made of, and no more than that."""
    return st.one_of([_of_form(form, root) for form in _forms(schema, root)])


def _forms(schema: Mapping[str, Any], root: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same without references and combinations at its top: any of these."""
    rest = {name: part for name, part in schema.items() if name not in ("$ref", "allOf", "anyOf", "oneOf")}
    choices: list[list[dict[str, Any]]] = [[rest]]
    if "$ref" in schema:
        choices.append(_forms(resolved(schema["$ref"], root), root))
    choices += [_forms(part, root) for part in schema.get("allOf", ())]
    for word in ("anyOf", "oneOf"):
        if word in schema:
            choices.append([form for part in schema[word] for form in _forms(part, root)])
    return [_united(forms) for forms in product(*choices)]


def _united(forms: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for form in forms:
        properties = {**whole.get("properties", {}), **form.get("properties", {})}
        required = [*whole.get("required", ()), *form.get("required", ())]
        whole = {**whole, **form, "properties": properties, "required": required}
    return whole


def _of_form(form: Mapping[str, Any], root: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "const" in form:
        return st.just(form["const"])
    if "enum" in form:
        return st.sampled_from(form["enum"])
    match form.get("type"):
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "number":
            return NUMBERS
        case "integer":
            return st.integers(form.get("minimum", -1000), form.get("maximum", 1000))
        case "string":
            return _text(form)
        case "array":
            most = min(form.get("maxItems", 4), 4)
            return st.lists(fitting(form["items"], root), min_size=form.get("minItems", 0), max_size=most)
        case "object":
            return _object(form, root)
        case _:
            return ANYTHING


def _text(form: Mapping[str, Any]) -> st.SearchStrategy[str]:
    most = min(form.get("maxLength", _LONGEST), _LONGEST)
    if "pattern" in form:
        return (
            st.from_regex(form["pattern"], fullmatch=True)
            .map(lambda text: text[:most])
            .filter(lambda text: bool(text.strip()) or r"\s][" not in form["pattern"])
        )
    return st.text(min_size=form.get("minLength", 0), max_size=most)


def _later(schema: Any, root: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Made when it is first drawn from: most fields of most values are absent."""
    return st.deferred(lambda: fitting(schema, root))


def _object(form: Mapping[str, Any], root: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    known = {name: _later(part, root) for name, part in form["properties"].items()}
    required = {name: known[name] for name in form["required"]}
    optional = {name: part for name, part in known.items() if name not in required}
    named = st.fixed_dictionaries(required, optional=optional)
    additional = form.get("additionalProperties", True)
    if additional is False:
        return named
    others = ANYTHING if additional is True else fitting(additional, root)
    names = TEXTS.filter(lambda name: name not in known)
    return st.builds(lambda one, more: {**more, **one}, named, st.dictionaries(names, others, max_size=2))


@st.composite
def changed(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> Any:
    """A value in which one place was replaced, taken away or put somewhere else."""
    return _changed(draw, draw(values))


def _changed(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        name = draw(st.sampled_from(sorted(value)))
        if not draw(st.integers(0, 3)):
            return {key: inner for key, inner in value.items() if key != name}
        return {**value, name: _changed(draw, value[name])}
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        index = draw(st.integers(0, len(value) - 1))
        return [*value[:index], _changed(draw, value[index]), *value[index + 1 :]]
    return draw(ANYTHING)
