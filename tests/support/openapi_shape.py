"""The structure of an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0), as far as ours goes.

A JSON Schema of the objects and fields that we use; any other field is a mistake until it is added here.
"""

from __future__ import annotations

from typing import Any

TEXT: dict[str, Any] = {"type": "string", "minLength": 1}


def _object(needed: tuple[str, ...] = (), /, **properties: Any) -> dict[str, Any]:
    """An object with these fields and extensions, and no others."""
    return {
        "type": "object",
        "properties": {name.rstrip("_"): part for name, part in properties.items()},
        "patternProperties": {"^x-[a-z-]+$": {}},
        "required": list(needed),
        "additionalProperties": False,
    }


def _map(part: Any, names: str = "^[A-Za-z0-9._-]+$") -> dict[str, Any]:
    return {"type": "object", "propertyNames": {"pattern": names}, "additionalProperties": part}


def _or_ref(part: dict[str, Any]) -> dict[str, Any]:
    reference = {
        "type": "object",
        "properties": {"$ref": {"type": "string", "pattern": "^#/components/"}},
        "required": ["$ref"],
        "additionalProperties": False,
    }
    return {"anyOf": [reference, part]}


SCHEMA: dict[str, Any] = {"type": "object"}
EXAMPLES = _map(_object(("value",), value={}, summary=TEXT))
MEDIA = _map(
    _object(("schema",), schema=SCHEMA, examples=EXAMPLES), "^[a-z]+/[a-z0-9.+-]+(; charset=utf-8)?$"
)
HEADER = _object(("schema",), description=TEXT, required={"type": "boolean"}, schema=SCHEMA)
RESPONSE = _object(
    ("description",), description=TEXT, headers=_map(_or_ref(HEADER)), content={**MEDIA, "minProperties": 1}
)
PARAMETER = {
    **_object(
        ("name", "in", "schema"),
        name=TEXT,
        in_={"enum": ["path", "query", "header"]},
        description=TEXT,
        required={"type": "boolean"},
        schema=SCHEMA,
        example={},
    ),
    "if": {"properties": {"in": {"const": "path"}}},
    "then": {"properties": {"required": {"const": True}}, "required": ["required"]},
}
OPERATION = _object(
    ("operationId", "tags", "summary", "responses", "security", "x-summary-ja"),
    operationId={"type": "string", "pattern": "^[a-z][A-Za-z]*$"},
    tags={"type": "array", "items": TEXT, "minItems": 1, "maxItems": 1},
    summary=TEXT,
    description=TEXT,
    parameters={"type": "array", "items": _or_ref(PARAMETER), "minItems": 1},
    requestBody=_object(
        ("content",), description=TEXT, required={"const": True}, content={**MEDIA, "minProperties": 1}
    ),
    responses={**_map(_or_ref(RESPONSE), "^[1-5][0-9][0-9]$"), "minProperties": 1},
    security={"type": "array", "items": _map({"type": "array", "maxItems": 0})},
)
SECURITY = {
    "oneOf": [
        _object(
            ("type", "scheme"),
            type={"const": "http"},
            scheme={"enum": ["basic", "bearer"]},
            bearerFormat=TEXT,
            description=TEXT,
        ),
        _object(
            ("type", "in", "name"),
            type={"const": "apiKey"},
            in_={"enum": ["header", "query"]},
            name=TEXT,
            description=TEXT,
        ),
    ]
}
DOCUMENT = _object(
    ("openapi", "info", "paths"),
    openapi={"const": "3.1.0"},
    info=_object(
        ("title", "version"),
        title=TEXT,
        version=TEXT,
        summary=TEXT,
        description=TEXT,
        license=_object(("name",), name=TEXT, identifier=TEXT),
    ),
    servers={
        "type": "array",
        "items": _object(
            ("url",),
            url=TEXT,
            description=TEXT,
            variables=_map(_object(("default",), default=TEXT, description=TEXT)),
        ),
    },
    tags={"type": "array", "items": _object(("name",), name=TEXT, description=TEXT)},
    paths=_map(_object(get=OPERATION, post=OPERATION, options=OPERATION), "^/[A-Za-z0-9{}/]+$"),
    components=_object(
        schemas=_map(SCHEMA),
        parameters=_map(PARAMETER),
        responses=_map(RESPONSE),
        headers=_map(HEADER),
        securitySchemes=_map(SECURITY),
    ),
)
