"""Where somebody is or was, asked with their consent only: their last known place, and the places of their events.

The device tells it, and a segment that rests on it can be written to because of it. So a question that looks there
holds for nobody who has not granted the purpose `location`: what is not known is no consent.
"""

from __future__ import annotations

from datetime import datetime

from kizuna.core.conditions.answers import Answer, at_least
from kizuna.core.conditions.view import View

# Channel, topic, purpose, state: a grant for the device or for every channel (`consent.md` 13).
LOCATION_CONSENT = ("push", "*", "location", "granted")


def with_consent(answer: Answer, view: View, *, now: datetime) -> Answer:
    """The answer to a question about a place where the person lets us use it; else it does not hold."""
    consents = view.consents
    allowed = consents.word(*LOCATION_CONSENT, now=now) if consents is not None else Answer(matched=False)
    return at_least(2, (answer, allowed))
