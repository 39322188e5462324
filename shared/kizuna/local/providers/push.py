"""What is left of Pinpoint on the wire (`rest-json`): `SendMessages` to raw push addresses.

Pinpoint's endpoints ended on 2026-10-30, so a request that names endpoints is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from kizuna.local.providers.operation import Minting, Operation, Verdict
from kizuna.local.providers.outbox import Channel, OutboxMessage, Provider
from kizuna.local.providers.wire import Refusal, Reply, Request, json_reply, rest_json_refusal
from kizuna.local.providers.world import World

PATH = re.compile(r"/v1/apps/([^/]+)/messages")
MAX_ADDRESSES = 100
DELIVERY_STATUSES = frozenset(
    {"THROTTLED", "TEMPORARY_FAILURE", "PERMANENT_FAILURE", "UNKNOWN_FAILURE", "OPT_OUT", "DUPLICATE"}
)
_PLATFORMS: Mapping[str, str] = {
    "GCM": "GCMMessage",
    "APNS": "APNSMessage",
    "APNS_SANDBOX": "APNSMessage",
    "APNS_VOIP": "APNSMessage",
    "APNS_VOIP_SANDBOX": "APNSMessage",
    "ADM": "ADMMessage",
    "BAIDU": "BaiduMessage",
}


def parse(request: Request, minting: Minting) -> tuple[OutboxMessage, ...]:
    try:
        asked = request.json_object()
    except ValueError as error:
        raise _bad(f"the request is not JSON: {error}") from error
    if asked.get("Endpoints"):
        raise _bad("Endpoints: no longer supported")
    addresses = asked.get("Addresses") or {}
    if not addresses or len(addresses) > MAX_ADDRESSES:
        raise _bad(f"Addresses: 1 to {MAX_ADDRESSES} are needed")
    found = PATH.fullmatch(request.path)
    application = found[1] if found else ""
    return tuple(
        _message(asked, token, settings or {}, application, minting) for token, settings in addresses.items()
    )


def _message(
    asked: Mapping[str, Any],
    token: str,
    settings: Mapping[str, Any],
    application: str,
    minting: Minting,
) -> OutboxMessage:
    platform = str(settings.get("ChannelType"))
    if platform not in _PLATFORMS:
        raise _bad("ChannelType: not a push channel of this application")
    content = _content(asked.get("MessageConfiguration") or {}, _PLATFORMS[platform])
    return OutboxMessage(
        id=minting.ids.uuid(minting.at),
        at=minting.at,
        channel=Channel.PUSH,
        provider=Provider.PINPOINT,
        to=(token,),
        sender=application,
        subject=settings.get("TitleOverride") or content.get("Title") or "",
        text=settings.get("BodyOverride") or content.get("Body") or _raw(settings, content),
        tags={**(asked.get("Context") or {}), **(settings.get("Context") or {})},
        data=content.get("Data") or {},
        request=asked,
    )


def _content(configuration: Mapping[str, Any], platform: str) -> Mapping[str, Any]:
    """The platform's own message, else the default one for pushes, else the default of all channels."""
    for name in (platform, "DefaultPushNotificationMessage", "DefaultMessage"):
        if configuration.get(name):
            content: Mapping[str, Any] = configuration[name]
            return content
    raise _bad("MessageConfiguration: no message for the channel type of an address")


def _raw(settings: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    return str(settings.get("RawContent") or content.get("RawContent") or "")


def _bad(message: str) -> Refusal:
    return Refusal("BadRequestException", message)


def judge(message: OutboxMessage, _world: World) -> Refusal | None:
    """A token with "invalid" in it stands for an app that was uninstalled."""
    if "invalid" not in message.recipient.lower():
        return None
    return Refusal("PERMANENT_FAILURE", json.dumps({"reason": "Unregistered"}), status=410)


def reply(verdicts: Sequence[Verdict], request_id: str) -> Reply:
    results = {v.message.recipient: _result(v) for v in verdicts}
    application = verdicts[0].message.sender
    return json_reply({"ApplicationId": application, "RequestId": request_id, "Result": results})


def _result(verdict: Verdict) -> dict[str, Any]:
    if verdict.refusal is None:
        return {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200, "MessageId": verdict.message.id}
    return {
        "DeliveryStatus": verdict.refusal.code,
        "StatusCode": verdict.refusal.status,
        "StatusMessage": verdict.refusal.message,
    }


SEND_MESSAGES = Operation(
    provider=Provider.PINPOINT,
    name="SendMessages",
    parse=parse,
    judge=judge,
    reply=reply,
    refuse=rest_json_refusal,
    throttled=Refusal("TooManyRequestsException", "Too many requests", status=429),
    codes={},
    per_recipient=DELIVERY_STATUSES,
)
