"""The tables, queues, bus, rules, schedules and secret of the topology, made in the emulator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from kizuna.local.tables import table_request
from kizuna.topology import (
    BUS_NAME,
    BUS_RULES,
    QUEUES,
    SCHEDULED_FUNCTION,
    SWEEPS,
    TABLES,
    Function,
    Queue,
    TableSpec,
    queue_variable,
)

REGION = "us-east-1"
ACCOUNT = "123456789012"
GROUP = "kizuna-local"
BUCKET = "kizuna-local"
IMPORTS = "kizuna-local-imports"
ANCHORS = "kizuna-local-anchors"
SECRET = "kizuna-local"  # noqa: S105  (its name)
LINE_SECRET = "kizuna-local-line"  # noqa: S105  (its name)
LINE_ACCOUNT = {"token": "local-token", "secret": "local-channel-secret"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/kizuna-local-scheduler"
CONFIGURATION_SET = "kizuna-local"


def function_arn(name: Function) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:kizuna-local-{name}"


@dataclass(frozen=True, slots=True)
class Resources:
    """What was made, by the names that functions and the local cloud use."""

    queue_urls: Mapping[Queue, str]
    table_names: Mapping[str, str]

    def environment(self, *, base_url: str) -> dict[str, str]:
        """The environment that infra gives to functions, filled with local names."""
        return {
            "KIZUNA_STAGE": "local",
            **{f"KIZUNA_TABLE_{name.upper()}": table for name, table in self.table_names.items()},
            **{queue_variable(queue): url for queue, url in self.queue_urls.items()},
            "KIZUNA_BUS": BUS_NAME,
            "KIZUNA_LAKE": "local",
            "KIZUNA_BUCKET": BUCKET,
            "KIZUNA_IMPORTS": IMPORTS,
            "KIZUNA_ANCHORS": ANCHORS,
            "KIZUNA_SECRET": SECRET,
            "KIZUNA_SCHEDULE_GROUP": GROUP,
            "KIZUNA_SCHEDULE_ROLE": ROLE,
            "KIZUNA_SCHEDULE_TARGET": function_arn(SCHEDULED_FUNCTION),
            "KIZUNA_CALLOUT": function_arn(Function.CALLOUT),
            "KIZUNA_SCHEDULE_LOST": f"arn:aws:sqs:{REGION}:{ACCOUNT}:kizuna-local-lost-starts",
            "KIZUNA_BASE_URL": base_url,
            "KIZUNA_SES_CONFIGURATION_SET": CONFIGURATION_SET,
            "KIZUNA_SMS_ORIGINATION": "+12065550100",
            "KIZUNA_SMS_CONFIGURATION_SET": CONFIGURATION_SET,
            "KIZUNA_SMS_OPT_OUT_LIST": "Default",
            "KIZUNA_PUSH_APPLICATION": "local",
            "KIZUNA_PUSH_SNS_IOS": "",  # the push application sends
            "KIZUNA_PUSH_SNS_ANDROID": "",
            "KIZUNA_WHATSAPP_PHONE_NUMBER": "phone-number-id-local",
            "KIZUNA_WHATSAPP_API_VERSION": "v22.0",
            "KIZUNA_LINE_SECRET": LINE_SECRET,
            "KIZUNA_CATALOG_SECONDS": "0",  # what is applied is in force at the next call
            "KIZUNA_WORKERS": "1",  # the emulator works through one request after the other
        }


def make(*, link_secret: str) -> Resources:
    """Make everything, in an emulator that is empty. `link_secret` signs links; tests pass a fixed one."""
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    tables = {spec.name.value: _table(dynamodb, spec) for spec in TABLES}
    queues = _queues()
    _bus(queues)
    _schedules()
    _buckets()
    secret = json.dumps({"current": "k1", "k1": link_secret})
    secrets = boto3.client("secretsmanager", region_name=REGION)
    secrets.create_secret(Name=SECRET, SecretString=secret)
    secrets.create_secret(Name=LINE_SECRET, SecretString=json.dumps({"default": LINE_ACCOUNT}))
    return Resources(queues, tables)


def _table(dynamodb: Any, spec: TableSpec) -> str:
    name = f"kizuna-local-{spec.name}"
    dynamodb.create_table(**table_request(spec, name))
    return name


def _queues() -> dict[Queue, str]:
    client = boto3.client("sqs", region_name=REGION)
    urls: dict[Queue, str] = {}
    for spec in QUEUES:
        dead = client.create_queue(QueueName=f"kizuna-local-{spec.name}-dead")["QueueUrl"]
        policy = json.dumps({"deadLetterTargetArn": _queue_arn(dead), "maxReceiveCount": spec.receives})
        made = client.create_queue(
            QueueName=f"kizuna-local-{spec.name}",
            Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "360"},
        )
        urls[spec.name] = made["QueueUrl"]
    return urls


def _queue_arn(url: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{url.rpartition('/')[2]}"


def dead_letter_url(queue_url: str) -> str:
    return f"{queue_url}-dead"


def _bus(queues: Mapping[Queue, str]) -> None:
    client = boto3.client("events", region_name=REGION)
    client.create_event_bus(Name=BUS_NAME)
    for rule in BUS_RULES:
        client.put_rule(Name=rule.name, EventBusName=rule.bus, EventPattern=json.dumps(rule.pattern))
        target = {"Id": "queue", "Arn": _queue_arn(queues[rule.queue])}
        client.put_targets(Rule=rule.name, EventBusName=rule.bus, Targets=[target])


def _buckets() -> None:
    """The lake's, the one for anchors, and the one for imports, which tells the default bus of every new file."""
    client = boto3.client("s3", region_name=REGION)
    for bucket in (BUCKET, IMPORTS):
        client.create_bucket(Bucket=bucket)
    client.create_bucket(Bucket=ANCHORS, ObjectLockEnabledForBucket=True)
    client.put_bucket_notification_configuration(
        Bucket=IMPORTS, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )


def _schedules() -> None:
    client = boto3.client("scheduler", region_name=REGION)
    client.create_schedule_group(Name=GROUP)
    for sweep in SWEEPS:
        client.create_schedule(
            Name=sweep.name,
            ScheduleExpression=sweep.rate,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": function_arn(sweep.function), "RoleArn": ROLE},
        )
