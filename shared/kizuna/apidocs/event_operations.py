"""What client SDKs call to tell events, in every dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kizuna.apidocs.event_schemas import COMPONENT_OF
from kizuna.apidocs.operations import JSON, Body, Operation, Parameter, Reply, problem, ref
from kizuna.apidocs.shared_parts import (
    INTERNAL,
    TOO_LARGE,
    TOO_OFTEN,
    UNAUTHORIZED,
    UNAVAILABLE,
    WRITE_KEY,
)
from kizuna.apidocs.texts import CALLS, Call

EVENTS = "Events"
BROWSER = "Events, in the paths of browser SDKs"

_HEADERS = (
    Parameter(
        "Content-Encoding",
        "header",
        "Of the body. The bytes decide: a body that starts like gzip is inflated without it, too.",
        {"enum": ["gzip", "x-gzip", "deflate", "identity"]},
        component="ContentEncoding",
    ),
    Parameter(
        "X-Identity-Token",
        "header",
        "Proves who is calling: a JWT that the company's own server signed with an identity key (HS256 or RS256, as "
        "the key was made; `sub` is the userId). `context.identityToken` does the same.",
        {"type": "string"},
        component="IdentityToken",
    ),
    Parameter(
        "AnonymousId",
        "header",
        "In base64: stands in for the `anonymousId` of an event that names nobody.",
        {"type": "string"},
        component="AnonymousId",
    ),
    Parameter("SentAt", "header", "Stands in for `sentAt`.", {"type": "string"}, component="SentAt"),
    Parameter(
        "Sec-GPC",
        "header",
        "`1`: this person opts out of the sale and sharing of data (Global Privacy Control).",
        {"enum": ["1"]},
        component="GlobalPrivacyControl",
    ),
)

_INVALID: Mapping[str, str] = {
    "invalid_json": "body: Expecting ',' delimiter at character 41",
    "invalid_request": "event: is required",
    "payload_too_large": "body: more than 4194304 bytes",
    "unsupported_encoding": "Content-Encoding: use gzip, deflate or none",
}
_INVALID_BATCH: Mapping[str, str] = {
    **_INVALID,
    "invalid_request": "batch: must be a list of events",
    "too_many_events": "batch: more than 2500 events",
}
INVALID_EVENT = problem(
    400,
    "Nothing of it can be used. An event with a wrong or a missing field is set apart with its cause.",
    _INVALID,
    component="InvalidEvent",
)
INVALID_BATCH = problem(400, "Nothing of it can be used.", _INVALID_BATCH, component="InvalidBatch")
_FORBIDDEN = problem(
    403,
    "The key is known, and may not do this or not from there.",
    {"forbidden": "this key may not be used from this origin"},
    component="Forbidden",
)
_ACCEPTED = Reply(
    200,
    "Durable, and as a rule current already: the golden record and its segments. Also for a repeat, and for a "
    "single event of more than 32 KB, which is set apart.",
    {JSON: ref("Accepted")},
    {"accepted": {"success": True}},
    component="Taken",
)
_ACCEPTED_BATCH = Reply(
    200,
    "Durable, each event: on the golden records, in the queue that leads there, or set apart with its cause if "
    "it cannot be used.",
    {JSON: ref("Accepted")},
    {"accepted": {"success": True}},
    component="BatchTaken",
)
_REST = (UNAUTHORIZED, _FORBIDDEN, TOO_LARGE, TOO_OFTEN, INTERNAL, UNAVAILABLE)


def event_operations() -> tuple[Operation, ...]:
    """In the order of the page."""
    whole = tuple(_event(call) for call in CALLS)
    short = tuple(_short(call) for call in CALLS if call.letter)
    return (*whole, _batch(), *short, _short_batch(), _beacon(), *_jitsu())


def _event(call: Call) -> Operation:
    return Operation(
        id=call.type,
        method="post",
        path=f"/v1/{call.type}",
        tag=EVENTS,
        summary=call.summary,
        japanese=call.japanese,
        description=call.description,
        parameters=_HEADERS,
        body=Body(ref(COMPONENT_OF[call.type]), {"event": call.example}, _BODY),
        replies=(_ACCEPTED, INVALID_EVENT, *_REST),
        security=WRITE_KEY,
        slash=True,
    )


def _short(call: Call) -> Operation:
    return Operation(
        id=f"{call.type}FromBrowser",
        method="post",
        path=f"/v1/{call.letter}",
        tag=BROWSER,
        summary=f"{call.summary} (short path of @segment/analytics-next)",
        japanese=call.japanese,
        parameters=_HEADERS,
        body=Body(ref(COMPONENT_OF[call.type]), {"event": call.example}, _BODY),
        replies=(_ACCEPTED, INVALID_EVENT, *_REST),
        security=WRITE_KEY,
        slash=True,
        same_as=f"/v1/{call.type}",
    )


def _batch(
    operation: str = "batch", path: str = "/v1/batch", summary: str = "Many events at once", same_as: str = ""
) -> Operation:
    return Operation(
        id=operation,
        method="post",
        path=path,
        tag=BROWSER if same_as else EVENTS,
        summary=summary,
        japanese="複数のイベントをまとめて送ります。",
        description=""
        if same_as
        else "Up to 2,500 events and 4 MB. A batch with events that cannot be used is answered 200 like any "
        "other, for no SDK knows what to do with half a refusal: those events are set apart, each with its cause "
        "and its place, and can be replayed after a fix.",
        parameters=_HEADERS,
        body=Body(ref("EventBatch"), {"batch": _BATCH}, _BODY),
        replies=(_ACCEPTED_BATCH, INVALID_BATCH, *_REST),
        security=WRITE_KEY,
        slash=True,
        same_as=same_as,
    )


def _short_batch() -> Operation:
    return _batch(
        "batchFromBrowser", "/v1/b", "Many events (short path of @segment/analytics-next)", "/v1/batch"
    )


def _beacon() -> Operation:
    operation = _batch(
        "beacon", "/beacon/v1/batch", "Many events, from a page that is left (sendBeacon)", "/v1/batch"
    )
    return replace(operation, slash=False)


def _jitsu() -> tuple[Operation, ...]:
    schema = {"anyOf": [ref(name) for name in dict.fromkeys(COMPONENT_OF.values())]}
    variable = Parameter(
        "call", "path", "The type of the event.", {"enum": [call.type for call in CALLS]}, "track"
    )
    example = next(call.example for call in CALLS if call.type == "track")
    return tuple(
        Operation(
            id=operation,
            method="post",
            path=path,
            tag=BROWSER,
            summary=summary,
            japanese="Jitsu SDKからイベントを一つ送ります。",
            description="The body is that of `/v1/{call}`. Jitsu's keys are written `id:secret`; the secret may "
            "be a key of ours.",
            parameters=(variable, *_HEADERS),
            body=Body(schema, {"event": example}, _BODY),
            replies=(_ACCEPTED, INVALID_EVENT, *_REST),
            security=WRITE_KEY,
        )
        for operation, path, summary in (
            ("jitsu", "/api/s/{call}", "One event, from a page with Jitsu's SDK"),
            ("jitsuServer", "/api/s/s2s/{call}", "One event, from a server with Jitsu's SDK"),
        )
    )


_BODY = (
    "JSON in UTF-8, whatever the Content-Type says (SDKs send `text/plain` and form types, too), plain or "
    "compressed with gzip or deflate."
)
_BATCH: Mapping[str, Any] = {
    "batch": [
        {"type": call.type, "messageId": f"example-{call.type}", **call.example}
        for call in CALLS
        if call.type in ("identify", "track")
    ],
    "sentAt": "2026-11-22T12:00:00.000Z",
}
