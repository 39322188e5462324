"""Publishing to an SNS topic of the company, for colleagues and systems that subscribed to it themselves.

`Publish` takes no key by which it would drop a repeat (its deduplication is for FIFO topics); the attribute
`webhook-id` is what subscribers drop one by.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kizuna.adapters.senders.provider_calls import one_call
from kizuna.adapters.senders.sns_errors import OF_PUBLISH
from kizuna.core.messages import Accepted, Outcome, Unclear


class TopicPublisher:
    """`client` comes from `sending_client("sns")`: one attempt for each call."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def publish(self, topic: str, body: str, *, subject: str, attributes: Mapping[str, str]) -> Outcome:
        """Make one attempt, and say what became of it. `subject` is what a subscriber by mail sees."""

        def call() -> Outcome:
            reply = self._client.publish(
                TopicArn=topic,
                Subject=subject,
                Message=body,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
                },
            )
            provider_id = reply.get("MessageId")
            return Accepted(provider_id) if provider_id else Unclear("unreadable_reply")

        return one_call(call, OF_PUBLISH)
