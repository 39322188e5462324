"""Which sender stands behind which channel: each is built when the first message of its channel goes out.

A channel that the stage has not set up has a sender that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # an adapter is imported by the function that needs it, and by no other
    from kizuna.core.ports import Sender
    from kizuna.core.webhooks.definitions import Webhook
    from kizuna.runtime.wiring import Services


class SendersOnUse(Mapping[str, "Sender[Any]"]):
    """The port `Senders`. Raises KeyError for a channel that nothing is ever sent on."""

    def __init__(self, wired: Services) -> None:
        self._wired = wired
        self._built: dict[str, Sender[Any]] = {}

    def __getitem__(self, channel: str) -> Sender[Any]:
        if channel not in self._built:
            self._built[channel] = _BUILDERS[channel](self._wired) or _unconfigured()
        return self._built[channel]

    def __iter__(self) -> Iterator[str]:
        return iter(_BUILDERS)

    def __len__(self) -> int:
        return len(_BUILDERS)


def _unconfigured() -> Sender[Any]:
    from kizuna.adapters.senders.unconfigured import UnconfiguredSender

    return UnconfiguredSender()


def _email(wired: Services) -> Sender[Any] | None:
    if not wired.settings.ses_configuration_set:
        return None
    from kizuna.adapters.clients import sending_client
    from kizuna.adapters.senders.ses import SesEmailSender

    return SesEmailSender(
        sending_client("sesv2"),
        configuration_set=wired.settings.ses_configuration_set,
        client_in=cache(lambda region: sending_client("sesv2", region=region)),
    )


def _sms(wired: Services) -> Sender[Any] | None:
    if not wired.settings.sms_origination:
        return None
    from kizuna.adapters.clients import sending_client
    from kizuna.adapters.senders.sms import SmsVoiceSender

    return SmsVoiceSender(
        sending_client("pinpoint-sms-voice-v2"),
        origination=wired.settings.sms_origination,
        configuration_set=wired.settings.sms_configuration_set,
    )


def _push(wired: Services) -> Sender[Any] | None:
    settings = wired.settings
    applications = {"ios": settings.push_sns_ios, "android": settings.push_sns_android}
    if any(applications.values()):
        from kizuna.adapters.clients import sending_client
        from kizuna.adapters.senders.sns_push import SnsPushSender

        sns = sending_client("sns")
        return SnsPushSender(sns, sns, applications=applications)
    if not settings.push_application:
        return None
    from kizuna.adapters.clients import sending_client
    from kizuna.adapters.senders.push import PinpointPushSender

    return PinpointPushSender(sending_client("pinpoint"), application=settings.push_application)


def _whatsapp(wired: Services) -> Sender[Any] | None:
    if not wired.settings.whatsapp_phone_number:
        return None
    from kizuna.adapters.clients import sending_client
    from kizuna.adapters.senders.whatsapp import META_API_VERSION, WhatsAppSender

    return WhatsAppSender(
        sending_client("socialmessaging"),
        phone_number_id=wired.settings.whatsapp_phone_number,
        api_version=wired.settings.whatsapp_api_version or META_API_VERSION,
    )


def _line(wired: Services) -> Sender[Any] | None:
    if not wired.settings.line_secret:
        return None
    from kizuna.adapters.senders.line import LineSender

    return LineSender(wired.line_accounts.token, endpoint=wired.settings.line_endpoint)


def _inbox(wired: Services) -> Sender[Any]:
    from kizuna.adapters.tables.inbox import InboxSender

    return InboxSender(wired.inboxes)


def _webhook(wired: Services) -> Sender[Any]:
    from kizuna.adapters.senders.webhooks import WebhookSender

    def defined(name: str) -> tuple[Webhook, int] | None:
        catalog = wired.catalog.current()
        webhook = catalog.webhooks.get(name)
        return (webhook, catalog.version_of("webhook", name)) if webhook else None

    return WebhookSender(
        wired.callout,
        wired.circuits,
        defined=defined,
        secrets=lambda webhook: wired.secrets.webhook_secrets(webhook.id, webhook.secrets),
        clock=wired.now,
        jitter=lambda: int.from_bytes(wired.randomness(4), "big") / 2**32,
        publisher=lambda: wired.topics,
    )


def _task(wired: Services) -> Sender[Any]:
    from kizuna.adapters.tables.tasks import TaskLister

    return TaskLister(wired.tasks, clock=wired.now)


_BUILDERS: Mapping[str, Callable[[Services], Sender[Any] | None]] = {
    "email": _email,
    "sms": _sms,
    "push": _push,
    "whatsapp": _whatsapp,
    "line": _line,
    "inbox": _inbox,
    "webhook": _webhook,
    "task": _task,
}
"""By channel. A builder gives None if the stage has not set the channel up."""
