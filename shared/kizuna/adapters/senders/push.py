"""Pushes by `pinpoint:SendMessages` with raw addresses, to APNs and FCM: a `Sender`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from kizuna.adapters.senders.provider_calls import THROTTLED_FOR, ErrorClasses, check_leave, one_call
from kizuna.core.content.rendering import RenderedPush
from kizuna.core.gate import Approved
from kizuna.core.messages import Accepted, Message, NotAccepted, Outcome, Rejected, Unclear
from kizuna.core.ports import Envelope
from kizuna.core.pushes import data_of

ERRORS = ErrorClasses(
    later={"TooManyRequestsException": THROTTLED_FOR},
    permanent=frozenset({"PlatformApplicationDisabledException"}),
    any_4xx_is_permanent=True,
    account=frozenset({"PlatformApplicationDisabledException"}),
)
CHANNEL_TYPES: Mapping[str, str] = {"ios": "APNS", "android": "GCM"}

_LIFE_MOST = timedelta(weeks=4)  # FCM keeps a message no longer
# Refusals that say something about what was sent or by whom: the token is as good as before.
_NOT_THE_TOKEN = (
    "PayloadTooLarge",
    "PayloadEmpty",
    "BadCollapseId",
    "BadExpirationDate",
    "BadPriority",
    "BadTopic",
    "MissingTopic",
    "TopicDisallowed",
    "BadCertificate",
    "ProviderToken",  # expired, invalid or missing
    "THIRD_PARTY_AUTH_ERROR",
    "InvalidPackageName",
    "MessageTooBig",
)


class PinpointPushSender:
    """Sends one push to one token with one call. `client` comes from `sending_client("pinpoint")`.

    `application` is used where the envelope names none.
    """

    def __init__(self, client: Any, *, application: str = "") -> None:
        self._client = client
        self._application = application

    def send(self, approved: Approved, envelope: Envelope, content: RenderedPush) -> Outcome:
        """Raises NotApproved for another message's approval; whatever else happens is an outcome."""
        check_leave(approved, envelope, channel="push")
        channel_type = CHANNEL_TYPES.get(envelope.platform)
        if channel_type is None:
            return Rejected("unknown_platform")

        def call() -> Outcome:
            reply = self._client.send_messages(
                ApplicationId=envelope.sender or self._application,
                MessageRequest=_request(envelope.message, channel_type, content),
            )
            results = reply.get("MessageResponse", {}).get("Result", {})
            return _result(results.get(envelope.message.address, {}))

        return one_call(call, ERRORS)


def _request(message: Message, channel_type: str, content: RenderedPush) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Title": content.title,
        "Body": content.body,
        "Data": data_of(message, content.data),
    }
    if message.expires_at is not None:
        left = min(_LIFE_MOST, message.expires_at - message.changed_at)
        shown["TimeToLive"] = max(0, int(left.total_seconds()))
    # On the device a repeat takes the place of the first, where the platform heeds it.
    match channel_type:
        case "APNS":
            configuration = {"APNSMessage": {**shown, "CollapseId": message.id}}
        case _:
            configuration = {"GCMMessage": {**shown, "CollapseKey": message.id}}
    return {
        "Addresses": {message.address: {"ChannelType": channel_type}},
        "MessageConfiguration": configuration,
        "Context": {"send_id": message.id},
    }


def _result(result: Mapping[str, Any]) -> Outcome:
    """The fate of one address. A status that is not listed is unclear."""
    match result.get("DeliveryStatus"):
        case "SUCCESSFUL":
            return Accepted(str(result.get("MessageId", "")))
        case "THROTTLED":
            return NotAccepted("THROTTLED", THROTTLED_FOR)
        case "PERMANENT_FAILURE":
            return Rejected("PERMANENT_FAILURE", address_dead=_is_of_the_token(result))
        case "OPT_OUT":
            return Rejected("OPT_OUT")
        case "UNKNOWN_FAILURE" | "TEMPORARY_FAILURE" | "DUPLICATE" as status:
            return Unclear(status)
        case _:
            return Unclear("unreadable_reply")


def _is_of_the_token(result: Mapping[str, Any]) -> bool:
    """A refusal for good is the token's fault, unless it names another cause."""
    told = str(result.get("StatusMessage", ""))
    return not any(cause in told for cause in _NOT_THE_TOKEN)
