"""Tone holds: nobody is advertised to while something between us is unresolved (`rules-spec.md` 5.4).

A hold is a condition. As long as it is true of somebody, promotion within its scope is silent on every channel, what
is already on its way included; messages that they asked for or that the law requires pass. It ends when the condition
does: after a time (a window that closes), when the matter is settled (the event that settles it), or when staff say
so. Holds never shorten each other, for each is asked by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, field_validator

from kizuna.core.conditions import Condition, View, evaluate


class ToneHold(BaseModel):
    """Promotion is held back while `when` is true. Channels, topics, brands and products narrow what is held back;
    each that is empty means all. `name` says what happened, in the languages of the staff."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    name: dict[str, str]
    when: Condition
    channels: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    products: tuple[str, ...] = ()

    @field_validator("name")
    @classmethod
    def _is_told(cls, name: dict[str, str]) -> dict[str, str]:
        if not name or not all(text.strip() for text in name.values()):
            raise ValueError("say in at least one language what happened")
        return name


@dataclass(frozen=True, slots=True)
class About:
    """What a message is about, as holds ask it."""

    channel: str
    topic: str
    brand: str = ""
    products: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A hold that stands, and until when if nothing else happens (None: until something does)."""

    hold: ToneHold
    until: datetime | None


def standing_holds(holds: Iterable[ToneHold], view: View, *, now: datetime) -> tuple[Held, ...]:
    """The holds on a person, the longest first."""
    found = []
    for hold in holds:
        answer = evaluate(hold.when, view, now=now)
        if answer.matched:
            found.append(Held(hold, answer.flips_at))
    return tuple(sorted(found, key=lambda held: (held.until is not None, _reversed(held.until))))


def holding(standing: Sequence[Held], about: About) -> Held | None:
    """The longest hold that this message falls under, if there is one."""
    return next((held for held in standing if _covers(held.hold, about)), None)


def _covers(hold: ToneHold, about: About) -> bool:
    return (
        (not hold.channels or about.channel in hold.channels)
        and (not hold.topics or about.topic in hold.topics)
        and (not hold.brands or about.brand in hold.brands)
        and (not hold.products or bool({*hold.products} & {*about.products}))
    )


def _reversed(until: datetime | None) -> float:
    return -until.timestamp() if until else 0.0
