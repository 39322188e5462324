"""E-mail by SES v2: a `Sender`.

SES puts a mail together itself (`Content.Simple`), which leaves the least to go wrong. What it cannot express, an
appointment and files, is written by `core.content.mime` and handed over whole (`Content.Raw`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kizuna.adapters.senders.provider_calls import (
    STOPPED_FOR,
    THROTTLED_FOR,
    ErrorClasses,
    check_leave,
    one_call,
)
from kizuna.core.content.brand_senders import EmailSending
from kizuna.core.content.headers import recipient
from kizuna.core.content.mime import raw_mail
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
            "AccessDeniedException",  # of IAM, in front of SES: this role may not send as that address or identity
            "AccountSuspendedException",
        }
    ),
    account=frozenset({"AccountSuspendedException"}),
)


class SesEmailSender:
    """Sends one mail with one call. `client` comes from `sending_client("sesv2")`; `client_in` gives one of another
    region, for brands whose identity lives there.

    SES keeps no message id of ours: the tag `send_id` is what its reports are joined by. No tag names the person.
    """

    def __init__(
        self,
        client: Any,
        *,
        configuration_set: str = "",
        client_in: Callable[[str], Any] | None = None,
    ) -> None:
        self._client = client
        self._configuration_set = configuration_set
        self._client_in = client_in

    def send(self, approved: Approved, envelope: Envelope, content: RenderedEmail) -> Outcome:
        """Raises NotApproved for another message's approval; whatever else happens is an outcome."""
        check_leave(approved, envelope, channel="email")
        speaks = envelope.brand.email if envelope.brand is not None else EmailSending()

        def call() -> Outcome:
            reply = self._client_for(speaks.region).send_email(**self._request(envelope, content, speaks))
            provider_id = reply.get("MessageId")
            return Accepted(provider_id) if provider_id else Unclear("unreadable_reply")

        return one_call(call, ERRORS)

    def _client_for(self, region: str | None) -> Any:
        if region is None or self._client_in is None or region == self._client.meta.region_name:
            return self._client
        return self._client_in(region)

    def _request(self, envelope: Envelope, content: RenderedEmail, speaks: EmailSending) -> dict[str, Any]:
        message = envelope.message
        optional = {
            "FromEmailAddressIdentityArn": speaks.identity,
            "TenantName": speaks.tenant,
            "FeedbackForwardingEmailAddress": speaks.complaints_to,
            # Identity and address of the complaints belong together: SES asks for leave of both.
            "FeedbackForwardingEmailAddressIdentityArn": speaks.identity if speaks.complaints_to else None,
            "ConfigurationSetName": speaks.configuration_set or self._configuration_set,
        }
        composed_here = content.calendar is not None or content.attachments
        request = {
            "FromEmailAddress": header_text(envelope.sender, field="from"),
            "Destination": {"ToAddresses": [recipient(message.address, field="to")]},
            "Content": _raw(envelope, content) if composed_here else _simple(envelope, content),
            "EmailTags": _tags(message),
            **{name: value for name, value in optional.items() if value},
        }
        if envelope.reply_to:
            request["ReplyToAddresses"] = [header_text(envelope.reply_to, field="reply_to")]
        return request


def _simple(envelope: Envelope, content: RenderedEmail) -> dict[str, Any]:
    simple: dict[str, Any] = {
        "Subject": _text(header_text(content.subject, field="subject")),
        "Body": {"Html": _text(content.html), "Text": _text(content.text)},
    }
    if envelope.headers:
        simple["Headers"] = [
            {"Name": name, "Value": header_text(value, field=name)}
            for name, value in envelope.headers.items()
        ]
    return {"Simple": simple}


def _raw(envelope: Envelope, content: RenderedEmail) -> dict[str, Any]:
    message = envelope.message
    mail = raw_mail(
        content,
        sender=envelope.sender,
        to=recipient(message.address, field="to"),
        send_id=message.id,
        at=message.created_at,
        reply_to=envelope.reply_to,
        headers=envelope.headers,
    )
    return {"Raw": {"Data": mail}}


def _text(data: str) -> dict[str, str]:
    return {"Data": data, "Charset": "UTF-8"}


def _tags(message: Message) -> list[dict[str, str]]:
    campaign = message.campaign.replace(
        ".", "_"
    )  # of the step of a journey; tags know no dot, and no id has a `_`
    tags = message_tags({"send_id": message.id, "campaign": campaign, "run": message.run})
    return [{"Name": name, "Value": value} for name, value in tags.items()]
