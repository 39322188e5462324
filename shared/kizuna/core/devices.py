"""The devices that a person was seen on, by the context of their events: kept while some condition asks for them.

They stand on the record as a trait of Kizuna's own, the one seen last first. Which are kept does not depend on the
order in which events come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kizuna.core.conditions.plain import DEVICES
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.events import Event
from kizuna.core.ids import digest
from kizuna.core.people import Trait

SOURCE = "kizuna"
KEPT = 8
_LONGEST = 64  # characters of what a device tells of itself

Device = Mapping[str, Any]


def device_of(event: Event) -> Device | None:
    """What an event's context tells of the device; None where it tells of none."""
    context = event.context
    device, os, app = (_object(context.get(name)) for name in ("device", "os", "app"))
    platform = _word(device.get("type")).lower()
    if not platform and (context.get("userAgent") or _object(context.get("page"))):
        platform = "web"
    told = {
        "platform": platform,
        "os": _word(os.get("name")),
        "os_version": _word(os.get("version")),
        "app": _word(app.get("name")),
        "app_version": _word(app.get("version")),
    }
    known = {name: value for name, value in told.items() if value}
    if not known:
        return None
    own = _word(device.get("id")) or "|".join((platform, told["os"], told["app"]))
    return {"id": digest("device", own, length=8), **known, "seen": epoch_millis(event.at)}


def with_devices(held: Trait | None, events: Iterable[Event]) -> Trait | None:
    """The trait after more events."""
    told = [device for event in events if (device := device_of(event)) is not None]
    return _trait([*_devices(held), *told]) if told else held


def united_devices(one: Trait | None, other: Trait | None) -> Trait | None:
    """The devices of two people who turn out to be one."""
    return _trait([*_devices(one), *_devices(other)])


def _devices(trait: Trait | None) -> list[Device]:
    return list(trait.value) if trait is not None and isinstance(trait.value, list) else []


def _trait(devices: Iterable[Device]) -> Trait | None:
    latest: dict[str, Device] = {}
    for device in devices:
        held = latest.get(device["id"])
        latest[device["id"]] = device if held is None else max(held, device, key=_rank)
    kept = sorted(latest.values(), key=_rank, reverse=True)[:KEPT]
    return Trait(kept, from_epoch_millis(kept[0]["seen"]), SOURCE) if kept else None


def _rank(device: Device) -> tuple[int, str]:
    """By when it was seen; of two words of one moment the same one is kept."""
    return (device["seen"], repr(sorted(device.items())))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _word(value: Any) -> str:
    return value.strip()[:_LONGEST] if isinstance(value, str) else ""


__all__ = ["DEVICES", "KEPT", "SOURCE", "Device", "device_of", "united_devices", "with_devices"]
