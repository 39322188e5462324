"""The bodies that client SDKs send, as components of the OpenAPI document.

Identify, Track, …    one event without its type: the path says that
BatchItem             an event with its type
EventBatch            a list of them, and what they have in common
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kizuna.apidocs.json_schemas import JsonSchema, json_schemas, rewritten
from kizuna.core.intake import shapes
from kizuna.core.intake.limits import DEFAULT_LIMITS, MAX_NAME_LENGTH

REFS = "#/components/schemas/"

# The component of each type of event. A page and a screen look alike.
COMPONENT_OF: Mapping[str, str] = {kind: shape.__name__ for kind, shape in shapes.SHAPES.items()}

_NOTES: Mapping[str, str] = {
    "userId": "The company's own id of the person. One of `userId` and `anonymousId` is needed.",
    "anonymousId": "The id of a browser or an app before anybody logs in. The `AnonymousId` header (base64) "
    "stands in for it.",
    "context": "What surrounds the event.",
    "integrations": "`All: false` or `Kizuna: false` stores and counts the event and lets it trigger nothing.",
    "timestamp": "When it happened, by the client's clock: ISO 8601 or epoch milliseconds. It is corrected by "
    "`sentAt`, and never lies later than its arrival. Unreadable is the same as absent: then it is the arrival.",
    "originalTimestamp": "The same, and goes before `timestamp` (RudderStack).",
    "sentAt": "When the request left, by the client's clock.",
    "traits": "Facts about the person; for a group, about the group. The newest value of each wins.",
    "properties": "Facts about the event, such as `order_id`, `revenue` and `currency` of an `Order Completed`.",
    "event": "What happened, in the words of the tracking plan: `Order Completed`.",
    "groupId": "The company's own id of the group.",
    "previousId": "The other id of the same person.",
    "mergeProperties": "Identifiers that are one person's.",
    "writeKey": "Read where neither a header nor the query has a key.",
}
_WRITE_KEY: JsonSchema = {"description": _NOTES["writeKey"], "examples": ["kzc_…"]}


def event_schemas() -> dict[str, JsonSchema]:
    """All components that event bodies need, by name."""
    types = {shape.__name__: shape for shape in shapes.SHAPES.values()}
    found = json_schemas(types, refs=REFS, lax=True)
    for name in types:
        found[name] = _noted(_without_type(found[name]))
    found["BatchItem"] = _batch_item()
    found["EventBatch"] = _event_batch()
    shorter: dict[str, JsonSchema] = rewritten(found, _with_short_values)
    return shorter


def _without_type(schema: JsonSchema) -> JsonSchema:
    """The same where the path says the type. `type` may then be anything, for it is not looked at."""
    properties = {name: inner for name, inner in schema["properties"].items() if name != "type"}
    required = [name for name in schema.get("required", ()) if name != "type"]
    whole = {**schema, "properties": {**properties, "writeKey": _WRITE_KEY}}
    return {**whole, "required": required} if required else _without(whole, "required")


def _noted(schema: JsonSchema) -> JsonSchema:
    required = schema.get("required", ())
    notes = {**_NOTES, **({"userId": "The company's own id of the person."} if "userId" in required else {})}
    properties = {
        name: {**inner, "description": notes[name]} if name in notes else inner
        for name, inner in schema["properties"].items()
    }
    return {**schema, "type": "object", "properties": properties, "additionalProperties": True}


def _batch_item() -> JsonSchema:
    return {
        "type": "object",
        "description": "One event of a batch; `type` says which.",
        "required": ["type"],
        "properties": {"type": {"enum": list(shapes.SHAPES)}},
        "oneOf": [
            {"properties": {"type": {"const": kind}}, "allOf": [{"$ref": REFS + COMPONENT_OF[kind]}]}
            for kind in shapes.SHAPES
        ],
    }


def _event_batch() -> JsonSchema:
    context: JsonSchema = {"anyOf": [{"$ref": REFS + "Context"}, {"type": "null"}]}
    return {
        "type": "object",
        "description": "Events, and what they have in common. Items that cannot be used are set apart with "
        "their cause (`kizuna violations`); the others are taken.",
        "required": ["batch"],
        "properties": {
            "batch": {
                "type": "array",
                "maxItems": DEFAULT_LIMITS.events,
                "items": {"$ref": REFS + "BatchItem"},
            },
            "context": {**context, "description": "Put under each event's own."},
            "integrations": {
                "anyOf": [_values(), {"type": "null"}],
                "description": "Put under each event's own.",
            },
            "sentAt": {"description": "When the request left, by the client's clock."},
            "writeKey": _WRITE_KEY,
        },
        "additionalProperties": True,
    }


def _values() -> JsonSchema:
    return {
        "type": "object",
        "propertyNames": {"maxLength": MAX_NAME_LENGTH},
        "additionalProperties": True,
    }


def _with_short_values(node: JsonSchema) -> JsonSchema:
    """The form that stands everywhere in these shapes, said once."""
    return {"$ref": REFS + "Values"} if node == _values() else node


VALUES: JsonSchema = {**_values(), "description": "Any values, by names of up to 512 characters."}


def _without(schema: JsonSchema, name: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != name}
