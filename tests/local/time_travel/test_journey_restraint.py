"""What a journey asks of itself beside the policy: caps of its own messages, hours, a time between two of them."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.catalog import build
from kizuna.local.time_travel.playing import play
from kizuna.local.time_travel.stories import Story
from tests.support.clouds import sample_documents
from tests.support.journey_graphs import document, tell, wait

MAIL = {"template": "win-back-email", "on_withheld": "wait", "expires_after": "5d"}
STEPS = [tell("one", **MAIL), wait("day"), tell("two", **MAIL)]
ANN = {
    "traits": {"email": "ann@example.com", "country": "GB"},
    "zone": "UTC",
    "consents": {"email": "granted"},
}
STORY = {"starts": "2026-11-23 09:00", "zone": "UTC", "people": {"ann": ANN}, "until": "30d"}
DAYTIME = {"windows": {"every_day": [["12:00", "18:00"]]}}


def spoken(**changes: Any) -> list[tuple[str, str]]:
    """When what was sent, and why what was not, in a workspace whose policy holds nothing back."""
    sample = {key: each for key, each in sample_documents().items() if key[0] not in ("journey", "campaign")}
    policy = {**sample["policy", "policy"], "frequency_caps": [], "quiet_hours": []}
    policy.pop("canary", None)
    it = document(*STEPS, brand="groove-harbour", topic="new-releases", **changes)
    catalog = build({**sample, ("policy", "policy"): policy, ("journey", "welcome"): it}, linted=True)
    events = [{"at": "0m", "event": "Signed Up"}]
    played = play(Story.model_validate({**STORY, "events": events}), catalog)
    sent = {each.message.id: f"{each.at:%d %H:%M}" for each in played.sent}
    told = sorted(played.messages, key=lambda message: message.created_at)
    return [(each.campaign.partition(".")[2], sent.get(each.id, each.reason)) for each in told]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, [("one", "23 09:00"), ("two", "24 09:00")]),
        ({"caps": [{"count": 1, "window": "7d"}]}, [("one", "23 09:00"), ("two", "frequency_cap")]),
        (
            {"caps": [{"count": 1, "window": "3d", "on_hit": "defer"}]},
            [("one", "23 09:00"), ("two", "26 09:00")],
        ),
        ({"send_windows": DAYTIME}, [("one", "23 12:00"), ("two", "24 12:01")]),
        (
            {
                "send_windows": DAYTIME,
                "quiet_hours": {**DAYTIME, "windows": {"every_day": [["15:00", "20:00"]]}},
            },
            [("one", "23 15:00"), ("two", "24 15:01")],
        ),
        ({"contact_cooldown": "2d"}, [("one", "23 09:00"), ("two", "25 09:00")]),
        ({"ends_at": "2026-11-24T00:00:00Z"}, [("one", "23 09:00")]),
        ({"category": "marketing", "exclude": {"everyone": True}}, []),
        ({"audience": {"trait": "country", "op": "eq", "value": "JP"}}, []),
    ],
    ids=[
        "nothing",
        "cap",
        "cap that waits",
        "window",
        "both hours",
        "cooldown",
        "end",
        "excluded",
        "audience",
    ],
)
def test_a_journey_holds_itself_back(changes: dict[str, Any], told: list[tuple[str, str]]) -> None:
    assert spoken(**changes) == told
