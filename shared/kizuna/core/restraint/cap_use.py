"""Which frequency caps count for one person, over whom, how much of each is used, and when there is room again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from kizuna.core.people import Address
from kizuna.core.restraint.caps import FrequencyCap, Heard, room_at, used
from kizuna.core.restraint.pressure import Pressure


@dataclass(frozen=True, slots=True)
class CapUse:
    """One cap as it stands. `address` is the id of the address that it counts by itself; `is_wish`: the person chose
    it. `room_at` is None where there is room, and where there never is any (a count of 0)."""

    cap: FrequencyCap
    used: int
    room_at: datetime | None
    address: str = ""
    is_wish: bool = False


def caps_in_use(
    company: Iterable[FrequencyCap],
    *,
    campaigns: Iterable[FrequencyCap],
    wish: FrequencyCap | None,
    person: Pressure,
    heard: Sequence[tuple[Address, Heard]],
    now: datetime,
    zone: str | None,
) -> tuple[CapUse, ...]:
    """The company's caps in their order (one that counts addresses once for each), then the person's own, then those
    of campaigns and journeys of which something is used. `heard` is what each of their addresses has heard."""

    def standing(cap: FrequencyCap, pressure: Pressure, address: str = "", *, wished: bool = False) -> CapUse:
        return CapUse(
            cap,
            used(cap, pressure, now=now, zone=zone),
            room_at(cap, pressure, now=now, zone=zone),
            address,
            wished,
        )

    def of(cap: FrequencyCap) -> Iterator[CapUse]:
        match cap.scope:
            case "person":
                yield standing(cap, person)
            case "household":
                home = next((each.household for _, each in heard if each.home), None)
                yield standing(cap, person if home is None else home)
            case "address":
                for address, each in heard:
                    if cap.channel in (None, address.channel):
                        yield standing(cap, each.address, address.id)

    found = [one for cap in company for one in of(cap)]
    found += [standing(wish, person, wished=True)] if wish is not None else []
    found += [one for cap in dict.fromkeys(campaigns) for one in of(cap) if one.used]
    return tuple(found)
