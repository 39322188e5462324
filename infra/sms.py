"""SMS by AWS End User Messaging: the configuration set, and the way back for receipts and replies."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_smsvoice as smsvoice
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.queues import Queues
from infra.settings import Sms
from kizuna.topology import Queue

_SERVICE = "sms-voice.amazonaws.com"


class SmsChannel(Construct):
    """Receipts and replies come by SNS into the feedback queue, in SNS envelopes that name their topic.

    The number, pool or sender id was registered by hand (carriers take days or weeks). For replies, set the
    output `SmsRepliesTopic` as the destination of its two-way messages.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        settings: Sms,
        queues: Queues,
        key: kms.Key | None,
    ) -> None:
        super().__init__(scope, "Sms")
        if settings.origination is None:  # the settings say so before us
            raise ValueError("sms.origination is missing")
        self.origination = settings.origination
        self._settings = settings
        subscription = subscriptions.SqsSubscription(
            queues.by_name[Queue.FEEDBACK], dead_letter_queue=queues.dead_letters[Queue.FEEDBACK]
        )
        self.receipts = self._topic("Receipts", subscription, key)
        self.replies = self._topic("Replies", subscription, key)
        self.configuration_set_name = settings.configuration_set or self._configuration_set()

    def may_send(self) -> iam.PolicyStatement:
        """Leave to send from these origins, with the one set."""
        prefix = f"arn:{Aws.PARTITION}:sms-voice:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        own = self._settings
        return iam.PolicyStatement(
            sid="SendSms",
            actions=[
                "sms-voice:SendTextMessage",
                *(["sms-voice:SendMediaMessage"] if own.media_bucket else []),
            ],
            resources=[
                self.origination,
                *own.more_originations,
                *own.protect_configurations,
                f"{prefix}:configuration-set/{self.configuration_set_name}",
            ],
        )

    @property
    def opt_out_list(self) -> str:
        return self._settings.opt_out_list

    def may_read_opt_outs(self) -> list[iam.PolicyStatement]:
        """Leave to read who said STOP to these origins, and how much texts may cost."""
        listed = (
            f"arn:{Aws.PARTITION}:sms-voice:{Aws.REGION}:{Aws.ACCOUNT_ID}:opt-out-list/{self.opt_out_list}"
        )
        return [
            iam.PolicyStatement(
                sid="ReadOptOuts", actions=["sms-voice:DescribeOptedOutNumbers"], resources=[listed]
            ),
            iam.PolicyStatement(
                sid="ReadTextLimits",
                actions=["sms-voice:DescribeSpendLimits", "sms-voice:DescribeAccountAttributes"],
                resources=["*"],
            ),
        ]

    def may_read_media(self) -> list[iam.PolicyStatement]:
        """Leave to read the pictures of multimedia messages: End User Messaging fetches them in our name."""
        if self._settings.media_bucket is None:
            return []
        return [
            iam.PolicyStatement(
                sid="ReadMedia",
                actions=["s3:GetObject"],
                resources=[f"arn:{Aws.PARTITION}:s3:::{self._settings.media_bucket}/mms/*"],
            )
        ]

    def _configuration_set(self) -> str:
        return smsvoice.CfnConfigurationSet(
            self,
            "Set",
            configuration_set_name=Aws.STACK_NAME,
            event_destinations=[
                smsvoice.CfnConfigurationSet.EventDestinationProperty(
                    event_destination_name="feedback",
                    enabled=True,
                    matching_event_types=["TEXT_ALL"],
                    sns_destination=smsvoice.CfnConfigurationSet.SnsDestinationProperty(
                        topic_arn=self.receipts.topic_arn
                    ),
                )
            ],
        ).ref

    def _topic(self, id_: str, subscription: subscriptions.SqsSubscription, key: kms.Key | None) -> sns.Topic:
        topic = sns.Topic(self, id_, enforce_ssl=True, master_key=key)
        publisher = iam.ServicePrincipal(
            _SERVICE, conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        )
        topic.grant_publish(publisher)
        topic.add_subscription(subscription)
        return topic
