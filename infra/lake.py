"""The lake: one private bucket, and the stream that fills it.

events/dt=2026-11-22/…jsonl.gz   everything that happened, as JSON lines (the writer ends each record with one)
errors/<kind>/…                  what Firehose could not deliver
quarantine/…                     what could not be used, with its cause
exports/…                        everything about somebody who asked, for a week
people/dt=2026-11-22T03-00/…     everybody as they were then, for a week (`usecases/segments/snapshot.py`)
answers/…                        what Athena found, for a day
"""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.buckets import private_bucket
from infra.encryption import use_through
from infra.log_groups import log_group

EVENTS = "events/"
ERRORS = "errors/"
QUARANTINE = "quarantine/"
EXPORTS = "exports/"
PEOPLE = "people/"
ANSWERS = "answers/"
ACCESS_LOGS = "lake/"


class Lake(Construct):
    """Private, TLS only, encrypted. Not versioned: an erased person must not live on in an old version."""

    def __init__(
        self,
        scope: Construct,
        *,
        keep: bool,
        empty_on_delete: bool,
        key: kms.IKey | None,
        keep_events: Duration,
        buffer: Duration,
        log_days: int,
    ) -> None:
        super().__init__(scope, "Lake")
        removal = RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY
        empty = empty_on_delete and not keep
        self.access_logs = s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,  # S3 delivers its logs to no other
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(90))],
            removal_policy=removal,
            auto_delete_objects=empty,
        )
        self.bucket = private_bucket(
            self,
            keep=keep,
            empty_on_delete=empty_on_delete,
            key=key,
            access_logs=self.access_logs,
            logged_under=ACCESS_LOGS,
            rules=[
                s3.LifecycleRule(prefix=EVENTS, expiration=keep_events),
                s3.LifecycleRule(prefix=ERRORS, expiration=Duration.days(90)),
                s3.LifecycleRule(prefix=QUARANTINE, expiration=Duration.days(30)),
                s3.LifecycleRule(prefix=EXPORTS, expiration=Duration.days(7)),
                s3.LifecycleRule(prefix=PEOPLE, expiration=Duration.days(8)),
                s3.LifecycleRule(prefix=ANSWERS, expiration=Duration.days(1)),
            ],
        )
        self.stream = self._stream(key=key, buffer=buffer, log_days=log_days)

    def _stream(self, *, key: kms.IKey | None, buffer: Duration, log_days: int) -> firehose.CfnDeliveryStream:
        group = log_group(self, days=log_days)
        failures = logs.LogStream(self, "Failures", log_group=group, removal_policy=RemovalPolicy.DESTROY)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "firehose.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
            inline_policies={"Write": self._may_write(group, key)},
        )
        return firehose.CfnDeliveryStream(
            self,
            "Stream",
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=(
                firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(
                    key_type="AWS_OWNED_CMK"  # records stay in it for minutes, and this key costs nothing
                )
            ),
            extended_s3_destination_configuration=(
                firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
                    bucket_arn=self.bucket.bucket_arn,
                    role_arn=role.role_arn,
                    prefix=EVENTS + "dt=!{timestamp:yyyy-MM-dd}/",
                    error_output_prefix=ERRORS + "!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/",
                    file_extension=".jsonl.gz",
                    compression_format="GZIP",
                    buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                        interval_in_seconds=buffer.to_seconds(), size_in_m_bs=64
                    ),
                    cloud_watch_logging_options=firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                        enabled=True,
                        log_group_name=group.log_group_name,
                        log_stream_name=failures.log_stream_name,
                    ),
                )
            ),
        )

    def _may_write(self, group: logs.LogGroup, key: kms.IKey | None) -> iam.PolicyDocument:
        objects = [self.bucket.arn_for_objects(f"{prefix}*") for prefix in (EVENTS, ERRORS)]
        statements = [
            iam.PolicyStatement(
                sid="WriteObjects",
                actions=["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
                resources=objects,
            ),
            iam.PolicyStatement(
                sid="KnowBucket",
                actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
                resources=[self.bucket.bucket_arn],
            ),
            iam.PolicyStatement(
                sid="LogFailures", actions=["logs:PutLogEvents"], resources=[group.log_group_arn]
            ),
        ]
        if key:
            statements.append(use_through(key, ["s3"]))
        return iam.PolicyDocument(statements=statements)
