"""End User Messaging SMS on the wire (`json` 1.0): `SendTextMessage` and `SendMediaMessage`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kizuna.local.providers.operation import Minting, Operation, Verdict
from kizuna.local.providers.outbox import Channel, OutboxMessage, Provider
from kizuna.local.providers.wire import Refusal, Reply, Request, json_refusal, json_reply
from kizuna.local.providers.world import World

TARGET = "PinpointSMSVoiceV2.SendTextMessage"
MEDIA_TARGET = "PinpointSMSVoiceV2.SendMediaMessage"
MAX_MEDIA = 1  # the most that the model of `SendMediaMessage` lists
MAX_CONTEXT = 5
MAX_BODY = 1600
MESSAGE_TYPES = ("TRANSACTIONAL", "PROMOTIONAL")
_PHONE = re.compile(r"\+?[1-9][0-9]{1,18}")
_MEDIA = re.compile(r"s3://[a-z0-9.-]{3,63}/.+")


def parse(request: Request, minting: Minting) -> tuple[OutboxMessage, ...]:
    try:
        asked = request.json_object()
    except ValueError as error:
        raise _invalid("CANNOT_PARSE", f"the request is not JSON: {error}") from error
    _check(asked)
    return (
        OutboxMessage(
            id=minting.ids.uuid(minting.at),
            at=minting.at,
            channel=Channel.SMS,
            provider=Provider.SMS_VOICE,
            to=(asked["DestinationPhoneNumber"],),
            sender=asked.get("OriginationIdentity") or "",
            text=asked.get("MessageBody", ""),
            tags=asked.get("Context") or {},
            data={f"media {at}": url for at, url in enumerate(asked.get("MediaUrls") or (), start=1)},
            configuration_set=asked.get("ConfigurationSetName") or minting.default_configuration_set,
            request=asked,
        ),
    )


def _check(asked: Mapping[str, Any]) -> None:
    number = asked.get("DestinationPhoneNumber")
    if not isinstance(number, str) or not _PHONE.fullmatch(number):
        raise _invalid("INVALID_PARAMETER", "DestinationPhoneNumber is not a number in E.164 form")
    body = asked.get("MessageBody")
    if not isinstance(body, str) or not body.strip() or len(body) > MAX_BODY:
        raise _invalid("FIELD_VALIDATION_FAILED", f"MessageBody must have 1 to {MAX_BODY} characters")
    if asked.get("MessageType", "TRANSACTIONAL") not in MESSAGE_TYPES:
        raise _invalid("FIELD_VALIDATION_FAILED", "MessageType is not a known type")
    if not 5 <= asked.get("TimeToLive", 259_200) <= 259_200:
        raise _invalid("FIELD_VALIDATION_FAILED", "TimeToLive must be 5 to 259200 seconds")
    media = asked.get("MediaUrls") or ()
    if len(media) > MAX_MEDIA or not all(_MEDIA.fullmatch(url) for url in media):
        raise _invalid("FIELD_VALIDATION_FAILED", f"MediaUrls: at most {MAX_MEDIA}, each s3://bucket/key")
    if media and not asked.get("OriginationIdentity"):
        raise _invalid("FIELD_VALIDATION_FAILED", "OriginationIdentity is required")
    context = asked.get("Context") or {}
    if len(context) > MAX_CONTEXT or any(len(k) > 100 or len(v) > 800 for k, v in context.items()):
        raise _invalid("FIELD_VALIDATION_FAILED", f"Context has more than {MAX_CONTEXT} pairs or is too long")


def _invalid(reason: str, message: str) -> Refusal:
    return Refusal("ValidationException", message, fields={"Reason": reason})


def judge(message: OutboxMessage, world: World) -> Refusal | None:
    if not world.has_opted_out(message.recipient):
        return None
    return Refusal(
        "ConflictException",
        "Conflict Occurred - Reason=DESTINATION_PHONE_NUMBER_OPTED_OUT",
        fields={"Reason": "DESTINATION_PHONE_NUMBER_OPTED_OUT", "ResourceType": "opted-out-number"},
    )


def reply(verdicts: Sequence[Verdict], _request_id: str) -> Reply:
    made = json_reply({"MessageId": verdicts[0].message.id})
    return Reply(made.status, made.body, "application/x-amz-json-1.0")


SEND_TEXT_MESSAGE = Operation(
    provider=Provider.SMS_VOICE,
    name="SendTextMessage",
    parse=parse,
    judge=judge,
    reply=reply,
    refuse=json_refusal,
    throttled=Refusal("ThrottlingException", "Rate exceeded"),
    codes={},
)
SEND_MEDIA_MESSAGE = replace(SEND_TEXT_MESSAGE, name="SendMediaMessage")
