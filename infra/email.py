"""E-mail by SES: the set every message is sent with, its events, and the identity it is sent as."""

from __future__ import annotations

from aws_cdk import Aws, CfnOutput
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.queues import Queues
from infra.settings import StageConfig
from kizuna.topology import Queue

_DELIVERY = (
    ses.EmailSendingEvent.SEND,
    ses.EmailSendingEvent.DELIVERY,
    ses.EmailSendingEvent.BOUNCE,
    ses.EmailSendingEvent.COMPLAINT,
    ses.EmailSendingEvent.REJECT,
    ses.EmailSendingEvent.RENDERING_FAILURE,
)
_PROTECTING = (
    ses.EmailSendingEvent.BOUNCE,
    ses.EmailSendingEvent.COMPLAINT,
    ses.EmailSendingEvent.REJECT,
    ses.EmailSendingEvent.RENDERING_FAILURE,
)
# To report these SES adds a pixel and rewrites links, so they are asked for only where tracking is wanted.
_TRACKING = (ses.EmailSendingEvent.OPEN, ses.EmailSendingEvent.CLICK)


class Email(Construct):
    """Sends over TLS or not at all; addresses that bounced or complained are suppressed by SES as well as by us.

    What SES reports comes over the default bus, for which AWS promises no level of delivery. Bounces, complaints and
    refusals come by SNS as well. Both end in the feedback queue, where a report counts once whichever way it came.
    """

    def __init__(self, scope: Construct, *, config: StageConfig, queues: Queues, key: kms.Key | None) -> None:
        super().__init__(scope, "Email")
        self._config = config
        self.configuration_set = ses.ConfigurationSet(
            self,
            "Set",
            tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
            reputation_metrics=True,
            sending_enabled=True,
            suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
            custom_tracking_redirect_domain=config.tracking_domain,
            custom_tracking_https_policy=ses.HttpsPolicy.REQUIRE if config.tracking_domain else None,
        )
        ses.ConfigurationSetEventDestination(
            self,
            "Events",
            configuration_set=self.configuration_set,
            # SES publishes to the account's default bus and to no other; a rule forwards.
            destination=ses.EventDestination.event_bus(
                events.EventBus.from_event_bus_name(self, "DefaultBus", "default")
            ),
            events=[*_DELIVERY, *(_TRACKING if config.tracking else ())],
        )
        self.reports = self._reports(queues, key)
        if config.create_identity:
            self._create_identity()

    def _reports(self, queues: Queues, key: kms.Key | None) -> sns.Topic:
        """The second way, for what protects people and the sender's name. All else shows in the figures alone."""
        topic = sns.Topic(self, "Reports", enforce_ssl=True, master_key=key)
        topic.add_subscription(
            subscriptions.SqsSubscription(
                queues.by_name[Queue.FEEDBACK], dead_letter_queue=queues.dead_letters[Queue.FEEDBACK]
            )
        )
        ses.ConfigurationSetEventDestination(
            self,
            "Notices",
            configuration_set=self.configuration_set,
            destination=ses.EventDestination.sns_topic(topic),
            events=list(_PROTECTING),
        ).node.add_dependency(topic)
        return topic

    @property
    def configuration_set_name(self) -> str:
        return self.configuration_set.configuration_set_name

    def may_send(self) -> iam.PolicyStatement:
        """Leave to send in the name of the sender's domain, with the one identity and the one set.

        Brands have addresses of their own below the domain, so the domain is what is held fast.
        """
        prefix = f"arn:{Aws.PARTITION}:ses:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        named = (
            self._config.sender,
            *(arn.partition(":identity/")[2] for arn in self._config.more_identities),
        )
        patterns = list(dict.fromkeys(f"*@{name.rpartition('@')[2]}" for name in named))
        return iam.PolicyStatement(
            sid="SendEmail",
            # SES asks for the second where `SendEmail` hands over a mail that was put together here.
            actions=["ses:SendEmail", "ses:SendRawEmail"],
            resources=[
                f"{prefix}:identity/{self._config.ses_identity}",
                f"{prefix}:configuration-set/{self.configuration_set_name}",
                *self._config.more_identities,
                *self._config.more_configuration_sets,
                *self._config.tenants,
            ],
            conditions={"StringLike": {"ses:FromAddress": patterns[0] if len(patterns) == 1 else patterns}},
        )

    def may_mirror(self) -> iam.PolicyStatement:
        """Leave to read what the account may send, and the list of those it sends nothing to; and to add to that.

        These are questions to the account as a whole: SES takes no resource for them.
        """
        return iam.PolicyStatement(
            sid="MirrorAccount",
            actions=["ses:GetAccount", "ses:ListSuppressedDestinations", "ses:PutSuppressedDestination"],
            resources=["*"],
        )

    def _create_identity(self) -> None:
        name = self._config.ses_identity
        identity = ses.EmailIdentity(
            self,
            "Identity",
            identity=ses.Identity.email(name) if "@" in name else ses.Identity.domain(name),
        )
        for number, record in enumerate(identity.dkim_records if "@" not in name else (), start=1):
            output = CfnOutput(self, f"Dkim{number}", value=f"{record.name} CNAME {record.value}")
            output.override_logical_id(f"DkimRecord{number}")
