"""Schemas as people read them: a line for a type, a table for an object."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from kizuna.apidocs.event_schemas import REFS

_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_ITALIC = re.compile(r"(?<!\*)\*([^*\n]+?)\*(?!\*)")
_CODE = re.compile(r"`([^`]+)`")


def inline(text: str) -> str:
    """A sentence as HTML: `code`, **strong** and *emphasis* are all the markup there is."""
    parts = _CODE.split(text)
    return "".join(
        f"<code>{escape(part)}</code>" if index % 2 else _emphasised(escape(part))
        for index, part in enumerate(parts)
    )


def _emphasised(text: str) -> str:
    return _ITALIC.sub(r"<em>\1</em>", _BOLD.sub(r"<strong>\1</strong>", text))


def paragraphs(text: str) -> str:
    """Paragraphs as HTML; a blank line parts them."""
    return "".join(f"<p>{inline(part)}</p>" for part in re.split(r"\n\s*\n", text.strip()) if part)


def type_of(schema: Mapping[str, Any]) -> str:
    """A type in a few words, as HTML."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REFS)
        return f'<a href="#shape-{escape(name)}">{escape(name)}</a>'
    if "const" in schema:
        return _value(schema["const"])
    if "enum" in schema:
        return " or ".join(_value(value) for value in schema["enum"])
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " or ".join(dict.fromkeys(type_of(part) for part in schema[word]))
    if "allOf" in schema:
        return type_of(schema["allOf"][0])
    match schema.get("type"):
        case "array":
            return f"list of {type_of(schema['items'])}" if "items" in schema else "list"
        case "object":
            inner = schema.get("additionalProperties")
            return f"object of {type_of(inner)}" if isinstance(inner, dict) and inner else "object"
        case "string":
            return "instant" if schema.get("format") == "date-time" else f"text{_limits(schema)}"
        case str(name):
            return f"{escape(name)}{_limits(schema)}"
        case _:
            return "anything"


def _value(value: Any) -> str:
    return f"<code>{escape(json.dumps(value, ensure_ascii=False))}</code>"


def _limits(schema: Mapping[str, Any]) -> str:
    least = schema.get("minLength", schema.get("minimum"))
    most = schema.get("maxLength", schema.get("maximum"))
    if least is None and most is None:
        return ""
    if most is None:
        return f", at least {least}"
    return f", at most {most}" if least is None else f", {least} to {most}"


def fields(schema: Mapping[str, Any]) -> str:
    """The fields of an object as a table, or nothing if it has none of its own."""
    rows = ""
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        need = ' <span class="need">required</span>' if name in required else ""
        notes = [inline(part["description"])] if "description" in part else []
        if "default" in part:
            notes.append(f"<span class=soft>Unless told: {_value(part['default'])}.</span>")
        rows += (
            f"<tr><th><code>{escape(name)}</code>{need}</th><td>{type_of(part)}</td>"
            f"<td>{' '.join(notes)}</td></tr>"
        )
    return f"<div class=wide><table>{rows}</table></div>" if rows else ""


def shape(name: str, schema: Mapping[str, Any]) -> str:
    """One component with an anchor of its own."""
    described = paragraphs(schema["description"]) if "description" in schema else ""
    own = fields(schema) if schema.get("type") == "object" else f"<p>{type_of(schema)}</p>"
    variants = ""
    if "oneOf" in schema and schema.get("type") == "object":
        variants = "<p>With the fields of " + ", ".join(_variant(part) for part in schema["oneOf"]) + ".</p>"
    return (
        f'<section class="shape" id="shape-{escape(name)}"><h3>{escape(name)}</h3>{described}{own}{variants}'
        "</section>"
    )


def _variant(part: Mapping[str, Any]) -> str:
    told = " ".join(_value(inner["const"]) for inner in part["properties"].values())
    return f"{type_of(part['allOf'][0])} for {told}"
