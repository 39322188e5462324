"""JSON Schema (2020-12) of pydantic types: exactly what is taken, not only what is meant.

pydantic's own schema leaves out what plain validators and lax conversion do, and has defaults in the form of the
object instead of the text that an author writes. Here both are put right, once for all that is published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from kizuna.core.intake import limits, shapes

JsonSchema = dict[str, Any]
Mode = Literal["validation", "serialization"]

_UNFIT = r"\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFFFD"
_FIT = f"^[^{_UNFIT}]*$"
_FIT_NOT_BLANK = rf"^[^{_UNFIT}]*[^{_UNFIT}\s][^{_UNFIT}]*$"
_BLANK: JsonSchema = {"type": "string", "pattern": r"^\s*$", "description": "Blank: the same as absent."}
_NO_HIDDEN = "without control or invisible direction characters"


def _text(most: int, pattern: str) -> JsonSchema:
    return {"type": "string", "maxLength": most, "pattern": pattern}


# What our own validators take, by name. Published under these names, because they are rules of the API.
NAMED: Mapping[str, JsonSchema] = {
    "Identifier": {
        "description": f"An id as text, at most {limits.MAX_IDENTIFIER_LENGTH} bytes in UTF-8, {_NO_HIDDEN}; or "
        "a number, which becomes its text without exponent. Blank and null are the same as absent.",
        "anyOf": [
            _text(limits.MAX_IDENTIFIER_LENGTH, _FIT),
            _BLANK,
            {"type": "number"},
            {"type": "null"},
        ],
    },
    "RequiredIdentifier": {
        "description": f"An id as text, at most {limits.MAX_IDENTIFIER_LENGTH} bytes in UTF-8, {_NO_HIDDEN}, and "
        "not blank; or a number, which becomes its text without exponent.",
        "anyOf": [_text(limits.MAX_IDENTIFIER_LENGTH, _FIT_NOT_BLANK), {"type": "number"}],
    },
    "MessageId": {
        "description": "The sender's own id of the event. The same id from the same source counts once in 48 "
        f"hours, so a retry is harmless. At most {limits.MAX_MESSAGE_ID_LENGTH} characters. Blank, null and "
        "absent: derived from the event's content.",
        "anyOf": [
            _text(limits.MAX_MESSAGE_ID_LENGTH, _FIT),
            _BLANK,
            {"type": "number"},
            {"type": "null"},
        ],
    },
    "Flag": {
        "description": "true or false; the words and figures that SDKs write for them are read too.",
        "anyOf": [
            {"type": "boolean"},
            {"enum": [0, 1]},
            {
                "type": "string",
                "pattern": "^([01]|[Yy]([Ee][Ss])?|[Nn][Oo]?|[Oo][Nn]|[Oo][Ff][Ff]"
                "|[Tt]([Rr][Uu][Ee])?|[Ff]([Aa][Ll][Ss][Ee])?)$",
            },
        ],
    },
}
_BY_VALIDATOR: Mapping[Callable[..., Any], str] = {
    shapes.read_identifier: "Identifier",
    shapes.read_required_identifier: "RequiredIdentifier",
    shapes.read_message_id: "MessageId",
}
_MARK = "x-named"


class _Exact(GenerateJsonSchema):
    """Marks what `NAMED` says better, and writes defaults as an author would."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False  # a title made of the field's name says nothing that the name does not

    def field_is_required(self, field: Any, total: bool) -> bool:
        """What we write ourselves is always whole."""
        return self.mode == "serialization" or super().field_is_required(field, total)

    def function_plain_schema(self, schema: core_schema.PlainValidatorFunctionSchema) -> JsonSchema:
        name = _BY_VALIDATOR.get(schema["function"]["function"])
        return {_MARK: name} if name else super().function_plain_schema(schema)

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchema:
        found = super().model_schema(schema)
        _write_defaults(found, schema["cls"])
        return found


