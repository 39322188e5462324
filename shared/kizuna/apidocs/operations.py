"""The pieces that the API is described with, and how they become OpenAPI."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kizuna.apidocs.event_schemas import REFS
from kizuna.apidocs.json_schemas import JsonSchema

JSON = "application/json"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable of the path, a header or a query parameter."""

    name: str
    where: Literal["path", "header", "query"]
    description: str
    schema: JsonSchema
    example: Any = None
    component: str = ""  # its name where many operations share it

    def to_openapi(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "in": self.where,
            "description": self.description,
            **({"required": True} if self.where == "path" else {}),
            "schema": self.schema,
            **({"example": self.example} if self.example is not None else {}),
        }


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent. `examples` are named after what they show; the first is the one for a shell."""

    schema: JsonSchema
    examples: Mapping[str, Any]
    description: str = ""
    media: str = JSON

    def to_openapi(self) -> dict[str, Any]:
        described = {"description": self.description} if self.description else {}
        return {**described, "required": True, "content": {self.media: _content(self.schema, self.examples)}}


@dataclass(frozen=True, slots=True)
class Reply:
    """What may come back under one status, in one or several media types."""

    status: int
    description: str
    contents: Mapping[str, JsonSchema]
    examples: Mapping[str, Any] = field(default_factory=dict)  # of the first media type
    headers: tuple[str, ...] = ()
    component: str = ""  # its name where many operations share it

    def to_openapi(self) -> dict[str, Any]:
        first = next(iter(self.contents), None)
        contents = {
            media: _content(schema, self.examples if media == first else {})
            for media, schema in self.contents.items()
        }
        return {
            "description": self.description,
            **(
                {"headers": {name: {"$ref": f"#/components/headers/{name}"} for name in self.headers}}
                if self.headers
                else {}
            ),
            **({"content": contents} if contents else {}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method on one path."""

    id: str
    method: Literal["get", "post", "options"]
    path: str
    tag: str
    summary: str
    japanese: str  # the summary for a marketer
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    replies: tuple[Reply, ...]
    security: tuple[Mapping[str, list[str]], ...] = ()
    slash: bool = False  # whether the path is taken with a slash at its end, too
    same_as: str = ""  # the path whose twin this is

    def to_openapi(self) -> dict[str, Any]:
        return {
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "x-summary-ja": self.japanese,
            **({"description": self.description} if self.description else {}),
            **({"x-same-as": self.same_as} if self.same_as else {}),
            **({"x-trailing-slash": True} if self.slash else {}),
            **(
                {"parameters": [_shared(each, "parameters") for each in self.parameters]}
                if self.parameters
                else {}
            ),
            **({"requestBody": self.body.to_openapi()} if self.body else {}),
            "responses": {
                str(reply.status): _shared(reply, "responses")
                for reply in sorted(self.replies, key=lambda reply: reply.status)
            },
            "security": [dict(each) for each in self.security],
        }


def shared_components(operations: Iterable[Operation]) -> dict[str, dict[str, Any]]:
    """The parameters and replies that many operations point to, by name."""
    found: dict[str, dict[str, Any]] = {"parameters": {}, "responses": {}}
    for operation in operations:
        for parameter in operation.parameters:
            if parameter.component:
                found["parameters"][parameter.component] = parameter.to_openapi()
        for reply in operation.replies:
            if reply.component:
                found["responses"][reply.component] = reply.to_openapi()
    return {kind: dict(sorted(parts.items())) for kind, parts in found.items()}


def _shared(part: Parameter | Reply, room: str) -> dict[str, Any]:
    return {"$ref": f"#/components/{room}/{part.component}"} if part.component else part.to_openapi()


def ref(component: str) -> JsonSchema:
    """A component by its name."""
    return {"$ref": REFS + component}


def problem(
    status: int,
    description: str,
    codes: Mapping[str, str],
    *,
    headers: tuple[str, ...] = (),
    component: str = "",
) -> Reply:
    """An error with the codes it may carry, each with a message as an example."""
    schema = {"allOf": [ref("Problem"), {"properties": {"code": {"enum": list(codes)}}}]}
    examples = {code: {"code": code, "message": message} for code, message in codes.items()}
    return Reply(status, description, {JSON: schema}, examples, headers, component)


def _content(schema: JsonSchema, examples: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: {"value": value} for name, value in examples.items()}
    return {"schema": schema, **({"examples": shown} if shown else {})}
