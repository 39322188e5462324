"""The sender of a channel that the stage has not set up: it says so, and the message shows it."""

from __future__ import annotations

from kizuna.core.content.rendering import Rendered
from kizuna.core.gate import Approved
from kizuna.core.messages import Outcome, Rejected
from kizuna.core.ports import Envelope


class UnconfiguredSender:
    """Stands in for any channel. A message ends as FAILED with a reason instead of waiting for ever."""

    def send(self, approved: Approved, envelope: Envelope, content: Rendered) -> Outcome:
        return Rejected("channel_not_configured")
