"""A request held against all that the service's own model says of it.

The SDK's check knows required members, types and the least of lengths. The model says more: the most of lengths and
numbers, patterns, enumerations. What breaks one of those is refused by the service, when it is too late.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape

from kizuna.adapters.clients import sending_client

Asked = tuple[OperationModel, dict[str, Any]]


def faults(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """Everything in a value that the shape does not allow."""
    yield from _of_measure(shape, value, path)
    match shape:
        case StructureShape():
            yield from (f"{path}.{name} is missing" for name in shape.required_members if name not in value)
            for name, inner in value.items():
                if name in shape.members:
                    yield from faults(shape.members[name], inner, f"{path}.{name}")
                else:
                    yield f"{path}.{name} is unknown"
        case ListShape():
            for at, inner in enumerate(value):
                yield from faults(shape.member, inner, f"{path}[{at}]")
        case MapShape():
            for key, inner in value.items():
                yield from faults(shape.key, key, f"{path} key {key}")
                yield from faults(shape.value, inner, f"{path}.{key}")
        case StringShape() if shape.enum and value not in shape.enum:
            yield f"{path}: {value!r} is none of {shape.enum}"
        case StringShape() if (pattern := shape.metadata.get("pattern")) is not None:
            if re.fullmatch(pattern, value) is None:
                yield f"{path}: {value!r} is not {pattern}"


def _of_measure(shape: Shape, value: Any, path: str) -> Iterator[str]:
    measured = value if isinstance(value, int | float) else len(value) if hasattr(value, "__len__") else None
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if measured is None or isinstance(value, bool):
        return
    if least is not None and measured < least:
        yield f"{path}: {measured} is less than {least}"
    if most is not None and measured > most:
        yield f"{path}: {measured} is more than {most}"


class _Listener:
    """A client that reaches nothing: it notes what it is asked, as the SDK accepted it, and answers as told."""

    def __init__(self, service: str) -> None:
        self.client = sending_client(service)
        self.reply: dict[str, Any] = {}
        self.asked: list[Asked] = []
        name = self.client.meta.service_model.service_id.hyphenize()
        self.client.meta.events.register(f"before-parameter-build.{name}", self._note)
        self.client.meta.events.register(f"before-call.{name}", self._answer)

    def _note(self, params: dict[str, Any], model: OperationModel, **_: Any) -> None:
        self.asked.append((model, params))

    def _answer(self, **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        return AWSResponse("", 200, {}, None), self.reply


_listener = cache(_Listener)  # a client takes long to build


def listening(service: str, reply: dict[str, Any]) -> tuple[Any, list[Asked]]:
    """A client whose every call is answered by `reply` at once, and the list of what it is asked from now on."""
    listener = _listener(service)
    listener.reply, listener.asked = reply, []
    return listener.client, listener.asked
