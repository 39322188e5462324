"""SNS on the wire (`query`: a form in, XML out): `Publish` to a phone number, an endpoint or a topic.

Endpoints are given by `CreatePlatformEndpoint`, which sends nothing: the same token has the same one each time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from kizuna.local.providers.operation import Minting, Operation, Verdict
from kizuna.local.providers.outbox import Channel, OutboxMessage, Provider
from kizuna.local.providers.wire import Refusal, Reply, Request, query_refusal, query_reply
from kizuna.local.providers.world import World

MAX_BYTES = 262_144
_PHONE = re.compile(r"\+[1-9][0-9]{1,14}")
_ATTRIBUTE = re.compile(r"MessageAttributes\.entry\.(\d+)\.(Name|Value\.StringValue)")


def form_of(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))


def parse(request: Request, minting: Minting) -> tuple[OutboxMessage, ...]:
    form = form_of(request)
    channel, target = _target(form)
    text = form.get("Message", "")
    if not text:
        raise Refusal("InvalidParameter", "Invalid parameter: Empty message")
    if len(text.encode()) > MAX_BYTES:
        raise Refusal("InvalidParameter", "Invalid parameter: Message too long")
    told: Mapping[str, str] = {}
    if form.get("MessageStructure") == "json":
        text, told = _default_of(text), json.loads(text)
    tags = _attributes(form)
    tags |= _send_id(told, tags)
    return (
        OutboxMessage(
            id=minting.ids.uuid(minting.at),
            at=minting.at,
            channel=channel,
            provider=Provider.SNS,
            to=(target,),
            sender=tags.get("AWS.SNS.SMS.SenderID", ""),
            subject=form.get("Subject", ""),
            text=text,
            tags=tags,
            data={name: value for name, value in told.items() if name != "default"},
            request=form,
        ),
    )


def _target(form: Mapping[str, str]) -> tuple[Channel, str]:
    match [(name, form[name]) for name in ("PhoneNumber", "TargetArn", "TopicArn") if form.get(name)]:
        case [("PhoneNumber", number)]:
            if not _PHONE.fullmatch(number):
                raise Refusal("InvalidParameter", "Invalid parameter: PhoneNumber")
            return Channel.SMS, number
        case [(_, arn)]:
            return (Channel.PUSH if ":endpoint/" in arn else Channel.TOPIC), arn
        case _:
            raise Refusal(
                "InvalidParameter", "Invalid parameter: exactly one of PhoneNumber, TargetArn or TopicArn"
            )


def _default_of(message: str) -> str:
    try:
        return str(json.loads(message)["default"])
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(
            "InvalidParameter", "Invalid parameter: Message Structure - No default entry in JSON message body"
        ) from error


def _send_id(told: Mapping[str, str], tags: Mapping[str, str]) -> dict[str, str]:
    """SNS has no place for an id of the sender's; what the device collapses by is one."""
    collapse = tags.get("AWS.SNS.MOBILE.APNS.COLLAPSE_ID")
    if "GCM" in told:
        android = json.loads(told["GCM"]).get("fcmV1Message", {}).get("message", {}).get("android", {})
        collapse = android.get("collapse_key")
    return {"send_id": collapse} if collapse else {}


def _attributes(form: Mapping[str, str]) -> dict[str, str]:
    parts: dict[str, dict[str, str]] = {}
    for key, value in form.items():
        if found := _ATTRIBUTE.fullmatch(key):
            parts.setdefault(found[1], {})[found[2]] = value
    return {p["Name"]: p.get("Value.StringValue", "") for p in parts.values() if "Name" in p}


def registers_endpoint(request: Request) -> bool:
    return request.path == "/" and form_of(request).get("Action") == "CreatePlatformEndpoint"


def registered(request: Request, request_id: str) -> Reply:
    form = form_of(request)
    application, token = form.get("PlatformApplicationArn", ""), form.get("Token", "")
    if ":app/" not in application or not token:
        refusal = Refusal("InvalidParameter", "Invalid parameter: PlatformApplicationArn or Token")
        return query_refusal(refusal, request_id)
    endpoint = f"{application.replace(':app/', ':endpoint/')}/{token}"
    return query_reply("CreatePlatformEndpoint", {"EndpointArn": endpoint}, request_id)


def judge(message: OutboxMessage, world: World) -> Refusal | None:
    if message.channel is Channel.SMS and world.has_opted_out(message.recipient):
        return Refusal("InvalidParameter", "Invalid parameter: PhoneNumber Reason: Phone number is opted out")
    if message.channel is Channel.PUSH and "invalid" in message.recipient.lower():
        return Refusal("EndpointDisabled", "Endpoint is disabled")
    return None


def reply(verdicts: Sequence[Verdict], request_id: str) -> Reply:
    return query_reply("Publish", {"MessageId": verdicts[0].message.id}, request_id)


PUBLISH = Operation(
    provider=Provider.SNS,
    name="Publish",
    parse=parse,
    judge=judge,
    reply=reply,
    refuse=query_refusal,
    throttled=Refusal("Throttling", "Rate exceeded"),
    codes={
        "InvalidParameterException": "InvalidParameter",
        "InvalidParameterValueException": "ParameterValueInvalid",
        "InternalErrorException": "InternalError",
        "NotFoundException": "NotFound",
        "EndpointDisabledException": "EndpointDisabled",
        "PlatformApplicationDisabledException": "PlatformApplicationDisabled",
        "AuthorizationErrorException": "AuthorizationError",
        "InvalidSecurityException": "InvalidSecurity",
        "KMSThrottlingException": "KMSThrottling",
    },
)
