"""Functions as Lambda loads them: by their dotted path, once, with a context."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from kizuna.topology import Function, function

Handler = Callable[[dict[str, Any], Any], Any]


@cache
def load(name: Function) -> Handler:
    """The handler of a function, found by the very path that is deployed."""
    module, _, attribute = function(name).handler.rpartition(".")
    loaded = getattr(importlib.import_module(module), attribute)
    if not callable(loaded):
        raise TypeError(f"{module}.{attribute} is not callable")
    handler: Handler = loaded
    return handler


# On one machine everything waits for the function that runs: one with long work does a little of it at a time.
_SHORT_TURNS = {Function.IMPORTER: 1}


@dataclass(frozen=True, slots=True)
class LocalContext:
    """What Lambda tells a function about its invocation."""

    name: Function
    aws_request_id: str

    @property
    def function_name(self) -> str:
        return f"kizuna-local-{self.name}"

    @property
    def memory_limit_in_mb(self) -> int:
        return function(self.name).memory

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:us-east-1:123456789012:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        seconds = _SHORT_TURNS.get(self.name, function(self.name).timeout)
        return seconds * 1000
