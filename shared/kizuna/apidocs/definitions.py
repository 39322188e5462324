"""JSON Schemas of what a workspace defines, in the forms in which people write it.

They take everything that `kizuna plan` takes, and refuse what its shape rules out. What a schema cannot say (a
segment that does not exist, a value that does not fit its operator) is left to `kizuna plan`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kizuna.apidocs.json_schemas import JsonSchema, json_schemas, rewritten
from kizuna.core.catalog import KINDS, MODELS, Kind

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFS = "#/$defs/"

# A group of conditions and the short form people write it in: `{all: […]}`.
_GROUPS = {"All": "all", "AnyOf": "any", "NoneOf": "none", "Xor": "xor"}
_LEAVES = ("TraitIs", "EventDid", "InSegment", "Reachable", "RandomBucket", "Everyone")

_LOCAL_TIMES: JsonSchema = {
    "type": "array",
    "description": "Local times of one day between which the channel is open, such as [08:00, 21:00].",
    "items": {"type": "string", "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"},
    "minItems": 2,
    "maxItems": 2,
}


def definition_schemas() -> dict[Kind, JsonSchema]:
    """The schema of each kind of definition."""
    return {kind: _schema(kind) for kind in KINDS}


def _schema(kind: Kind) -> JsonSchema:
    model = MODELS[kind]
    found = with_conditions(json_schemas({model.__name__: model}, refs=_REFS), refs=_REFS)
    if kind == "policy":
        found["Window"] = _LOCAL_TIMES
    if kind == "template":
        found["Template"] = _by_channel(found["Template"])
    whole = found.pop(model.__name__)
    used = _reachable(whole, found)
    return {
        "$schema": DIALECT,
        "title": kind,
        **whole,
        **({"$defs": {name: found[name] for name in sorted(used)}} if used else {}),
    }


def with_conditions(
    schemas: Mapping[str, JsonSchema], *, refs: str, short_forms: bool = True
) -> dict[str, JsonSchema]:
    """The same with one `Condition` that all point to, in the short forms of files as well if they are taken."""

    def change(node: JsonSchema) -> JsonSchema:
        mapping = node.get("discriminator", {}).get("mapping", {}) if "oneOf" in node else {}
        if "at_least" not in mapping:
            return node
        rest = {key: value for key, value in node.items() if key not in ("oneOf", "discriminator")}
        return {"$ref": refs + "Condition", **rest}

    if "All" not in schemas:
        return dict(schemas)
    changed: dict[str, JsonSchema] = rewritten(dict(schemas), change)
    changed["Condition"] = {
        "description": "A question about a person.",
        "anyOf": [{"$ref": refs + name} for name in (*_GROUPS, "AtLeast", *_LEAVES)],
    }
    if short_forms:
        for name, word in _GROUPS.items():
            changed[name] = _either_form(changed[name], word)
        for name in _LEAVES:
            changed[name] = _type_optional(changed[name], needs="everyone" if name == "Everyone" else "")
    return changed


def _either_form(group: JsonSchema, word: str) -> JsonSchema:
    parts = group["properties"]["of"]
    short = {
        "type": "object",
        "properties": {word: parts},
        "required": [word],
        "additionalProperties": False,
    }
    return {"anyOf": [short, group]}


def _type_optional(leaf: JsonSchema, *, needs: str) -> JsonSchema:
    """A leaf is known by its own word, so it needs no `type` as well."""
    required = [name for name in leaf.get("required", ()) if name != "type"]
    if needs:
        return {
            **{key: value for key, value in leaf.items() if key != "required"},
            "anyOf": [{"required": ["type"]}, {"required": [needs]}],
        }
    return {**leaf, "required": required}


def _by_channel(template: JsonSchema) -> JsonSchema:
    """The parts of a message follow from its channel; pydantic is told so by a validator that says it better."""
    parts = {"email": "EmailContent", "sms": "SmsContent", "push": "PushContent"}
    languages = template["properties"]["languages"]
    open_languages = {key: value for key, value in languages.items() if key != "patternProperties"}
    (pattern,) = languages["patternProperties"]
    open_languages["patternProperties"] = {pattern: {"type": "object"}}
    rules: list[Any] = [
        {
            "if": {"properties": {"channel": {"const": channel}}},
            "then": {
                "properties": {"languages": {"patternProperties": {pattern: {"$ref": _REFS + content}}}}
            },
        }
        for channel, content in parts.items()
    ]
    return {
        **template,
        "properties": {**template["properties"], "languages": open_languages},
        "allOf": rules,
    }


def _reachable(schema: Any, schemas: Mapping[str, JsonSchema]) -> set[str]:
    """The definitions that a schema leads to."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            target = node.get("$ref", "")
            name = target.removeprefix(_REFS) if isinstance(target, str) else ""
            if name in schemas and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting += list(node.values())
        elif isinstance(node, list):
            waiting += node
    return found
