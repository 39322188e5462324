"""What a decision record says beside the reason: which hold stands, what was given up, how somebody left a journey,
over whom it was counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kizuna.core.engagement import EngagementPolicy
from kizuna.core.journeys.path_words import why_in_words
from kizuna.core.restraint import staff_holds
from kizuna.core.sentences import Language, Words

SHARED: Mapping[str, Words] = {
    "address": Words("counted over everybody who is reached at this address", "同じ宛先全体での件数"),
    "household": Words("counted over their household", "ご家庭全体での件数"),
}


def detail_of(record: Mapping[str, Any], policy: EngagementPolicy, language: Language) -> str:
    """A few words for a person; empty where the reason says it all."""
    match record:
        case {"hold": staff_holds.STAFF}:
            return _in(staff_holds.NAME, language)
        case {"hold": str(hold)}:
            names = next((each.name for each in policy.tone_holds if each.id == hold), {})
            return _in(names, language) or hold
        case {"left": str(left)}:
            return why_in_words(left, language)
        case {"product": str(product)}:
            return product
        case {"cap": str(shared)} if shared in SHARED:
            return str(getattr(SHARED[shared], language))
        case _:
            return ""


def _in(names: Mapping[str, str], language: Language) -> str:
    return names.get(language) or next(iter(names.values()), "")
