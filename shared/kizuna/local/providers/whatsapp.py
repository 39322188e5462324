"""End User Messaging Social on the wire (`rest-json`): `SendWhatsAppMessage`, and the Cloud API's message inside it.

Refuses what either of the two would: AWS looks at the request, Meta at the message.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from kizuna.local.providers.operation import Minting, Operation, Verdict, nothing_against
from kizuna.local.providers.outbox import Channel, OutboxMessage, Provider
from kizuna.local.providers.wire import Refusal, Reply, Request, json_reply, rest_json_refusal

PATH = "/v1/whatsapp/send"
MAX_TEXT = 4_096
MAX_PARAMETER = 1_024
MAX_CALLBACK_DATA = 512
_ORIGIN = re.compile(r".*(^phone-number-id-.*$)|(^arn:.*:phone-number-id/[0-9a-zA-Z]+$).*")
_NUMBER = re.compile(r"\+?[1-9][0-9]{1,14}")
_VERSION = re.compile(r"v[0-9]{2}\.[0-9]")
_COMPONENTS = frozenset({"header", "body", "button"})


def parse(request: Request, minting: Minting) -> tuple[OutboxMessage, ...]:
    try:
        asked = request.json_object()
        told = json.loads(base64.b64decode(asked.get("message") or "", validate=True))
    except (ValueError, binascii.Error) as error:
        raise _invalid(f"the request is not JSON, or message is none: {error}") from error
    if not _ORIGIN.fullmatch(str(asked.get("originationPhoneNumberId", ""))):
        raise _invalid("originationPhoneNumberId is not the id of a phone number")
    if not _VERSION.fullmatch(str(asked.get("metaApiVersion", ""))):
        raise _invalid("metaApiVersion is not a version")
    _check(told)
    send_id = told.get("biz_opaque_callback_data")
    return (
        OutboxMessage(
            id=minting.ids.uuid(minting.at),
            at=minting.at,
            channel=Channel.WHATSAPP,
            provider=Provider.SOCIAL,
            to=("+" + str(told["to"]).lstrip("+"),),
            sender=str(asked["originationPhoneNumberId"]),
            subject=_name(told),
            text=_text(told),
            tags={"send_id": send_id} if send_id else {},
            configuration_set=minting.default_configuration_set or "whatsapp",
            request=told,
        ),
    )


def _check(told: Any) -> None:
    if not isinstance(told, dict) or told.get("messaging_product") != "whatsapp":
        raise _parameters("messaging_product must be whatsapp")
    if not _NUMBER.fullmatch(str(told.get("to", ""))):
        raise _parameters("to: not a phone number")
    if len(str(told.get("biz_opaque_callback_data", ""))) > MAX_CALLBACK_DATA:
        raise _parameters("biz_opaque_callback_data: too long")
    match told.get("type"):
        case "text":
            body = (told.get("text") or {}).get("body", "")
            if not 1 <= len(body) <= MAX_TEXT:
                raise _parameters(f"text.body must have 1 to {MAX_TEXT} characters")
        case "template":
            _check_template(told.get("template") or {})
        case _:
            raise _parameters("type: text or template")


def _check_template(template: Mapping[str, Any]) -> None:
    if not template.get("name") or not (template.get("language") or {}).get("code"):
        raise _parameters("template: name and language.code are required")
    for component in template.get("components") or ():
        if component.get("type") not in _COMPONENTS:
            raise _parameters("template.components: type is not known")
        for parameter in component.get("parameters") or ():
            text = parameter.get("text", "")
            if len(text) > MAX_PARAMETER or "\n" in text or "\t" in text or "     " in text:
                raise _parameters("template.components: a parameter has a line break, a tab, or is too long")


def _name(told: Mapping[str, Any]) -> str:
    template = told.get("template") or {}
    return f"{template['name']} ({template['language']['code']})" if template else ""


def _text(told: Mapping[str, Any]) -> str:
    """The free text; of a template its values, since what stands around them is known to Meta alone."""
    if told.get("type") == "text":
        return str(told["text"]["body"])
    components = (told.get("template") or {}).get("components") or ()
    return "\n".join(
        str(parameter.get("text") or parameter.get("payload") or "")
        for component in components
        for parameter in component.get("parameters") or ()
    )


def _invalid(message: str) -> Refusal:
    return Refusal("ValidationException", message)


def _parameters(message: str) -> Refusal:
    return Refusal("InvalidParametersException", message)


def reply(verdicts: Sequence[Verdict], _request_id: str) -> Reply:
    return json_reply({"messageId": verdicts[0].message.id})


SEND_WHATSAPP_MESSAGE = Operation(
    provider=Provider.SOCIAL,
    name="SendWhatsAppMessage",
    parse=parse,
    judge=nothing_against,
    reply=reply,
    refuse=rest_json_refusal,
    throttled=Refusal("ThrottledRequestException", "Rate exceeded", status=429),
    codes={},
)
