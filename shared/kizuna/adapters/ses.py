"""E-mail by SES v2: the port `EmailSender`."""

from __future__ import annotations

from typing import Any

from kizuna.adapters.provider_calls import STOPPED_FOR, THROTTLED_FOR, ErrorClasses, check_leave, one_call
from kizuna.core.content.rendering import RenderedEmail, header_text, message_tags
from kizuna.core.gate import Approved
from kizuna.core.messages import Accepted, Message, Outcome, Unclear
from kizuna.core.ports import Envelope

ERRORS = ErrorClasses(
    later={
        "TooManyRequestsException": THROTTLED_FOR,
        "LimitExceededException": STOPPED_FOR,
        "SendingPausedException": STOPPED_FOR,
    },
    permanent=frozenset(
        {
            "MessageRejected",
            "BadRequestException",
            "MailFromDomainNotVerifiedException",
            "NotFoundException",
            "AccountSuspendedException",
        }
    ),
)


class SesEmailSender:
    """Sends one mail with one call. `client` comes from `sending_client("sesv2")`.

    SES keeps no message id of ours: the tag `send_id` is what its reports are joined by. No tag names the person.
    """

    def __init__(self, client: Any, *, configuration_set: str = "") -> None:
        self._client = client
        self._configuration_set = configuration_set

    def send_email(self, approved: Approved, envelope: Envelope, content: RenderedEmail) -> Outcome:
        """Raises NotApproved for another message's approval; whatever else happens is an outcome."""
        check_leave(approved, envelope, channel="email")

        def call() -> Outcome:
            reply = self._client.send_email(**self._request(envelope, content))
            provider_id = reply.get("MessageId")
            return Accepted(provider_id) if provider_id else Unclear("unreadable_reply")

        return one_call(call, ERRORS)

    def _request(self, envelope: Envelope, content: RenderedEmail) -> dict[str, Any]:
        message = envelope.message
        simple: dict[str, Any] = {
            "Subject": _text(header_text(content.subject, field="subject")),
            "Body": {"Html": _text(content.html), "Text": _text(content.text)},
        }
        if envelope.headers:
            simple["Headers"] = [
                {"Name": name, "Value": header_text(value, field=name)}
                for name, value in envelope.headers.items()
            ]
        request = {
            "FromEmailAddress": header_text(envelope.sender, field="from"),
            "Destination": {"ToAddresses": [message.address]},
            "Content": {"Simple": simple},
            "EmailTags": _tags(message),
        }
        if envelope.reply_to:
            request["ReplyToAddresses"] = [header_text(envelope.reply_to, field="reply_to")]
        if self._configuration_set:
            request["ConfigurationSetName"] = self._configuration_set
        return request


def _text(data: str) -> dict[str, str]:
    return {"Data": data, "Charset": "UTF-8"}


def _tags(message: Message) -> list[dict[str, str]]:
    tags = message_tags({"send_id": message.id, "campaign": message.campaign, "run": message.run})
    return [{"Name": name, "Value": value} for name, value in tags.items()]
