"""JSON Schemas of what a workspace defines, in the forms in which people write it.

They take everything that `kizuna plan` takes, and refuse what its shape rules out. What a schema cannot say (a
segment that does not exist, a value that does not fit its operator) is left to `kizuna plan`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from kizuna.apidocs.json_schemas import JsonSchema, json_schemas, rewritten
from kizuna.core.catalog import KINDS, MODELS, Kind
from kizuna.core.conditions import Condition
from kizuna.core.conditions.properties import Where

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFS = "#/$defs/"


@dataclass(frozen=True, slots=True)
class _Tree:
    """A union of groups and questions. `groups` are known by the short forms that people write: `{all: […]}`."""

    name: str
    description: str
    known_by: str  # a type that no other union has
    groups: Mapping[str, str]  # by model, the word of the short form
    at_least: str
    leaves: tuple[str, ...]

    @property
    def members(self) -> tuple[str, ...]:
        return (*self.groups, self.at_least, *self.leaves)


def _leaves(union: Any, groups: Collection[str]) -> tuple[str, ...]:
    """The models of a discriminated union that are no groups, in its order."""
    while get_origin(union) is Annotated:
        union = get_args(union)[0]
    return tuple(model.__name__ for model in get_args(union) if model.__name__ not in groups)


_GROUPS = {"All": "all", "AnyOf": "any", "NoneOf": "none", "Xor": "xor", "Score": "score"}
_WHERE_GROUPS = {"WhereAll": "all", "WhereAny": "any", "WhereNone": "none", "WhereXor": "xor"}
_TREES = (
    _Tree(
        "Condition", "A question about a person.", "everyone", _GROUPS, "AtLeast",
        _leaves(Condition, {*_GROUPS, "AtLeast"}),
    ),
    _Tree(
        "Where", "A question about an event, or about an object in a list.", "property", _WHERE_GROUPS,
        "WhereAtLeast", _leaves(Where, {*_WHERE_GROUPS, "WhereAtLeast"}),
    ),
)  # fmt: skip

_LOCAL_TIMES: JsonSchema = {
    "type": "array",
    "description": "Local times of one day between which the channel is open, such as [08:00, 21:00].",
    "items": {"type": "string", "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"},
    "minItems": 2,
    "maxItems": 2,
}


_HOLDOUTS = {"ExperimentsHoldout", "SharedHoldout", "GlobalHoldout"}


def definition_schemas() -> dict[Kind, JsonSchema]:
    """The schema of each kind of definition."""
    return {kind: _schema(kind) for kind in KINDS}


def _schema(kind: Kind) -> JsonSchema:
    model = MODELS[kind]
    named = in_short(json_schemas({model.__name__: model}, refs=_REFS), refs=_REFS)
    found = with_conditions(named, refs=_REFS)
    if kind == "policy":
        found["Window"] = _LOCAL_TIMES
    if kind == "template":
        found["Template"] = _by_channel(found["Template"])
        found["EmailContent"] = _as_written(found["EmailContent"])
    for name in _HOLDOUTS & found.keys():  # `holdout: 10`
        found[name] = {"anyOf": [found[name], found[name]["properties"]["percent"]]}
    if kind == "journey":  # how people enter is known by its own word: {segment: …}
        ways = [name for name in found if name.startswith("EnterBy")]
        found |= {
            name: _type_optional(found[name], needs="api" if name == "EnterByApi" else "") for name in ways
        }
    whole = found.pop(model.__name__)
    used = _reachable(whole, found)
    return {
        "$schema": DIALECT,
        "title": kind,
        **whole,
        **({"$defs": {name: found[name] for name in sorted(used)}} if used else {}),
    }


def in_short(schemas: Mapping[str, JsonSchema], *, refs: str) -> dict[str, JsonSchema]:
    """Of two models of one name pydantic tells the module: a question keeps the name, and any other is called by its
    package as well, such as `ExperimentsHoldout`."""
    short: dict[str, str] = {}
    for name in schemas:
        _, _, *packages, model = name.split("__") if name.startswith("kizuna__") else ("", "", name)
        of_questions = not packages or packages[0] == "conditions"
        short[name] = model if of_questions else f"{packages[0].title().replace('_', '')}{model}"

    def change(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: change(value) for key, value in node.items()}
        if isinstance(node, list):
            return [change(value) for value in node]
        name = node.removeprefix(refs) if isinstance(node, str) and node.startswith(refs) else ""
        return refs + short[name] if name in short else node

    return {short[name]: change(schema) for name, schema in schemas.items()}


def with_conditions(
    schemas: Mapping[str, JsonSchema], *, refs: str, short_forms: bool = True
) -> dict[str, JsonSchema]:
    """The same with one `Condition` and one `Where` that all point to, in the `short_forms` of files too if asked."""

    def change(node: JsonSchema) -> JsonSchema:
        mapping = node.get("discriminator", {}).get("mapping", {}) if "oneOf" in node else {}
        tree = next((tree for tree in _TREES if tree.known_by in mapping), None)
        if tree is None:
            return node
        rest = {key: value for key, value in node.items() if key not in ("oneOf", "discriminator")}
        return {"$ref": refs + tree.name, **rest}

    changed: dict[str, JsonSchema] = rewritten(dict(schemas), change)
    for tree in _TREES:
        if tree.members[0] in schemas:
            _enter(tree, changed, refs=refs, short_forms=short_forms)
    return changed


def _enter(tree: _Tree, schemas: dict[str, JsonSchema], *, refs: str, short_forms: bool) -> None:
    itself = {"$ref": refs + tree.name}
    members: list[JsonSchema] = [{"$ref": refs + name} for name in tree.members if name in schemas]
    if short_forms:
        for name, word in tree.groups.items():
            schemas[name] = _either_form(schemas[name], word)
        schemas[tree.at_least] = _by_number(schemas[tree.at_least])
        for name in tree.leaves:
            schemas[name] = _type_optional(schemas[name], needs="everyone" if name == "Everyone" else "")
        members.append(_only({"not": itself}, required=["not"]))
        if tree.name == "Where":
            members.append({"type": "array", "items": itself})
    schemas[tree.name] = {"description": tree.description, "anyOf": members}


def _only(properties: JsonSchema, *, required: list[str]) -> JsonSchema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _either_form(group: JsonSchema, word: str) -> JsonSchema:
    """`{all: […]}` beside `{type: all, of: […]}`, with what else the group takes."""
    rest = {key: value for key, value in group["properties"].items() if key not in ("type", "of")}
    needed = [word, *(key for key in group.get("required", ()) if key in rest)]
    return {"anyOf": [_only({word: group["properties"]["of"], **rest}, required=needed), group]}


def _by_number(at_least: JsonSchema) -> JsonSchema:
    """`{at_least: 2, of: […]}` beside `{type: at_least, n: 2, of: […]}`."""
    parts = at_least["properties"]
    short = _only({"at_least": parts["n"], "of": parts["of"]}, required=["at_least", "of"])
    return {"anyOf": [short, at_least]}


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
    parts = {
        "email": "EmailContent",
        "sms": "SmsContent",
        "push": "PushContent",
        "whatsapp": "WhatsAppContent",
        "line": "LineContent",
        "inbox": "InboxContent",
        "webhook": "WebhookContent",
        "task": "TaskContent",
    }
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


def _as_written(email: JsonSchema) -> JsonSchema:
    """Mail as its author writes it (`core/authoring`): MJML does for HTML, and the text part is made where it is
    absent."""
    properties = email["properties"]
    return {
        **email,
        "properties": {**properties, "mjml": properties["html"]},
        "required": [name for name in email["required"] if name not in ("html", "text")],
        "oneOf": [{"required": ["html"]}, {"required": ["mjml"]}],
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
