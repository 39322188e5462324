"""Push by AWS End User Messaging, whose application still goes by the name of the product it came from."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from infra.settings import Push


class PushChannel:
    """The application that holds the keys of APNs and FCM: made by hand, once.

    CloudFormation's type for it (`AWS::Pinpoint::App`) is marked as ended with the product; the application and
    its `SendMessages` are not.
    """

    def __init__(self, settings: Push) -> None:
        if settings.application_id is None:  # the settings say so before us
            raise ValueError("push.application_id is missing")
        self.application_id = settings.application_id

    def may_send(self) -> iam.PolicyStatement:
        """Leave to send raw messages through the one application."""
        prefix = f"arn:{Aws.PARTITION}:mobiletargeting:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        return iam.PolicyStatement(
            sid="SendPush",
            actions=["mobiletargeting:SendMessages"],
            resources=[f"{prefix}:apps/{self.application_id}/messages"],
        )
