"""One message through a real sender, whatever its client is."""

from __future__ import annotations

from typing import Any

from kizuna.adapters.push import PinpointPushSender
from kizuna.adapters.ses import SesEmailSender
from kizuna.adapters.sms import SmsVoiceSender
from kizuna.core.messages import Outcome
from tests.support.builders import (
    a_message,
    an_envelope,
    approved,
    rendered_email,
    rendered_push,
    rendered_sms,
)

OPERATIONS = {
    "sesv2": "send_email",
    "pinpoint-sms-voice-v2": "send_text_message",
    "pinpoint": "send_messages",
}
ANY = list(OPERATIONS)


def send(service: str, client: Any) -> Outcome:
    match service:
        case "sesv2":
            message = a_message()
            return SesEmailSender(client).send_email(
                approved(message), an_envelope(message), rendered_email()
            )
        case "pinpoint-sms-voice-v2":
            message = a_message(channel="sms", address="+819012345678")
            sms = SmsVoiceSender(client, origination="pool-1")
            return sms.send_sms(approved(message), an_envelope(message), rendered_sms())
        case _:
            message = a_message(channel="push", address="token-1")
            push = PinpointPushSender(client, application="app-1")
            return push.send_push(approved(message), an_envelope(message, platform="ios"), rendered_push())
