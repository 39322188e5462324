"""What a person asked of us about being written to: a pause, fewer messages, hours of quiet of their own.

They say so on their own page (`core/pages`), and the gate obeys. Each wish stands on the record as a trait of
Kizuna's own, so the newest word survives a merge, goes with an export and ends with an erasure:

    wish_pause         {until}                            promotion is withheld until then, on every channel
    wish_frequency     {choice, count, window, ask_again_at}   a cap of their own beside those of the company
    wish_quiet_hours   {from, to, zone}                   promotion waits until these hours are over

None in the place of a wish: it was taken back. Only our own pages make them: in an event of any other source the name
is just a name. A page that proves no identity may ask for less and for nothing else (`only_less`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kizuna.core.durations import FIRST, Duration, instant_from_text
from kizuna.core.events import Event, SourceKind
from kizuna.core.people import Profile, Trait
from kizuna.core.restraint.caps import FrequencyCap

PREFERENCES_CHANGED = "Preferences Changed"
PAUSE, FREQUENCY, QUIET_HOURS = "wish_pause", "wish_frequency", "wish_quiet_hours"
WISHES = frozenset({PAUSE, FREQUENCY, QUIET_HOURS})
SOURCE = "kizuna"
MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class OwnQuiet:
    """Hours in which somebody wants to hear nothing: local minutes of the day, over midnight where `end` is less."""

    start: int
    end: int
    zone: str

    def holds(self, minute: int) -> bool:
        """Whether a local minute of the day lies in the quiet."""
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


@dataclass(frozen=True, slots=True)
class Wishes:
    """What stands of somebody's wishes. A pause that is over is still told: the gate compares it with its moment."""

    paused_until: datetime | None = None
    cap: FrequencyCap | None = None
    quiet: OwnQuiet | None = None


NO_WISHES = Wishes()


def wishes_of(profile: Profile) -> Wishes:
    """The wishes on a record. What cannot be read there was not written by us, and is none."""
    if WISHES.isdisjoint(profile.traits):
        return NO_WISHES
    return Wishes(
        _pause(_value(profile, PAUSE)),
        _cap(_value(profile, FREQUENCY)),
        _quiet(_value(profile, QUIET_HOURS)),
    )


def with_wishes(traits: dict[str, Trait], events: Iterable[Event]) -> None:
    """Enter what the events ask for into the traits. Of two words on one wish the newest counts; at one instant, and
    where only less may be asked for, the one that leaves less."""
    for event in events:
        if event.name != PREFERENCES_CHANGED or event.source.kind is not SourceKind.SYSTEM:
            continue
        only_less = event.properties.get("only_less") is not False
        for name in WISHES & event.properties.keys():
            told = Trait(event.properties[name], event.at, SOURCE)
            held = traits.get(name)
            if held is None or _takes_its_place(name, told, held, only_less=only_less):
                traits[name] = told


def is_less(name: str, told: Any, held: Any) -> bool:
    """Whether a wish leaves fewer messages than another one of its kind."""
    return _leaves(name, told) < _leaves(name, held)


def _takes_its_place(name: str, told: Trait, held: Trait, *, only_less: bool) -> bool:
    if told.at < held.at:
        return False
    return is_less(name, told.value, held.value) if only_less or told.at == held.at else True


def _leaves(name: str, value: Any) -> float:
    """A number that is smaller the less a wish leaves. Two quiet times cannot be compared: each leaves the same."""
    if not isinstance(value, Mapping):
        return float("inf")
    match name:
        case "wish_pause":
            until = _pause(value)
            return float("inf") if until is None else -until.timestamp()
        case "wish_frequency":
            cap = _cap(value)
            return float("inf") if cap is None else cap.count / _seconds(cap)
        case _:
            return 0.0


def _seconds(cap: FrequencyCap) -> float:
    window = cap.window
    return (window.after(FIRST) - FIRST).total_seconds() if isinstance(window, Duration) else 1.0


def _value(profile: Profile, name: str) -> Any:
    trait = profile.traits.get(name)
    return trait.value if trait is not None and trait.source == SOURCE else None


def _pause(value: Any) -> datetime | None:
    until = value.get("until") if isinstance(value, Mapping) else None
    try:
        return instant_from_text(until) if isinstance(until, str) else None
    except (ValueError, OverflowError):
        return None


def _cap(value: Any) -> FrequencyCap | None:
    if not isinstance(value, Mapping):
        return None
    try:
        return FrequencyCap(count=value["count"], window=value["window"])
    except (KeyError, ValueError):
        return None


def _quiet(value: Any) -> OwnQuiet | None:
    if not isinstance(value, Mapping):
        return None
    start, end, zone = minute_of(value.get("from")), minute_of(value.get("to")), value.get("zone")
    if start is None or end is None or start == end or not isinstance(zone, str):
        return None
    return OwnQuiet(start, end, zone)


def minute_of(clock: Any) -> int | None:
    """The minute of the day of a text such as `21:30`; None if it is none."""
    if not isinstance(clock, str):
        return None
    hours, colon, minutes = clock.partition(":")
    if not (colon and len(hours) == 2 and len(minutes) == 2 and (hours + minutes).isascii()):
        return None
    if not (hours + minutes).isdigit():
        return None
    minute = int(hours) * 60 + int(minutes)
    return minute if int(minutes) < 60 and minute < MINUTES else None


def asks_again(held: Trait | None) -> datetime | None:
    """When somebody wants to be asked again about a wish, or the company promised to."""
    value = held.value if held is not None else None
    told = value.get("ask_again_at") if isinstance(value, Mapping) else None
    return _pause({"until": told})


LONGEST_PAUSE = timedelta(days=366)
