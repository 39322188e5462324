"""The parts of what providers report, each read or refused by name. No value of a report stands in an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kizuna.core.durations import from_epoch_millis, instant_from_text
from kizuna.core.errors import KizunaError


class UnreadableReport(KizunaError):
    """Something on the feedback queue that no provider of ours sends; names what is missing."""


def object_of(text: Any, name: str) -> Mapping[str, Any]:
    """The object that a text holds as JSON. Every function here raises UnreadableReport."""
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        raise UnreadableReport(f"{name}: not JSON") from None
    if not isinstance(value, Mapping):
        raise UnreadableReport(f"{name}: not an object")
    return value


def object_in(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    if not isinstance(value, Mapping):
        raise UnreadableReport(f"{name}: missing, or not an object")
    return value


def objects_in(holder: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """None where the name is missing."""
    value = holder.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise UnreadableReport(f"{name}: not a list of objects")
    return value


def text_in(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    if not isinstance(value, str) or not value:
        raise UnreadableReport(f"{name}: missing, or not a text")
    return value


def instant_in(holder: Mapping[str, Any], name: str) -> datetime:
    """Of a notation of ISO 8601."""
    try:
        return instant_from_text(str(holder.get(name)))
    except ValueError:
        raise UnreadableReport(f"{name}: not an instant") from None


def millis_in(holder: Mapping[str, Any], name: str) -> datetime:
    try:
        return from_epoch_millis(int(holder.get(name, "")))
    except (TypeError, ValueError, OverflowError):
        raise UnreadableReport(f"{name}: not milliseconds since 1970") from None


def seconds_in(holder: Mapping[str, Any], name: str) -> datetime:
    try:
        return from_epoch_millis(int(holder.get(name, "")) * 1000)
    except (TypeError, ValueError, OverflowError):
        raise UnreadableReport(f"{name}: not seconds since 1970") from None
