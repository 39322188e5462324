"""SES v2 on the wire: `SendEmail` with simple and raw content, and `GetAccount`.

Refuses what SES refuses: see the limits in the model of `MessageTag`, `MessageHeader` and `Destination`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from typing import Any

from kizuna.local.providers.operation import Minting, Operation, Verdict, nothing_against
from kizuna.local.providers.outbox import Channel, OutboxMessage, Provider
from kizuna.local.providers.wire import Refusal, Reply, Request, json_reply, rest_json_refusal

SEND_PATH = "/v2/email/outbound-emails"
ACCOUNT_PATH = "/v2/email/account"

MAX_RECIPIENTS = 50
MAX_TAGS = 50
MAX_HEADERS = 15
MAX_HEADER_LENGTH = 996
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
_HEADER_NAME = re.compile(r"[!-9;-@A-~]{1,126}")
_HEADER_VALUE = re.compile(r"[ -~]{1,995}")
_ADDRESS = re.compile(r"[!-?A-~]+@[A-Za-z0-9.-]+")  # ASCII only: SES has no SMTPUTF8, domains are punycode
# These have fields of their own in the request; SES does not take them as custom headers.
_OWN_HEADERS = frozenset(
    {
        "bcc",
        "cc",
        "content-disposition",
        "content-type",
        "date",
        "from",
        "message-id",
        "mime-version",
        "reply-to",
        "return-path",
        "subject",
        "to",
    }
)


def parse(request: Request, minting: Minting) -> tuple[OutboxMessage, ...]:
    try:
        asked = request.json_object()
    except ValueError as error:
        raise Refusal("BadRequestException", f"the request is not JSON: {error}") from error
    content = asked.get("Content") or {}
    if "Simple" in content:
        return (_simple(asked, content["Simple"], minting),)
    if "Raw" in content:
        return (_raw(asked, content["Raw"], minting),)
    if "Template" in content:
        raise Refusal("NotFoundException", "Template does not exist", status=404)
    raise Refusal("BadRequestException", "Content: one of Simple, Raw or Template is required")


def _simple(asked: Mapping[str, Any], simple: Mapping[str, Any], minting: Minting) -> OutboxMessage:
    body = simple.get("Body") or {}
    text = (body.get("Text") or {}).get("Data", "")
    html = (body.get("Html") or {}).get("Data", "")
    if not text and not html:
        raise Refusal("BadRequestException", "Body: one of Text or Html is required")
    headers = tuple((h["Name"], h["Value"]) for h in simple.get("Headers") or ())
    _check_headers(headers)
    return _message(
        asked,
        minting,
        to=_destinations(asked),
        sender=asked.get("FromEmailAddress") or "",
        subject=(simple.get("Subject") or {}).get("Data", ""),
        text=text,
        html=html,
        headers=headers,
        tags=_tags(asked),
        configuration_set=asked.get("ConfigurationSetName"),
    )


def _raw(asked: Mapping[str, Any], raw: Mapping[str, Any], minting: Minting) -> OutboxMessage:
    mail = message_from_bytes(base64.b64decode(raw.get("Data") or ""), policy=policy.default)
    assert isinstance(mail, EmailMessage)  # noqa: S101 - what that policy makes
    to = _destinations(asked)
    if not to:
        named = [str(value) for name in ("To", "Cc", "Bcc") for value in mail.get_all(name, [])]
        to = tuple(address for _, address in getaddresses(named))
    return _message(
        asked,
        minting,
        to=to,
        sender=asked.get("FromEmailAddress") or str(mail.get("From", "")),
        subject=str(mail.get("Subject", "")),
        text=_part(mail, "plain"),
        html=_part(mail, "html"),
        headers=tuple((name, str(value)) for name, value in mail.items()),
        tags=_tags(asked) | _header_tags(str(mail.get("X-SES-MESSAGE-TAGS", ""))),
        configuration_set=asked.get("ConfigurationSetName") or mail.get("X-SES-CONFIGURATION-SET"),
    )


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""


def _message(
    asked: Mapping[str, Any],
    minting: Minting,
    *,
    to: tuple[str, ...],
    sender: str,
    subject: str,
    text: str,
    html: str,
    headers: tuple[tuple[str, str], ...],
    tags: dict[str, str],
    configuration_set: str | None,
) -> OutboxMessage:
    _check_people(to, sender)
    return OutboxMessage(
        id=minting.ids.ses(minting.at),
        at=minting.at,
        channel=Channel.EMAIL,
        provider=Provider.SES,
        to=to,
        sender=sender,
        subject=subject,
        text=text,
        html=html,
        headers=headers,
        tags=tags,
        configuration_set=configuration_set or minting.default_configuration_set,
        request=asked,
    )


def _destinations(asked: Mapping[str, Any]) -> tuple[str, ...]:
    destination = asked.get("Destination") or {}
    lists = (destination.get(name) or () for name in ("ToAddresses", "CcAddresses", "BccAddresses"))
    return tuple(parseaddr(address)[1] for addresses in lists for address in addresses)


def _check_people(to: Sequence[str], sender: str) -> None:
    if not _ADDRESS.fullmatch(parseaddr(sender)[1]):
        raise Refusal("BadRequestException", "FromEmailAddress: missing or not an address")
    if not to:
        raise Refusal("BadRequestException", "Destination: no recipient")
    if len(to) > MAX_RECIPIENTS:
        raise Refusal("BadRequestException", f"Destination: more than {MAX_RECIPIENTS} recipients")
    if not all(_ADDRESS.fullmatch(address) for address in to):
        raise Refusal("BadRequestException", "Destination: not an address")


def _check_headers(headers: Sequence[tuple[str, str]]) -> None:
    if len(headers) > MAX_HEADERS:
        raise Refusal("BadRequestException", f"Headers: more than {MAX_HEADERS}")
    for name, value in headers:
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise Refusal("BadRequestException", f"Headers: {name}: not printable ASCII, empty or too long")
        if len(name) + len(value) > MAX_HEADER_LENGTH:
            raise Refusal("BadRequestException", f"Headers: {name}: over {MAX_HEADER_LENGTH} characters")
        if name.lower() in _OWN_HEADERS:
            raise Refusal("BadRequestException", f"Headers: {name}: not allowed as a custom header")


def _tags(asked: Mapping[str, Any]) -> dict[str, str]:
    tags = {tag["Name"]: tag["Value"] for tag in asked.get("EmailTags") or ()}
    if len(tags) > MAX_TAGS:
        raise Refusal("BadRequestException", f"EmailTags: more than {MAX_TAGS}")
    for name, value in tags.items():
        if not _TAG.fullmatch(name) or not _TAG.fullmatch(value):
            raise Refusal("BadRequestException", f"EmailTags: {name}: only A-Z a-z 0-9 _ - are allowed")
    return tags


def _header_tags(header: str) -> dict[str, str]:
    """`X-SES-MESSAGE-TAGS: name=value, name=value`."""
    pairs = (pair.partition("=") for pair in header.split(",") if pair.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def reply(verdicts: Sequence[Verdict], _request_id: str) -> Reply:
    return json_reply({"MessageId": verdicts[0].message.id})


def account(sent: int) -> Reply:
    """`GetAccount` of an account out of the sandbox, with quotas as new production accounts have them."""
    return json_reply(
        {
            "DedicatedIpAutoWarmupEnabled": False,
            "EnforcementStatus": "HEALTHY",
            "ProductionAccessEnabled": True,
            "SendingEnabled": True,
            "SendQuota": {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": float(sent)},
            "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
        }
    )


SEND_EMAIL = Operation(
    provider=Provider.SES,
    name="SendEmail",
    parse=parse,
    judge=nothing_against,
    reply=reply,
    refuse=rest_json_refusal,
    throttled=Refusal("TooManyRequestsException", "Maximum sending rate exceeded.", status=429),
    codes={},
)
