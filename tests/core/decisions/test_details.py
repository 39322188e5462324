"""What is said beside a reason: which hold, which product, whose count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.decisions.details import detail_of
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.restraint.caps import FrequencyCap, Heard, cap_standing
from kizuna.core.restraint.pressure import Pressure, Touch
from kizuna.core.sentences import Language, explain
from tests.support.builders import NOON

HOLD = {
    "id": "complaint",
    "name": {"en": "A complaint", "ja": "苦情の対応中"},
    "when": {"event": "Complaint Received"},
}
POLICY = EngagementPolicy.model_validate({"tone_holds": [HOLD]})


@pytest.mark.parametrize(
    ("record", "en", "ja"),
    [
        ({}, "", ""),
        ({"hold": "complaint"}, "A complaint", "苦情の対応中"),
        ({"hold": "gone"}, "gone", "gone"),  # a hold that the policy had then
        ({"hold": "staff"}, "A member of staff asked for silence", "担当者による配信の保留"),
        ({"left": "their own wish"}, "their own wish", "their own wish"),
        ({"left": "timeout"}, "nothing came in time", "期限までに何も起きませんでした"),
        ({"product": "vinyl-club"}, "vinyl-club", "vinyl-club"),
        ({"cap": "household"}, "counted over their household", "ご家庭全体での件数"),
        ({"cap": "address"}, "counted over everybody who is reached at this address", "同じ宛先全体での件数"),
        ({"cap": "unheard of"}, "", ""),
    ],
)
def test_a_record_tells_which_it_was(record: dict[str, Any], en: str, ja: str) -> None:
    languages: tuple[Language, ...] = ("en", "ja")
    assert tuple(detail_of(record, POLICY, language) for language in languages) == (en, ja)


def test_the_detail_stands_beside_the_reason() -> None:
    told: dict[str, Any] = {
        "person": "Ann",
        "campaign": "Spring",
        "channel": "email",
        "at": NOON,
        "zone": None,
    }
    told |= {"state": "DENIED", "reason": "tone_hold", "not_before": None}
    assert "held back (A complaint)." in explain(**told, language="en", detail="A complaint")
    assert "控えている（苦情の対応中）ため、" in explain(**told, language="ja", detail="苦情の対応中")
    assert "(" not in explain(**told, language="en").partition("because")[2]


@pytest.mark.parametrize(
    ("scope", "shared"), [("person", ""), ("address", "address"), ("household", "household")]
)
def test_a_cap_says_over_whom_it_counts(scope: str, shared: str) -> None:
    cap = FrequencyCap.model_validate({"scope": scope, "count": 1, "window": "7d"})
    heard = Pressure(1, (Touch(NOON - timedelta(hours=1), "email", "m1"),))
    asked = Touch(NOON, "email", "m2")
    found = cap_standing([cap], Heard(heard, heard), asked, now=NOON, zone=None)
    assert (found.sent_in_window, found.shared) == (1, shared)