class _ExactAndLax(_Exact):
    """Of what comes over the wire: pydantic reads more than true and false as a flag there."""

    def bool_schema(self, schema: core_schema.BoolSchema) -> JsonSchema:
        return {_MARK: "Flag"}


def json_schemas(
    types: Mapping[str, Any], *, refs: str, mode: Mode = "validation", lax: bool = False
) -> dict[str, JsonSchema]:
    """The schemas of some types and of all they consist of, by name. `refs` is where they will lie (`#/$defs/`).

    `lax` is for shapes that read a flag in other words, too. What is named in `NAMED` and used is among them.
    """
    adapters = [(name, mode, TypeAdapter(kind)) for name, kind in types.items()]
    roots, rest = TypeAdapter.json_schemas(
        adapters,
        ref_template=refs + "{model}",
        schema_generator=_ExactAndLax if lax else _Exact,
    )
    found: dict[str, JsonSchema] = dict(rest.get("$defs", {}))
    for (name, _), schema in roots.items():
        if schema != {"$ref": refs + name}:
            found[name] = schema
    used = {node[_MARK] for schema in found.values() for node in nodes(schema) if _MARK in node}
    named = {name: NAMED[name] for name in used}
    tags = _tags(found, refs)
    return {
        name: _tidy(schema, name, tags.get(name), refs, mode=mode)
        for name, schema in sorted({**found, **named}.items())
    }


def nodes(schema: Any) -> Iterator[JsonSchema]:
    """Every object within a schema, itself included."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from nodes(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from nodes(value)


def rewritten(schema: Any, change: Callable[[JsonSchema], JsonSchema]) -> Any:
    """The schema with `change` applied to every object in it, innermost first."""
    if isinstance(schema, dict):
        return change({key: rewritten(value, change) for key, value in schema.items()})
    if isinstance(schema, list):
        return [rewritten(value, change) for value in schema]
    return schema


def without_null(schema: JsonSchema) -> JsonSchema:
    """The schema of a field that is left out rather than null."""
    kept = {key: value for key, value in schema.items() if key not in ("default", "anyOf")}
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    return (
        {**kept, **options[0]} if len(options) == 1 else {**kept, **({"anyOf": options} if options else {})}
    )


def _write_defaults(schema: JsonSchema, model: type[BaseModel]) -> None:
    """Defaults as they would stand in a file. One that is a whole object is left out: its parts have theirs."""
    for name, field in model.model_fields.items():
        shown = schema.get("properties", {}).get(field.alias or name, {})
        if "default" not in shown:
            continue
        if isinstance(field.default, BaseModel) or field.default is None:
            del shown["default"]
            continue
        written = model.model_construct(**{name: field.default}).model_dump(mode="json", include={name})[name]
        shown["default"] = sorted(written) if isinstance(field.default, frozenset) else written


def _tidy(schema: JsonSchema, name: str, tag: str | None, refs: str, *, mode: Mode) -> JsonSchema:
    """`tag` is the property that tells it from the other members of its union."""

    def change(node: JsonSchema) -> JsonSchema:
        if _MARK in node:
            return {"$ref": refs + node.pop(_MARK), **node}
        if node.get("title") == name:
            del node["title"]
        if "patternProperties" in node and mode == "validation":
            node.setdefault("additionalProperties", False)
        return node

    changed: JsonSchema = rewritten(schema, change)
    if tag is not None:
        changed["properties"][tag].pop("default", None)
        changed["required"] = sorted(
            {tag, *changed.get("required", ())}, key=list(changed["properties"]).index
        )
    return changed


def _tags(schemas: Mapping[str, JsonSchema], refs: str) -> dict[str, str]:
    """The members of tagged unions with the property that tells them apart: it has a default, and is needed."""
    found = {}
    for schema in schemas.values():
        for node in nodes(schema):
            union = node.get("discriminator")
            if isinstance(union, dict):
                targets: Sequence[str] = list(union["mapping"].values())
                found.update({target.removeprefix(refs): union["propertyName"] for target in targets})
    return found
