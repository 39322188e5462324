"""How old somebody is where they live: a child is one until the day that ends it has begun there.

Where nobody knows the zone it has to have begun everywhere: the last place to begin a day is twelve hours behind UTC.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone, tzinfo

from kizuna.core.people import Profile
from kizuna.core.zones import day_at, start_of_day, zone_named

_LAST_TO_BEGIN = timezone(timedelta(hours=-12))
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})(?!\d)", re.ASCII)
_YEARS = re.compile(r"\d{1,3}(?:\.\d{1,4})?", re.ASCII)


def age_of(profile: Profile, *, now: datetime) -> int | float | None:
    """In years, by the day of birth where it is known, else as told; None where neither can be read."""
    born = born_on(profile)
    if born is None:
        return _told(profile)
    today = day_at(_zone(profile), now)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def of_age_at(profile: Profile, years: int) -> datetime | None:
    """The first moment at which somebody is so old; born on 29 February that is the 1st of March of other years.

    None where the day of birth is not known, or the calendar ends before.
    """
    born = born_on(profile)
    if born is None or born.year + years >= date.max.year:
        return None
    try:
        day = born.replace(year=born.year + years)
    except ValueError:
        day = date(born.year + years, 3, 1)
    return start_of_day(_zone(profile), day)


def born_on(profile: Profile) -> date | None:
    """The day of birth as people and files write it: 2010-01-31, 2010/1/31, 20100131, 2010年1月31日, an instant."""
    told = profile.trait("birthday")
    written = _DAY.match(told.strip()) if isinstance(told, str) else None
    if written is None:
        return None
    try:
        return date(*map(int, written.groups()))
    except ValueError:
        return None


def _zone(profile: Profile) -> tzinfo:
    return zone_named(profile.zone_name) or _LAST_TO_BEGIN


def _told(profile: Profile) -> int | float | None:
    """A file tells a number as text. What is no number is not known."""
    age = profile.trait("age")
    if isinstance(age, str):
        return float(age) if _YEARS.fullmatch(age := age.strip()) else None
    return age if isinstance(age, int | float) and not isinstance(age, bool) else None
