"""The three tables."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from kizuna.topology import TABLES, Table, TableSpec

_TYPES = {"S": dynamodb.AttributeType.STRING, "N": dynamodb.AttributeType.NUMBER}


class Tables(Construct):
    """Every table of the topology, billed on demand. Kept data can be restored and cannot be deleted by accident."""

    def __init__(self, scope: Construct, *, keep: bool, key: kms.IKey | None) -> None:
        super().__init__(scope, "Tables")
        self.by_name: Mapping[Table, dynamodb.Table] = {
            spec.name: self._table(spec, keep=keep, key=key) for spec in TABLES
        }

    def _table(self, spec: TableSpec, *, keep: bool, key: kms.IKey | None) -> dynamodb.Table:
        # Not a global table: with a key of our own that one is tied to a region at synthesis.
        table = dynamodb.Table(
            self,
            spec.name.value.title(),
            partition_key=_attribute("pk", "S"),
            sort_key=_attribute("sk", "S"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES if spec.stream else None,
            time_to_live_attribute=spec.ttl,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if key else dynamodb.TableEncryption.DEFAULT,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=keep
            ),
            deletion_protection=keep,
            removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
        )
        for index in spec.indexes:
            table.add_global_secondary_index(
                index_name=index.name,
                partition_key=_attribute(index.partition, "S"),
                sort_key=_attribute(index.sort, index.sort_type),
                # Who reads the index then reads the item: a copy of it here would double the price of each write.
                projection_type=dynamodb.ProjectionType.KEYS_ONLY,
            )
        return table


def _attribute(name: str, kind: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=_TYPES[kind])
