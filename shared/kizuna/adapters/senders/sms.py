"""Texts by AWS End User Messaging (`pinpoint-sms-voice-v2`): a `Sender`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kizuna.adapters.senders.provider_calls import (
    STOPPED_FOR,
    THROTTLED_FOR,
    ErrorClasses,
    check_leave,
    one_call,
)
from kizuna.core.content.brand_senders import SmsSending
from kizuna.core.content.rendering import RenderedSms
from kizuna.core.gate import Approved
from kizuna.core.messages import Accepted, Message, Outcome, Rejected, Unclear
from kizuna.core.ports import Envelope

ERRORS = ErrorClasses(
    later={"ThrottlingException": THROTTLED_FOR, "ServiceQuotaExceededException": STOPPED_FOR},
    permanent=frozenset(
        {
            "ValidationException",
            "AccessDeniedException",
            "ResourceNotFoundException",
            "ConflictException",
        }
    ),
    account=frozenset(
        {
            "AccessDeniedException.ACCOUNT_DISABLED",
            "AccessDeniedException.INSUFFICIENT_ACCOUNT_REPUTATION",
        }
    ),
)
OPTED_OUT = "ConflictException.DESTINATION_PHONE_NUMBER_OPTED_OUT"

_LIFE_SECONDS = (5, 259_200)  # what the provider takes as TimeToLive


class SmsVoiceSender:
    """Sends one text, or one multimedia message, with one call. `client` comes from
    `sending_client("pinpoint-sms-voice-v2")`.

    Origin and configuration set are used where the brand names none. What a text costs was counted when it was
    rendered; one of more parts than the brand allows never comes here.
    """

    def __init__(self, client: Any, *, origination: str = "", configuration_set: str = "") -> None:
        self._client = client
        self._origination = origination
        self._configuration_set = configuration_set

    def send(self, approved: Approved, envelope: Envelope, content: RenderedSms) -> Outcome:
        """Raises NotApproved for another message's approval; whatever else happens is an outcome."""
        check_leave(approved, envelope, channel="sms")
        speaks = envelope.brand.sms if envelope.brand is not None else SmsSending()
        shared = self._shared(envelope, content, speaks)

        def call() -> Outcome:
            if content.media:
                reply = self._client.send_media_message(**shared, MediaUrls=list(content.media))
            else:
                # By the category it was judged as: promotional content makes any message promotional.
                kind = "PROMOTIONAL" if approved.category == "marketing" else "TRANSACTIONAL"
                reply = self._client.send_text_message(**shared, MessageType=kind)
            provider_id = reply.get("MessageId")
            return Accepted(provider_id) if provider_id else Unclear("unreadable_reply")

        outcome = one_call(call, ERRORS)
        if isinstance(outcome, Rejected) and outcome.reason == OPTED_OUT:
            return replace(outcome, opted_out=True)
        return outcome

    def _shared(self, envelope: Envelope, content: RenderedSms, speaks: SmsSending) -> dict[str, Any]:
        message = envelope.message
        optional = {
            "OriginationIdentity": speaks.origin_for(envelope.country)
            or envelope.sender
            or self._origination,
            "ConfigurationSetName": self._configuration_set,
            "ProtectConfigurationId": speaks.protect_configuration,
            "MaxPrice": speaks.max_price,
            "TimeToLive": _time_to_live(message),
        }
        return {
            "DestinationPhoneNumber": message.address,
            "MessageBody": content.body,
            "Context": {"send_id": message.id},
            **{name: value for name, value in optional.items() if value},
        }


def _time_to_live(message: Message) -> int | None:
    """Seconds from the claim until the text is no longer useful, as far as the provider allows."""
    if message.expires_at is None:
        return None
    least, most = _LIFE_SECONDS
    return min(most, max(least, int((message.expires_at - message.changed_at).total_seconds())))
