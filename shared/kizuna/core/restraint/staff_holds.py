"""A hold that a member of staff puts on somebody by hand: no promotion until then, or until it is released.

Kept as a list of its own among the person's lists: put there and taken off by events, carried over by a merge.
"""

from __future__ import annotations

from datetime import datetime

from kizuna.core.people import Listing, Profile

ENDED = "Tone Hold Ended"  # the event by which staff end a hold of the policy for one person
HOLD = "@hold"  # the list; none of the workspace can be called so
STAFF = "staff"  # the hold, as decision records name it
NAME = {"en": "A member of staff asked for silence", "ja": "担当者による配信の保留"}


def held_by_staff(profile: Profile, *, now: datetime) -> Listing | None:
    """The hold that stands on a person, with who placed it, why and until when (None: until it is released)."""
    held = profile.lists.get(HOLD)
    if held is None or not held.inside or (held.until is not None and held.until <= now):
        return None
    return held
