"""The sender of a channel that the stage has not set up: it says so, and the message shows it."""

from __future__ import annotations

from kizuna.core.content.rendering import RenderedEmail, RenderedPush, RenderedSms
from kizuna.core.gate import Approved
from kizuna.core.messages import Outcome, Rejected
from kizuna.core.ports import Envelope

_REASON = "channel_not_configured"


class UnconfiguredSender:
    """Stands in for any channel. A message ends as FAILED with a reason instead of waiting for ever."""

    def send_email(self, approved: Approved, envelope: Envelope, content: RenderedEmail) -> Outcome:
        return Rejected(_REASON)

    def send_sms(self, approved: Approved, envelope: Envelope, content: RenderedSms) -> Outcome:
        return Rejected(_REASON)

    def send_push(self, approved: Approved, envelope: Envelope, content: RenderedPush) -> Outcome:
        return Rejected(_REASON)
