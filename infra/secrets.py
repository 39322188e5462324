"""The keys that sign links, tokens and address hashes."""

from __future__ import annotations

import json

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

FIRST_KEY = "k1"


def signing_keys(scope: Construct, *, keep: bool, key: kms.IKey | None) -> secretsmanager.Secret:
    """A secret `{"current": "k1", "k1": "<64 letters and digits>"}`, made once in AWS and never in the template.

    Rotation adds `k2` and moves `current`; old keys stay, because links in old mail must still work. Never change
    the generator below: CloudFormation would make a new value and every link ever sent would stop working.
    """
    return secretsmanager.Secret(
        scope,
        "SigningKeys",
        description="Kizuna: keys for links, tokens and address hashes, by key id",
        generate_secret_string=secretsmanager.SecretStringGenerator(
            secret_string_template=json.dumps({"current": FIRST_KEY}),
            generate_string_key=FIRST_KEY,
            password_length=64,
            exclude_punctuation=True,
        ),
        encryption_key=key,
        removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
    )
