"""Records of SMS events and of replies, as in "Example event data" and "two-way SMS message payload"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import phonenumbers

from kizuna.local.providers.outbox import OutboxMessage
from kizuna.local.providers.world import Behaviour

Record = dict[str, Any]
OUR_NUMBER = "+12065550100"  # what a pool picks; a fictional number
PRICE_OF_A_PART = 0.00645  # US dollars, made up

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_DOUBLE = frozenset("^{}\\[~]|€\f")  # each takes an escape and a character

# event type, status and description of each way to end
_ENDINGS: Mapping[Behaviour, tuple[str, str, str]] = {
    Behaviour.DELIVERS: ("TEXT_DELIVERED", "DELIVERED", "Message has been accepted by phone"),
    Behaviour.BOUNCES: ("TEXT_INVALID", "INVALID", "The destination number is not valid"),
    Behaviour.SOFT_BOUNCES: ("TEXT_UNREACHABLE", "UNREACHABLE", "The phone cannot be reached now"),
    Behaviour.SUPPRESSED: ("TEXT_BLOCKED", "BLOCKED", "Phone has blocked SMS"),
}


def pending(message: OutboxMessage) -> Record:
    """On its way: accepted by the carrier, not final."""
    return _record(
        message, at=message.at, how=("TEXT_PENDING", "PENDING", "Message is on its way"), final=False
    )


def ended(message: OutboxMessage, *, at: datetime, how: Behaviour) -> Record:
    """The last word about a text. Whoever complains or is away by e-mail simply receives texts."""
    ending = _ENDINGS.get(how, _ENDINGS[Behaviour.DELIVERS])
    return _record(message, at=at, how=ending, final=True)


def _record(message: OutboxMessage, *, at: datetime, how: tuple[str, str, str], final: bool) -> Record:
    kind, status, description = how
    encoding, parts = parts_of(message.text)
    sender = message.sender
    return {
        "eventType": kind,
        "eventVersion": "1.0",
        "eventTimestamp": _unix_ms(at),
        "isFinal": final,
        "originationPhoneNumber": sender if sender.startswith("+") else OUR_NUMBER,
        "destinationPhoneNumber": message.recipient,
        "isoCountryCode": country_of(message.recipient),
        "messageId": message.id,
        "messageRequestTimestamp": _unix_ms(message.at),
        "messageEncoding": encoding,
        "messageType": message.request.get("MessageType", "TRANSACTIONAL"),
        "messageStatus": status,
        "messageStatusDescription": description,
        "context": dict(message.tags),
        "totalMessageParts": parts,
        "totalMessagePrice": round(parts * PRICE_OF_A_PART, 5),
        "totalCarrierFee": 0.0,
    }


def replied(*, sender: str, to: str, body: str, inbound_id: str, answers: str | None) -> Record:
    """What a person wrote back. `answers` is the id of the text it follows, when there is one."""
    words = body.split()
    record = {
        "originationNumber": sender,
        "destinationNumber": to,
        "messageKeyword": words[0].upper() if words else "",
        "messageBody": body,
        "inboundMessageId": inbound_id,
    }
    return record if answers is None else {**record, "previousPublishedMessageId": answers}


def parts_of(text: str) -> tuple[str, int]:
    """Encoding and number of parts: 160 characters (153 each when several) in GSM 03.38, else 70 (67)."""
    if all(character in _GSM or character in _GSM_DOUBLE for character in text):
        encoding, length, one, each = "GSM", len(text) + sum(c in _GSM_DOUBLE for c in text), 160, 153
    else:
        encoding, length, one, each = "Unicode", len(text.encode("utf-16-be")) // 2, 70, 67
    return encoding, 1 if length <= one else -(-length // each)


def country_of(number: str) -> str:
    """The ISO code of a number's country, `ZZ` when there is none."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return "ZZ"
    return phonenumbers.region_code_for_number(parsed) or "ZZ"


def _unix_ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
