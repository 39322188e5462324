"""Endpoints of Amazon Pinpoint: people with addresses, their No carried over, their Yes not taken for granted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.core.files.test_reading import codes, read, sample


def endpoint(**fields: Any) -> str:
    return json.dumps({"Id": "E-1", "ChannelType": "EMAIL", "Address": "a@people.example", **fields})


def words(context: Any) -> list[tuple[str, str, Any]]:
    return [
        (item["type"], item["status"], item["key"]) for item in context.get("messaging_subscriptions", ())
    ]


def test_the_endpoints_of_a_user_are_addresses_of_one_person() -> None:
    events, rejects, _ = sample("pinpoint-endpoints.csv")
    assert rejects == []
    assert [event.user_id for event in events] == ["p-1", "p-1", "p-1", None]
    email, phone, push, ben = events
    assert email.traits == {
        "Interests": ["Jazz", "Soul"],
        "Visits": 12.0,
        "FirstName": "Aiko",
        "country": "JP",
        "email": "aiko@people.example",
    }
    assert (email.context["locale"], email.context["timezone"]) == ("ja-JP", "Asia/Tokyo")
    assert phone.traits["phone"] == "+819012345678"
    assert push.context["device"] == {"token": "token-aiko-3", "type": "android"}
    assert ben.traits["country"] == "US"
    ids = [item for event in events for item in event.context["externalIds"]]
    assert ids == [{"type": "pinpoint_endpoint", "id": f"e-{number}"} for number in range(1, 5)]


def test_an_opt_out_is_carried_and_a_none_is_no_grant() -> None:
    events, _, _ = sample("pinpoint-endpoints.csv")
    assert [words(event.context) for event in events] == [
        [],
        [("SMS", "UNSUBSCRIBED", "+819012345678")],
        [],
        [("EMAIL", "UNSUBSCRIBED", "ben@people.example")],
    ]


def test_an_export_job_s_lines_say_the_same() -> None:
    events, rejects, _ = sample("pinpoint-endpoints.jsonl")
    clara, push, inactive = events
    assert (clara.user_id, clara.traits["city"], clara.traits["Interests"]) == ("p-2", "Berlin", "Folk")
    assert push.context["device"]["type"] == "ios"
    assert words(push.context) == [("PUSH", "UNSUBSCRIBED", "token-clara-6")]
    assert (inactive.user_id, dict(inactive.traits)) == ("p-3", {})
    assert inactive.extra == {"EndpointStatus": "INACTIVE"}
    assert codes(rejects) == [(4, "unknown_channel", "ChannelType")]
    assert [event.at.isoformat()[:10] for event in events] == ["2025-04-01", "2025-05-01", "2025-05-02"]


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"OptOut": "SOME"}, "unknown_consent", "OptOut"),
        ({"EffectiveDate": "long ago"}, "unreadable_time", "EffectiveDate"),
        ({"User": "p-1"}, "unreadable_value", "User"),
        ({"Metrics": {"x": "many"}}, "unreadable_value", "Metrics.x"),
        ({"Id": None, "Address": None, "OptOut": "NONE"}, "missing_identity", ""),
    ],
)
def test_what_cannot_be_understood_is_refused_and_not_guessed(
    fields: dict[str, Any], code: str, field: str
) -> None:
    events, rejects, _ = read(endpoint(**fields))
    assert events == []
    assert codes(rejects) == [(1, code, field)]


@pytest.mark.parametrize("channel", ["GCM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "ADM", "BAIDU"])
def test_every_push_channel_is_push(channel: str) -> None:
    (event,), _, _ = read(endpoint(ChannelType=channel, Address="token", OptOut="ALL"))
    assert words(event.context) == [("PUSH", "UNSUBSCRIBED", "token")]
    assert event.context["device"]["token"] == "token"


def test_the_opt_out_of_an_inactive_endpoint_is_still_the_person_s() -> None:
    (event,), _, _ = read(endpoint(EndpointStatus="INACTIVE", OptOut="ALL", User={"UserId": "p-1"}))
    assert words(event.context) == [("EMAIL", "UNSUBSCRIBED", None)]


def test_an_endpoint_of_no_address_is_known_by_its_id() -> None:
    (event,), _, _ = read(endpoint(ChannelType="CUSTOM", Address="https://hook.example", OptOut="ALL"))
    assert event.context == {"externalIds": [{"type": "pinpoint_endpoint", "id": "e-1"}]}
    assert event.extra == {"Address": "https://hook.example", "OptOut": "ALL"}
