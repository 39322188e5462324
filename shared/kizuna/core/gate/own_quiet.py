"""Hours of quiet that a person asked for themselves: promotion waits until they are over, on every channel.

They are kept beside the hours of the law (`quiet_hours`), and both must be over: each is asked for its next moment in
turn until neither moves it any more.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from kizuna.core.gate.open_hours import whole_minute
from kizuna.core.gate.quiet_hours import HORIZON
from kizuna.core.restraint.wishes import OwnQuiet
from kizuna.core.zones import zone_named

Moment = Callable[[datetime], datetime | None]

_MINUTE = timedelta(minutes=1)


def out_of_own_quiet(moment: datetime, quiet: OwnQuiet) -> datetime | None:
    """`moment` itself if it lies outside of the quiet, else the first whole UTC minute that does.

    None where the zone is not known: nobody then knows what time it is for the person. Minutes are looked at by the
    local clock, so a change of clocks needs no special case.
    """
    zone = zone_named(quiet.zone)
    if zone is None:
        return None

    def is_quiet(instant: datetime) -> bool:
        local = instant.astimezone(zone)
        return quiet.holds(local.hour * 60 + local.minute)

    if not is_quiet(moment):
        return moment
    minute = whole_minute(moment)
    limit = minute + timedelta(days=2)
    while minute < limit:
        local = minute.astimezone(zone)
        if not is_quiet(minute):
            return minute
        # Straight to the end by the local clock, minus what a change of clocks may have taken; then by minutes.
        ahead = (quiet.end - local.hour * 60 - local.minute) % (24 * 60)
        minute += max(timedelta(minutes=ahead) - timedelta(hours=3), _MINUTE)
    return None


def both_open(now: datetime, law: Moment, own: Moment) -> datetime | None:
    """The first moment from `now` on that neither holds back; None if there is none within `HORIZON`."""
    moment = now
    while moment <= now + HORIZON:
        allowed = law(moment)
        wanted = own(allowed) if allowed is not None else None
        if wanted is None or wanted == moment:
            return wanted
        moment = wanted
    return None
