"""Which path is which call (`ingest-api.md` 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from kizuna.core.intake.http import HttpRequest, Rejected


@dataclass(frozen=True, slots=True)
class OneEvent:
    """The body is one event, and the path says of which type; that wins over the body's own `type`."""

    type: str


@dataclass(frozen=True, slots=True)
class EventBatch:
    """The body holds a list of events under `batch`."""


@dataclass(frozen=True, slots=True)
class SettingsStub:
    """What the Segment browser SDK asks at start; it needs no valid key."""

    write_key: str


@dataclass(frozen=True, slots=True)
class SourceConfigStub:
    """What the RudderStack browser SDK asks at start; it needs no valid key."""

    write_key: str


@dataclass(frozen=True, slots=True)
class Preflight:
    """A browser's question whether it may call at all; it carries no key."""


EventCall = OneEvent | EventBatch
Call = EventCall | SettingsStub | SourceConfigStub | Preflight

_TYPES = ("identify", "track", "page", "screen", "group", "alias", "merge")
_SHORT = {"i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias"}

_EVENT_CALLS: Mapping[tuple[str, ...], EventCall] = {
    **{("v1", name): OneEvent(name) for name in _TYPES},
    **{("v1", short): OneEvent(name) for short, name in _SHORT.items()},
    ("v1", "batch"): EventBatch(),
    ("v1", "b"): EventBatch(),
    ("beacon", "v1", "batch"): EventBatch(),
}


def route(request: HttpRequest) -> Call | Rejected:
    """The call a request makes; 404 and 405 as `Rejected`. Paths are exact but for one slash at the end."""
    segments = tuple(request.path.removeprefix("/").removesuffix("/").split("/"))
    method, call = _find(segments, request)
    if call is None:
        return Rejected(404, "not_found", "no such path")
    if request.method == "OPTIONS":
        return Preflight()
    if request.method != method:
        return Rejected(405, "method_not_allowed", f"this path takes {method}", allow=(method, "OPTIONS"))
    return call


def _find(segments: tuple[str, ...], request: HttpRequest) -> tuple[str, Call | None]:
    if segments in _EVENT_CALLS:
        return "POST", _EVENT_CALLS[segments]
    match segments:
        case ("api", "s", kind) | ("api", "s", "s2s", kind) if kind not in {"", "s2s"}:
            return "POST", OneEvent(unquote(kind))  # Jitsu; an unknown kind ends in quarantine
        case ("v1", "projects", write_key, "settings") if write_key:
            return "GET", SettingsStub(unquote(write_key))
        case ("sourceConfig",):
            return "GET", SourceConfigStub(request.query_value("writeKey") or "")
        case _:
            return "GET", None
