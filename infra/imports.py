"""The bucket in which files are put to be imported.

imports/<source>/…   a file; the default bus is told of it, and a rule brings the news to the queue `imports`
orders/…             how to read the files that the command uploads
rejects/<import>/…   rows that were not taken
"""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.buckets import private_bucket

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
        self.bucket = private_bucket(
            self,
            keep=keep,
            empty_on_delete=empty_on_delete,
            key=key,
            access_logs=access_logs,
            logged_under=ACCESS_LOGS,
            rules=[s3.LifecycleRule(expiration=KEPT)],
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
