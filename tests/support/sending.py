"""One message through a real sender, whatever its client is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kizuna.adapters.senders.line import LineSender
from kizuna.adapters.senders.push import PinpointPushSender
from kizuna.adapters.senders.ses import SesEmailSender
from kizuna.adapters.senders.sms import SmsVoiceSender
from kizuna.adapters.senders.sns_push import SnsPushSender
from kizuna.adapters.senders.whatsapp import WhatsAppSender
from kizuna.core.messages import Outcome
from tests.support.builders import (
    a_message,
    an_envelope,
    approved,
    rendered_email,
    rendered_line,
    rendered_push,
    rendered_sms,
    rendered_whatsapp,
)

OPERATIONS = {
    "sesv2": "send_email",
    "pinpoint-sms-voice-v2": "send_text_message",
    "pinpoint": "send_messages",
    "sns": "publish",
    "socialmessaging": "send_whatsapp_message",
}
ANY = list(OPERATIONS)
APPLICATION = "arn:aws:sns:us-east-1:123456789012:app/GCM/shop"
LINE_USER = "U0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Registry:
    """SNS as far as it only registers tokens."""

    endpoint: str

    def create_platform_endpoint(self, **_: str) -> dict[str, str]:
        return {"EndpointArn": self.endpoint}


def send_by_line(endpoint: str) -> Outcome:
    """The same by LINE, which has no client of the SDK."""
    message = a_message(channel="line", address=LINE_USER)
    line = LineSender({"default": "token"}.__getitem__, endpoint=endpoint)
    return line.send(approved(message), an_envelope(message), rendered_line())


def send(service: str, client: Any) -> Outcome:
    match service:
        case "sesv2":
            message = a_message()
            return SesEmailSender(client).send(approved(message), an_envelope(message), rendered_email())
        case "pinpoint-sms-voice-v2":
            message = a_message(channel="sms", address="+819012345678")
            sms = SmsVoiceSender(client, origination="pool-1")
            return sms.send(approved(message), an_envelope(message), rendered_sms())
        case "socialmessaging":
            message = a_message(channel="whatsapp", address="+819012345678")
            whatsapp = WhatsAppSender(client, phone_number_id="phone-number-id-1")
            return whatsapp.send(approved(message), an_envelope(message), rendered_whatsapp())
        case "sns":
            message = a_message(channel="push", address="token-1")
            endpoint = APPLICATION.replace(":app/", ":endpoint/") + "/token-1"
            push_by_sns = SnsPushSender(client, Registry(endpoint), applications={"android": APPLICATION})
            return push_by_sns.send(
                approved(message), an_envelope(message, platform="android"), rendered_push()
            )
        case _:
            message = a_message(channel="push", address="token-1")
            push = PinpointPushSender(client, application="app-1")
            return push.send(approved(message), an_envelope(message, platform="ios"), rendered_push())
