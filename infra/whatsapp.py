"""WhatsApp by AWS End User Messaging Social: leave to send from its numbers, and the way back."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.queues import Queues
from infra.settings import WhatsApp
from kizuna.topology import Queue

_SERVICE = "social-messaging.amazonaws.com"


class WhatsAppChannel(Construct):
    """Statuses and what people write come by SNS into the feedback queue.

    The WhatsApp Business Account is linked by hand, with its numbers; set the output `WhatsAppEventsTopic` as its
    event destination.
    """

    def __init__(self, scope: Construct, *, settings: WhatsApp, queues: Queues, key: kms.Key | None) -> None:
        super().__init__(scope, "WhatsApp")
        if settings.phone_number is None:  # the settings say so before us
            raise ValueError("whatsapp.phone_number is missing")
        self.phone_number = settings.phone_number
        self._api_version = settings.api_version
        self._numbers = (settings.phone_number, *settings.more_phone_numbers)
        self.events = sns.Topic(self, "Events", enforce_ssl=True, master_key=key)
        self.events.grant_publish(
            iam.ServicePrincipal(_SERVICE, conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}})
        )
        self.events.add_subscription(
            subscriptions.SqsSubscription(
                queues.by_name[Queue.FEEDBACK], dead_letter_queue=queues.dead_letters[Queue.FEEDBACK]
            )
        )

    def variables(self) -> dict[str, str]:
        """What a function that sends is told."""
        return {
            "KIZUNA_WHATSAPP_PHONE_NUMBER": self.phone_number,
            "KIZUNA_WHATSAPP_API_VERSION": self._api_version,
        }

    def may_send(self) -> iam.PolicyStatement:
        """Leave to send from these numbers."""
        return iam.PolicyStatement(
            sid="SendWhatsApp",
            actions=["social-messaging:SendWhatsAppMessage"],
            resources=list(self._numbers),
        )
