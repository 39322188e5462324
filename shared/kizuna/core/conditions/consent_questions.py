"""Questions about what a person has allowed, and by which channel they can be reached."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from kizuna.core.conditions.base import Node

ConsentState = Literal["granted", "withdrawn", "none", "pending"]


class ConsentIs(Node):
    """The person's word on a channel and topic, as the ledger has it at this moment.

    granted     a grant holds for one of the person's addresses on the channel, and nothing refused stands against it
    withdrawn   a refusal stands: an opt-out, a STOP, an objection
    pending     a grant that is not confirmed yet, where the law asks for that
    none        nothing of all this: never asked, expired, or not proven

    Without `topic` the word is on all topics. `purpose` is that of the grant; other purposes than marketing have no
    topics of their own.
    """

    type: Literal["consent"] = "consent"
    consent: ConsentState
    channel: str = Field(min_length=1, max_length=64)
    topic: str = Field(default="*", min_length=1, max_length=64)
    purpose: str = Field(default="marketing", min_length=1, max_length=64)


class Subscription(Node):
    """Whether the person is subscribed to a topic on some channel (or on `channel`).

    subscribed     the word on it is `granted` on one of the channels
    unsubscribed   it is on none, and refused on one
    none           neither
    """

    type: Literal["subscription"] = "subscription"
    subscription: str = Field(min_length=1, max_length=64)  # the topic
    state: Literal["subscribed", "unsubscribed", "none"] = "subscribed"
    channel: str | None = Field(default=None, min_length=1, max_length=64)


class Reachable(Node):
    """Whether a usable address is known on the channel; with `purpose: promotional`, whether one may be written to.

    The latter asks the gate's own rules, as far as the record can tell: consent, refusals, status, age and the law of
    the country. Frequency caps, quiet hours and what is kept of the No of somebody erased are left to the moment of
    sending, which always has the last word. Without `topic` one topic that may be written about suffices.
    """

    type: Literal["reachable"] = "reachable"
    reachable: str
    purpose: Literal["any", "promotional"] = "any"
    topic: str | None = Field(default=None, min_length=1, max_length=64)

    @model_validator(mode="after")
    def _topic_is_of_a_promotion(self) -> Reachable:
        if self.topic is not None and self.purpose != "promotional":
            raise ValueError("a topic matters for promotional messages only: say purpose: promotional")
        return self
