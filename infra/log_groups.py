"""Log groups: always with an end, always gone with the stack. What must be kept is in the tables and the lake."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct


def log_group(scope: Construct, *, days: int) -> logs.LogGroup:
    """A log group that forgets after that many days, which must be a number that CloudWatch knows."""
    group = logs.LogGroup(scope, "Logs", removal_policy=RemovalPolicy.DESTROY)
    resource = group.node.default_child
    if not isinstance(resource, logs.CfnLogGroup):
        raise TypeError("a log group is made of one resource")
    resource.retention_in_days = days  # the construct takes an enumeration of names such as EIGHTEEN_MONTHS
    return group
