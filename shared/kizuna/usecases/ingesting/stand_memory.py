"""Where people stand in journeys, on the record: told anew by their runs where it does not tell of them yet."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from kizuna.core.segments.stands import asked_stands, unknown_journeys

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.people import Profile
    from kizuna.core.ports import People


def with_current_stands(profile: Profile, people: People, asked: Collection[str]) -> Profile:
    """The person with where they stand in these journeys, and in no others. Writes nothing.

    Runs are read only where the record does not tell of one of them: what begins and ends is noted from then on
    (`journeys.remembering`).
    """
    unknown = unknown_journeys(profile.stands, asked)
    known = profile.stands
    is_new = profile.version == 0 and len(profile.parts) < 2
    if unknown and not is_new:
        from kizuna.core.journeys.standing import told_by  # where some condition asks for it

        known = {**known, **told_by(people.runs_in(profile.parts, unknown), unknown)}
    stands = asked_stands(known, asked, is_new=is_new)
    return profile if stands == profile.stands else replace(profile, stands=stands)
