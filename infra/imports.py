"""The bucket in which files are put to be imported.

imports/<source>/…   a file; the default bus is told of it, and a rule brings the news to the queue `imports`
orders/…             how to read the files that the command uploads
rejects/<import>/…   rows that were not taken
"""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

FILES = "imports/"
ORDERS = "orders/"
REJECTS = "rejects/"
KEPT = Duration.days(30)  # long enough to mend what was refused; nobody's data waits here for ever
ACCESS_LOGS = "imports/"


class Imports(Construct):
    """Private, TLS only, encrypted, not versioned; everything in it is gone after a month."""

    def __init__(
        self,
        scope: Construct,
        *,
        keep: bool,
        empty_on_delete: bool,
        key: kms.IKey | None,
        access_logs: s3.IBucket,
    ) -> None:
        super().__init__(scope, "Imports")
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=ACCESS_LOGS,
            lifecycle_rules=[
                s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1)),
                s3.LifecycleRule(expiration=KEPT),
            ],
            removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
            auto_delete_objects=empty_on_delete and not keep,
        )
        self._tell_the_bus()

    def _tell_the_bus(self) -> None:
        """By the property of the bucket itself: CDK's own way would add a function that may change any bucket."""
        bucket = self.bucket.node.default_child
        if not isinstance(bucket, s3.CfnBucket):
            raise TypeError("the bucket for imports is not a bucket")
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                event_bridge_enabled=True
            )
        )
