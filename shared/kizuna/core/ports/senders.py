"""The providers that take messages, one `Sender` for each channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.content.brand_senders import BrandSenders
    from kizuna.core.gate import Approved
    from kizuna.core.messages import Message, Outcome

Content_contra = TypeVar("Content_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Everything a provider gets beside the content."""

    message: Message
    sender: str  # From, sender id, or push application, by channel
    reply_to: str | None = None
    headers: Mapping[str, str] | None = None
    platform: str = ""
    brand: BrandSenders | None = None  # as whom the brand speaks; None: as the stage was set up
    country: str | None = None  # of a phone number, where the brand has a sender of its own for some country


class Sender(Protocol[Content_contra]):
    """One channel's way to its provider, for the content that channel renders (`RenderedEmail` and so on)."""

    def send(self, approved: Approved, envelope: Envelope, content: Content_contra) -> Outcome:
        """Make one attempt, and say what became of it.

        Raises NotApproved if the gate approved another message, channel or address. Whatever else happens is an
        outcome: after the claim nothing may be raised.
        """
        ...


Senders = Mapping[str, Sender[Any]]
"""By the channel that a rendered content names as its own, so that no content meets another channel's sender."""
