"""What a person, an address or a household has heard of us lately: the touches that frequency caps count (`caps`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Touch:
    """One message that counts: from PENDING on, an unknown outcome too (`rules-spec.md` 5.1).

    `at` is when it became ready to be sent; where it was held up after that, when it was let go again. What was
    decided against after all is taken out again.

    `service`: it was transactional; such messages are kept while some cap counts them. `home` is the household that
    it counts for as well (`households`), `lost` whether it is known that it never arrived.
    """

    at: datetime
    channel: str
    message: str
    topic: str = ""
    campaign: str = ""
    brand: str = ""
    tags: tuple[str, ...] = ()
    service: bool = False
    home: str = ""
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Pressure:
    """The touches of one person, address or household. Guarded by its own version, so that caps are exact."""

    version: int = 0
    touches: tuple[Touch, ...] = ()


NOTHING = Pressure()


def united(own: Pressure, absorbed: Sequence[Pressure]) -> Pressure:
    """The pressure on a person with what the profiles merged into theirs have heard; the version stays the own."""
    touches = {touch.message: touch for pressure in (*absorbed, own) for touch in pressure.touches}
    return Pressure(own.version, tuple(sorted(touches.values(), key=lambda touch: (touch.at, touch.message))))


def until(pressure: Pressure, instant: datetime) -> Pressure:
    """The pressure with what was heard up to an instant only."""
    return Pressure(pressure.version, tuple(touch for touch in pressure.touches if touch.at <= instant))


def with_touch(pressure: Pressure, touch: Touch, *, oldest: datetime) -> Pressure:
    """One more message counted (again: at its new instant), and what is not newer than `oldest` forgotten."""
    others = (known for known in pressure.touches if known.at > oldest and known.message != touch.message)
    return Pressure(pressure.version + 1, (*others, touch))


def promotional(pressure: Pressure) -> tuple[Touch, ...]:
    """What was advertising: service messages are kept for those caps alone that count them."""
    return tuple(touch for touch in pressure.touches if not touch.service)


def with_arrival(pressure: Pressure, message: str, *, lost: bool) -> Pressure | None:
    """The pressure with what became known of a message's arrival; None if that was known, or it does not count."""
    touches = tuple(
        replace(touch, lost=lost) if touch.message == message else touch for touch in pressure.touches
    )
    return Pressure(pressure.version + 1, touches) if touches != pressure.touches else None


def without(pressure: Pressure, message: str) -> Pressure | None:
    """The pressure after all but without that message; None if it does not count there."""
    kept = tuple(touch for touch in pressure.touches if touch.message != message)
    return Pressure(pressure.version + 1, kept) if len(kept) < len(pressure.touches) else None
