"""The stack's own key, for stages that want one.

Everything stored is encrypted either way: with a key that AWS owns (free, and nothing to manage), or with this
one, which the company can audit and revoke, for $1 a month and a fraction of a cent per 10,000 uses. It covers
what holds people: the tables, the lake, the secret, the SMS topics. Queues are encrypted by SQS itself: with a
key of ours each sender would need it, EventBridge and SNS included, and each batch would pay for it.
Logs carry ids only, so they need none.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

USES = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def customer_key(scope: Construct, *, keep: bool) -> kms.Key:
    """One key for the stack, turned over every year by KMS."""
    return kms.Key(
        scope,
        "Key",
        description="Kizuna: people, lake, secret",
        enable_key_rotation=True,
        pending_window=Duration.days(30 if keep else 7),
        removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
    )


def use_through(key: kms.IKey, services: Sequence[str]) -> iam.PolicyStatement:
    """Leave to use the key, but only when one of these services asks on the caller's behalf."""
    return iam.PolicyStatement(
        sid="UseKey",
        actions=list(USES),
        resources=[key.key_arn],
        conditions={
            "StringEquals": {"kms:ViaService": [f"{name}.{Aws.REGION}.amazonaws.com" for name in services]}
        },
    )
