"""What starts at a time: sweeps at a fixed rate, and the one-time schedules that campaigns make for themselves."""

from __future__ import annotations

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from kizuna.topology import Sweep


class Schedules(Construct):
    """A group for all schedules of the stage, and the one role that the Scheduler takes to start a function."""

    def __init__(self, scope: Construct, *, lost: sqs.IQueue) -> None:
        super().__init__(scope, "Schedules")
        self._lost = lost
        self.group = scheduler.CfnScheduleGroup(self, "Group", name=Aws.STACK_NAME)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={
                    "StringEquals": {
                        "aws:SourceAccount": Aws.ACCOUNT_ID,
                        "aws:SourceArn": self.group.attr_arn,
                    }
                },
            ),
        )
        self.role.add_to_policy(
            iam.PolicyStatement(sid="KeepLost", actions=["sqs:SendMessage"], resources=[lost.queue_arn])
        )

    @property
    def group_name(self) -> str:
        return self.group.ref

    @property
    def schedules_arn(self) -> str:
        """The ARN of every schedule of the group, and of no other."""
        return f"arn:{Aws.PARTITION}:scheduler:{Aws.REGION}:{Aws.ACCOUNT_ID}:schedule/{self.group_name}/*"

    @property
    def lost_arn(self) -> str:
        """Where the Scheduler puts a start that never came about."""
        return self._lost.queue_arn

    def may_start(self, function_arn: str, *, sid: str) -> None:
        self.role.add_to_policy(
            iam.PolicyStatement(sid=sid, actions=["lambda:InvokeFunction"], resources=[function_arn])
        )

    def sweep(self, sweep: Sweep, function_arn: str) -> None:
        """Start a function at a fixed rate. A start that is refused for a minute is made up by the next one."""
        self.may_start(function_arn, sid=f"Start{sweep.name.title()}")
        schedule = scheduler.CfnSchedule(
            self,
            sweep.name.title(),
            group_name=self.group_name,
            schedule_expression=sweep.rate,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function_arn,
                role_arn=self.role.role_arn,
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=Duration.minutes(1).to_seconds(), maximum_retry_attempts=1
                ),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self._lost.queue_arn),
            ),
        )
        schedule.node.add_dependency(self.role)
