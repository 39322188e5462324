"""A bucket as every bucket of ours that holds data is: private, encrypted, TLS only, its reads and writes logged."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct


def private_bucket(
    scope: Construct,
    *,
    keep: bool,
    empty_on_delete: bool,
    key: kms.IKey | None,
    access_logs: s3.IBucket,
    logged_under: str,
    rules: Sequence[s3.LifecycleRule],
    versioned: bool = False,
    locked_for: s3.ObjectLockRetention | None = None,
) -> s3.Bucket:
    """A bucket named `Bucket` in `scope`. Not versioned unless told: an erased person must not live on in an old
    version. `locked_for` keeps every version that long, whoever asks.

    Uploads that nobody finished are gone after a day; `rules` say what becomes of the rest.
    """
    return s3.Bucket(
        scope,
        "Bucket",
        encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
        encryption_key=key,
        bucket_key_enabled=True if key else None,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        versioned=versioned or None,
        object_lock_enabled=True if locked_for else None,
        object_lock_default_retention=locked_for,
        server_access_logs_bucket=access_logs,
        server_access_logs_prefix=logged_under,
        lifecycle_rules=[
            s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1)),
            *rules,
        ],
        removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
        auto_delete_objects=empty_on_delete and not keep,
    )
