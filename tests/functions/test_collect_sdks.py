"""Every recorded request of a client SDK, through the handler as API Gateway calls it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kizuna.core.intake.http import HttpRequest
from kizuna.core.sources import KeyKind
from kizuna.topology import Function
from tests.support.clouds import Shop, a_lambda_event
from tests.support.intake import SAMPLES, taken_in

STARTS = {"segment-browser-settings", "rudder-browser-source-config", "rudder-browser-preflight"}
EVENTS = sorted({path.stem for path in SAMPLES.glob("*.json")} - STARTS)


@pytest.fixture(scope="module")
def with_recorded_keys(shop: Shop) -> Shop:
    for text in ("wk_test", "pk_us_test", "id:secret"):
        shop.new_key("shop", KeyKind.SERVER, text=text)
    return shop


def answer(shop: Shop, event: dict[str, Any]) -> tuple[int, Any]:
    reply = shop.invoke(Function.COLLECT, event)
    return reply["statusCode"], json.loads(reply["body"])


@pytest.mark.parametrize("name", EVENTS)
def test_a_recorded_request_is_answered_200_and_is_in_the_timeline(
    with_recorded_keys: Shop, name: str
) -> None:
    event = a_lambda_event(f"http/{name}")
    assert answer(with_recorded_keys, event) == (200, {"success": True})
    sent = {each.id: each.type for each in taken_in(HttpRequest.from_api_gateway(event)).events}
    stored = {each.id: each.type for each in with_recorded_keys.timeline("u1")}
    assert sent.items() <= stored.items()


@pytest.mark.parametrize("name", EVENTS)
def test_a_request_that_is_sent_again_changes_nothing(with_recorded_keys: Shop, name: str) -> None:
    event = a_lambda_event(f"http/{name}")
    answer(with_recorded_keys, event)
    with with_recorded_keys.watching_writes() as writes:
        assert answer(with_recorded_keys, event) == (200, {"success": True})
    assert writes == []


@pytest.mark.parametrize("name", sorted(STARTS))
def test_what_a_browser_sdk_asks_at_start_is_answered_without_a_valid_key(shop: Shop, name: str) -> None:
    status, body = answer(shop, a_lambda_event(f"http/{name}"))
    assert status == 200
    assert body in (
        {"success": True},
        {
            "integrations": {
                "Segment.io": {
                    "apiKey": "wk_test",
                    "apiHost": "collect.example.com/v1",
                    "protocol": "https",
                }
            }
        },
        {
            "source": {
                "id": "kizuna",
                "name": "kizuna",
                "writeKey": "wk_test",
                "enabled": True,
                "workspaceId": "kizuna",
                "updatedAt": "2026-01-01T00:00:00Z",
                "destinations": [],
                "dataplanes": {},
                "config": {"statsCollection": {"errors": {"enabled": False}, "metrics": {"enabled": False}}},
            }
        },
    )
