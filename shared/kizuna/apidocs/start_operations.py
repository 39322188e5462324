"""What browser SDKs ask before their first event."""

from __future__ import annotations

from kizuna.apidocs.operations import JSON, Operation, Parameter, Reply, ref
from kizuna.apidocs.shared_parts import INTERNAL, THROTTLED

START = "Start of browser SDKs"


def start_operations() -> tuple[Operation, ...]:
    """In the order of the page."""
    return (_settings(), _source_config())


def _settings() -> Operation:
    example = {
        "integrations": {
            "Segment.io": {"apiKey": "kzc_example", "apiHost": "api.shop.example/v1", "protocol": "https"}
        }
    }
    return Operation(
        id="settings",
        method="get",
        path="/v1/projects/{key}/settings",
        tag=START,
        summary="What @segment/analytics-next asks when it has a cdnURL",
        japanese="SegmentブラウザSDKが起動時に読み込む設定です。",
        description="Tells nothing about whether the key exists.",
        parameters=(
            Parameter("key", "path", "The write key; it is given back.", {"type": "string"}, "kzc_example"),
        ),
        replies=(
            Reply(200, "The smallest settings it takes.", {JSON: ref("SettingsStub")}, {"stub": example}),
            THROTTLED,
            INTERNAL,
        ),
    )


def _source_config() -> Operation:
    silent = {"errors": {"enabled": False}, "metrics": {"enabled": False}}
    source = {
        "id": "kizuna",
        "name": "kizuna",
        "writeKey": "kzc_example",
        "enabled": True,
        "workspaceId": "kizuna",
        "updatedAt": "2026-01-01T00:00:00Z",
        "destinations": [],
        "dataplanes": {},
        "config": {"statsCollection": silent},
    }
    return Operation(
        id="sourceConfig",
        method="get",
        path="/sourceConfig",
        tag=START,
        summary="What @rudderstack/analytics-js asks at start",
        japanese="RudderStackブラウザSDKが起動時に読み込む設定です。",
        description="Tells nothing about whether the key exists.",
        parameters=(
            Parameter(
                "writeKey", "query", "The write key; it is given back.", {"type": "string"}, "kzc_example"
            ),
        ),
        replies=(
            Reply(
                200,
                "The smallest source it takes.",
                {JSON: ref("SourceConfigStub")},
                {"stub": {"source": source}},
            ),
            THROTTLED,
            INTERNAL,
        ),
        slash=True,
    )
