"""Questions to the lake: two tables over its objects, and a workgroup that no question may cost more in than set.

    people    dt=<snapshot>/…    everybody as of one night        (`usecases/segments/snapshot.py`)
    events    dt=<day>/…         everything that happened         (`infra/lake.py`)

Either has one column, the line of JSON as it lies there: what is in it the query reads by Trino's own JSON functions
(`adapters/lake/athena.py`), which take any key that a customer's event may have. The readers of Hive fold keys to
lower case, and fail on a row in which two differ by case alone. Partitions are computed from the path, none is
registered.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.lake import ANSWERS, EVENTS, PEOPLE, Lake

_LINES = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_IN = "org.apache.hadoop.mapred.TextInputFormat"
_OUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_NEVER_WRITTEN = "\u0001"  # JSON escapes it, so a line is one column


class Athena(Construct):
    """The database, its tables, and the workgroup. Answers lie in the lake's bucket for a day."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: str,
        lake: Lake,
        key: kms.IKey | None,
        keep_days: int,
        most_gigabytes: int,
    ) -> None:
        super().__init__(scope, "Athena")
        self._lake = lake
        self.database_name = f"kizuna_{stage.replace('-', '_')}"
        self.workgroup_name = f"Kizuna-{stage}-lake"
        self._database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self.database_name, description="Kizuna: people and events"
            ),
        )
        self._table("People", "people", PEOPLE, {"projection.dt.type": "injected"})
        days = {
            "projection.dt.type": "date",
            "projection.dt.format": "yyyy-MM-dd",
            "projection.dt.range": f"NOW-{keep_days}DAYS,NOW+1DAYS",
        }
        self._table("Events", "events", EVENTS, days)
        self.workgroup = athena.CfnWorkGroup(
            self,
            "WorkGroup",
            name=self.workgroup_name,
            description="Counts of draft segments over everybody",
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,  # nobody asks for more, or has answers put elsewhere
                bytes_scanned_cutoff_per_query=most_gigabytes * 1_000_000_000,
                publish_cloud_watch_metrics_enabled=True,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{lake.bucket.bucket_name}/{ANSWERS}",
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_KMS" if key else "SSE_S3", kms_key=key.key_arn if key else None
                    ),
                ),
            ),
        )
        self.workgroup.apply_removal_policy(RemovalPolicy.DESTROY)

    def _table(self, construct: str, name: str, prefix: str, projection: Mapping[str, str]) -> None:
        place = f"s3://{self._lake.bucket.bucket_name}/{prefix}"
        table = glue.CfnTable(
            self,
            construct,
            catalog_id=Aws.ACCOUNT_ID,
            database_name=self.database_name,
            table_input=glue.CfnTable.TableInputProperty(
                name=name,
                table_type="EXTERNAL_TABLE",
                partition_keys=[glue.CfnTable.ColumnProperty(name="dt", type="string")],
                parameters={
                    "classification": "text",
                    "projection.enabled": "true",
                    "storage.location.template": f"{place}dt=${{dt}}/",
                    **projection,
                },
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    location=place,
                    columns=[glue.CfnTable.ColumnProperty(name="record", type="string")],
                    input_format=_IN,
                    output_format=_OUT,
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library=_LINES,
                        parameters={"field.delim": _NEVER_WRITTEN, "serialization.format": _NEVER_WRITTEN},
                    ),
                ),
            ),
        )
        table.add_dependency(self._database)

    def may_ask(self) -> list[iam.PolicyStatement]:
        """To ask in this workgroup, to know these tables, to read what lies under them, and to keep the answers."""
        arn = f"arn:{Aws.PARTITION}:glue:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        workgroups = f"arn:{Aws.PARTITION}:athena:{Aws.REGION}:{Aws.ACCOUNT_ID}:workgroup"
        bucket = self._lake.bucket
        return [
            iam.PolicyStatement(
                sid="AskLake",
                actions=[
                    "athena:GetQueryExecution",
                    "athena:GetQueryResults",
                    "athena:StartQueryExecution",
                ],
                resources=[f"{workgroups}/{self.workgroup_name}"],
            ),
            iam.PolicyStatement(
                sid="KnowTables",
                actions=["glue:GetDatabase", "glue:GetTable"],
                resources=[
                    f"{arn}:catalog",
                    f"{arn}:database/{self.database_name}",
                    *(f"{arn}:table/{self.database_name}/{name}" for name in ("people", "events")),
                ],
            ),
            iam.PolicyStatement(
                sid="FindRows",
                actions=["s3:GetBucketLocation", "s3:ListBucket"],
                resources=[bucket.bucket_arn],
            ),
            iam.PolicyStatement(
                sid="ReadRows",
                actions=["s3:GetObject"],
                resources=[bucket.arn_for_objects(f"{prefix}*") for prefix in (EVENTS, PEOPLE)],
            ),
            iam.PolicyStatement(
                sid="KeepAnswers",
                actions=["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
                resources=[bucket.arn_for_objects(f"{ANSWERS}*")],
            ),
        ]
