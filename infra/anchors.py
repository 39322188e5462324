"""The bucket in which the ends of the ledger's chains are noted each night: written once, and kept by a lock.

anchors/dt=<anchor>/…    objects of heads, and `anchor.json` (`usecases/consents/anchoring.py`)

It holds ids of profiles, numbers and hashes, and nothing else of anybody. So it may be versioned and locked, as no
other bucket of the stack is: whoever is erased leaves as much in the ledger.
"""

from __future__ import annotations

from typing import Literal

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.buckets import private_bucket

OBJECTS = "anchors/"
ACCESS_LOGS = "anchors/"
Lock = Literal["governance", "compliance"]


class Anchors(Construct):
    """Private, TLS only, encrypted, versioned; takes an object of a name once.

    Where data is kept, nobody deletes what lies in it before `days` are over: under `governance` but for somebody
    with `s3:BypassGovernanceRetention`, under `compliance` nobody at all, the account's owner included. A stage that
    forgets its data has no lock, or it could not be taken down.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        keep: bool,
        empty_on_delete: bool,
        key: kms.IKey | None,
        access_logs: s3.IBucket,
        days: int,
        lock: Lock,
    ) -> None:
        super().__init__(scope, "Anchors")
        kept = Duration.days(days)
        retention = (
            s3.ObjectLockRetention.compliance(kept)
            if lock == "compliance"
            else s3.ObjectLockRetention.governance(kept)
        )
        self.bucket = private_bucket(
            self,
            keep=keep,
            empty_on_delete=empty_on_delete,
            key=key,
            access_logs=access_logs,
            logged_under=ACCESS_LOGS,
            rules=[
                s3.LifecycleRule(
                    # A day behind the lock. What was put over an object lies beside it for as long.
                    expiration=Duration.days(days + 1),
                    noncurrent_version_expiration=Duration.days(days + 1),
                )
            ],
            versioned=True,
            locked_for=retention if keep else None,
        )
        self._take_each_name_once()

    def _take_each_name_once(self) -> None:
        """Only a put that asks for "none of this name" is let in ("Enforce conditional writes", S3 user guide)."""
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="WriteOnce",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:PutObject"],
                resources=[self.bucket.arn_for_objects(f"{OBJECTS}*")],
                conditions={"Null": {"s3:if-none-match": "true"}},
            )
        )
