"""LINE: the secret with the tokens of its channels, which are entered by hand."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, SecretValue
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct


def line_accounts(scope: Construct, *, keep: bool, key: kms.Key | None) -> secretsmanager.Secret:
    """An empty secret: `{"default": {"token": "…", "secret": "…"}}` is put into it by hand, one key an account."""
    return secretsmanager.Secret(
        scope,
        "LineAccounts",
        description="Access tokens and channel secrets of LINE, by the names that brands call them",
        encryption_key=key,
        secret_string_value=SecretValue.unsafe_plain_text("{}"),
        removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
    )
