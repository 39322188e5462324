"""Push by AWS End User Messaging, or by SNS where a stage names platform applications of its own."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from infra.settings import Push


class PushChannel:
    """What holds the keys of APNs and FCM: made by hand, once.

    CloudFormation's type for the push application (`AWS::Pinpoint::App`) is marked as ended with the product it came
    from; the application and its `SendMessages` are not. It has no type for platform applications of SNS.
    """

    def __init__(self, settings: Push) -> None:
        if (
            settings.application_id is None and not settings.platform_applications
        ):  # the settings say so before us
            raise ValueError("push.application_id is missing")
        self._settings = settings

    def variables(self) -> dict[str, str]:
        """Those of the provider that was chosen."""
        told = {
            "KIZUNA_PUSH_APPLICATION": self._settings.application_id,
            "KIZUNA_PUSH_SNS_IOS": self._settings.sns_ios,
            "KIZUNA_PUSH_SNS_ANDROID": self._settings.sns_android,
        }
        return {name: value for name, value in told.items() if value}

    def may_send(self) -> list[iam.PolicyStatement]:
        """Leave to send raw messages through the one application; or to register tokens with those of SNS, and to
        publish to them.
        """
        applications = self._settings.platform_applications
        if not applications:
            prefix = f"arn:{Aws.PARTITION}:mobiletargeting:{Aws.REGION}:{Aws.ACCOUNT_ID}"
            place = f"{prefix}:apps/{self._settings.application_id}/messages"
            return [_leave("SendPush", "mobiletargeting:SendMessages", [place])]
        endpoints = [f"{application.replace(':app/', ':endpoint/')}/*" for application in applications]
        return [
            _leave("RegisterTokens", "sns:CreatePlatformEndpoint", list(applications)),
            _leave("SendPush", "sns:Publish", endpoints),
        ]


def _leave(sid: str, action: str, resources: list[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=[action], resources=resources)
