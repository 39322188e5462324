"""What a function is told and what it may do: its `FunctionSpec`, translated into variables and policy statements.

Actions are named one by one and resources by their ARN. The few patterns there are stand in `WILDCARDS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

from infra.anchors import OBJECTS as ANCHORED
from infra.anchors import Anchors
from infra.athena import Athena
from infra.email import Email
from infra.encryption import use_through
from infra.imports import FILES, ORDERS, REJECTS, Imports
from infra.lake import ERRORS, EVENTS, EXPORTS, PEOPLE, QUARANTINE, Lake
from infra.push import PushChannel
from infra.schedules import Schedules
from infra.sms import SmsChannel
from infra.whatsapp import WhatsAppChannel
from kizuna.topology import PACES_OF_KEYS, TABLES, FunctionSpec, Queue, Sink, Table, queue_variable

# Every resource pattern in a policy of the stack, and why it is one. A test knows no others.
WILDCARDS: Mapping[str, str] = {
    "*": "dynamodb:ListStreams takes no resource (react, for its stream), nor do questions to SES and End User "
    "Messaging about the account as a whole (account)",
    "quarantine/*": "new objects, each under its own key",
    "events/*": "Firehose names the objects it writes, and an erasure rewrites them",
    "errors/*": "likewise",
    "imports/*": "files to be read, put there under any key",
    "orders/*": "each under the id of its import",
    "rejects/*": "likewise",
    "exports/*": "new objects, each under the id of its export",
    "people/*": "a snapshot is written in as many objects as it takes, and an erasure rewrites them",
    "anchors/*": "each night in as many objects as it takes; the bucket takes each name once",
    "answers/*": "Athena names the objects of its answers",
    "mms/*": "pictures of multimedia messages, each under a name of its own",
    "endpoint/<application>/*": "SNS makes an endpoint for each push token",
    "schedule/<group>/*": "schedules are named when a campaign is scheduled; the group is the stack's own",
}


Provider = Literal[Sink.SES, Sink.SMS, Sink.PUSH, Sink.WHATSAPP, Sink.LINE, Sink.PROVIDERS]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything that functions read, write and call."""

    stage: str
    log_level: str
    base_url: str
    tables: Mapping[Table, dynamodb.Table]
    queues: Mapping[Queue, sqs.Queue]
    bus: events.IEventBus
    lake: Lake
    athena: Athena
    imports: Imports
    anchors: Anchors
    secret: secretsmanager.ISecret
    schedules: Schedules
    scheduled_function_arn: str
    callout_function_arn: str
    email: Email
    sms: SmsChannel | None
    push: PushChannel | None
    whatsapp: WhatsAppChannel | None
    line: secretsmanager.ISecret | None
    topics: tuple[str, ...]
    key: kms.IKey | None


def environment(spec: FunctionSpec, around: Surroundings) -> dict[str, str]:
    """The variables of `topology.ENVIRONMENT` for one function. A channel that is off leaves its own unset."""
    return {
        "KIZUNA_STAGE": around.stage,
        "KIZUNA_LOG_LEVEL": around.log_level,
        "KIZUNA_BASE_URL": around.base_url,
        **{f"KIZUNA_TABLE_{name.upper()}": table.table_name for name, table in around.tables.items()},
        **{queue_variable(name): around.queues[name].queue_url for name in spec.sends_to},
        **{name: value for sink in spec.sinks for name, value in _variables(sink, around).items()},
    }


def statements(spec: FunctionSpec, around: Surroundings) -> Iterator[iam.PolicyStatement]:
    """The policy of one function, without its logs and without what it is fed by."""
    for name, actions in spec.tables.items():
        yield _table_access(name, actions, around.tables[name])
    yield from _index_access(spec, around)
    if spec.sends_to:
        yield iam.PolicyStatement(
            sid="SendToQueues",
            actions=["sqs:SendMessage"],
            resources=[around.queues[name].queue_arn for name in spec.sends_to],
        )
    for sink in spec.sinks:
        yield from _sink_access(sink, around)
    if around.key and (services := _encrypted_services(spec)):
        yield use_through(around.key, services)


def _table_access(name: Table, actions: tuple[str, ...], table: dynamodb.Table) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=f"Use{name.title()}", actions=list(actions), resources=[table.table_arn])


def _index_access(spec: FunctionSpec, around: Surroundings) -> Iterator[iam.PolicyStatement]:
    for table in TABLES:
        arn = around.tables[table.name].table_arn
        if named := [f"{arn}/index/{index.name}" for index in table.indexes if index in spec.indexes]:
            sid = f"Query{table.name.title()}Indexes"
            yield iam.PolicyStatement(sid=sid, actions=["dynamodb:Query"], resources=named)


def _variables(sink: Sink, around: Surroundings) -> dict[str, str]:
    match sink:
        case Sink.LAKE:
            return {"KIZUNA_LAKE": around.lake.stream.ref}
        case Sink.ATHENA:
            return {
                "KIZUNA_ATHENA_WORKGROUP": around.athena.workgroup_name,
                "KIZUNA_ATHENA_DATABASE": around.athena.database_name,
            }
        case Sink.QUARANTINE | Sink.QUARANTINE_READ | Sink.ARCHIVE | Sink.SNAPSHOT:
            return {"KIZUNA_BUCKET": around.lake.bucket.bucket_name}
        case Sink.IMPORTS:
            return {"KIZUNA_IMPORTS": around.imports.bucket.bucket_name}
        case Sink.ANCHORS:
            return {"KIZUNA_ANCHORS": around.anchors.bucket.bucket_name}
        case Sink.BUS:
            return {"KIZUNA_BUS": around.bus.event_bus_name}
        case Sink.SCHEDULER:
            return {
                "KIZUNA_SCHEDULE_GROUP": around.schedules.group_name,
                "KIZUNA_SCHEDULE_ROLE": around.schedules.role.role_arn,
                "KIZUNA_SCHEDULE_TARGET": around.scheduled_function_arn,
                "KIZUNA_SCHEDULE_LOST": around.schedules.lost_arn,
            }
        case Sink.SECRETS:
            return {"KIZUNA_SECRET": around.secret.secret_arn}
        case Sink.TOPICS | Sink.PACE:
            return {}
        case Sink.CALLOUT:
            return {"KIZUNA_CALLOUT": around.callout_function_arn}
        case Sink.SES | Sink.SMS | Sink.PUSH | Sink.WHATSAPP | Sink.LINE | Sink.PROVIDERS:
            return _provider_variables(sink, around)
        case _:
            assert_never(sink)


def _provider_variables(sink: Provider, around: Surroundings) -> dict[str, str]:
    """None for a channel that is off."""
    match sink:
        case Sink.SES:
            return {"KIZUNA_SES_CONFIGURATION_SET": around.email.configuration_set_name}
        case Sink.SMS:
            return _sms_variables(around.sms) if around.sms else {}
        case Sink.PUSH:
            return around.push.variables() if around.push else {}
        case Sink.WHATSAPP:
            return around.whatsapp.variables() if around.whatsapp else {}
        case Sink.LINE:
            return {"KIZUNA_LINE_SECRET": around.line.secret_arn} if around.line else {}
        case Sink.PROVIDERS:
            return {"KIZUNA_SMS_OPT_OUT_LIST": around.sms.opt_out_list} if around.sms else {}
        case _:
            assert_never(sink)


def _sms_variables(sms: SmsChannel) -> dict[str, str]:
    return {
        "KIZUNA_SMS_ORIGINATION": sms.origination,
        "KIZUNA_SMS_CONFIGURATION_SET": sms.configuration_set_name,
    }


def _sink_access(sink: Sink, around: Surroundings) -> list[iam.PolicyStatement]:
    match sink:
        case Sink.LAKE:
            return [_allow("WriteLake", "firehose:PutRecordBatch", around.lake.stream.attr_arn)]
        case Sink.QUARANTINE:
            return [_written("WriteQuarantine", around.lake, QUARANTINE)]
        case Sink.SNAPSHOT | Sink.ANCHORS:
            return _of_a_night(sink, around)
        case Sink.QUARANTINE_READ:
            return _quarantine_reading(around.lake)
        case Sink.ARCHIVE:
            return _archive_access(around.lake)
        case Sink.ATHENA:
            return around.athena.may_ask()
        case Sink.IMPORTS:
            return _imports_access(around.imports)
        case Sink.BUS:
            return [_allow("Publish", "events:PutEvents", around.bus.event_bus_arn)]
        case Sink.SCHEDULER:
            return _scheduler_access(around.schedules)
        case Sink.SECRETS | Sink.PACE:
            return [_of_the_door(sink, around)]
        case Sink.TOPICS:
            return _telling(around.topics)
        case Sink.CALLOUT:
            return [_allow("CallOut", "lambda:InvokeFunction", around.callout_function_arn)]
        case Sink.SES | Sink.SMS | Sink.PUSH | Sink.WHATSAPP | Sink.LINE | Sink.PROVIDERS:
            return _provider_access(sink, around)
        case _:
            assert_never(sink)


def _provider_access(sink: Provider, around: Surroundings) -> list[iam.PolicyStatement]:
    """Nothing for a channel that is off."""
    match sink:
        case Sink.SES:
            return [around.email.may_send()]
        case Sink.SMS:
            return [around.sms.may_send(), *around.sms.may_read_media()] if around.sms else []
        case Sink.PUSH:
            return around.push.may_send() if around.push else []
        case Sink.WHATSAPP:
            return [around.whatsapp.may_send()] if around.whatsapp else []
        case Sink.LINE:
            read = "secretsmanager:GetSecretValue"
            return [_allow("ReadLineAccounts", read, around.line.secret_arn)] if around.line else []
        case Sink.PROVIDERS:
            return [around.email.may_mirror(), *(around.sms.may_read_opt_outs() if around.sms else [])]
        case _:
            assert_never(sink)


def _telling(topics: Sequence[str]) -> list[iam.PolicyStatement]:
    """Nothing where no topic is named."""
    return (
        [iam.PolicyStatement(sid="Tell", actions=["sns:Publish"], resources=list(topics))] if topics else []
    )


def _of_the_door(sink: Literal[Sink.SECRETS, Sink.PACE], around: Surroundings) -> iam.PolicyStatement:
    """Secrets are read. What anybody may call who has read a web page notes how often a key came, and can change no
    definition and no key, though they lie in the same table."""
    if sink is Sink.SECRETS:
        return _allow("ReadSecret", "secretsmanager:GetSecretValue", around.secret.secret_arn)
    return iam.PolicyStatement(
        sid="TakeTurns",
        actions=["dynamodb:UpdateItem"],
        resources=[around.tables[Table.CATALOG].table_arn],
        conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{PACES_OF_KEYS}*"]}},
    )


def _quarantine_reading(lake: Lake) -> list[iam.PolicyStatement]:
    """What could not be used, to be found and counted, and nothing else of the bucket."""
    kept = f"{QUARANTINE}*"
    return [
        iam.PolicyStatement(
            sid="FindViolations",
            actions=["s3:ListBucket"],
            resources=[lake.bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [kept]}},
        ),
        _allow("ReadViolations", "s3:GetObject", lake.bucket.arn_for_objects(kept)),
    ]


def _archive_access(lake: Lake) -> list[iam.PolicyStatement]:
    """What lies in the bucket, to be found, and written anew without the rows of one person; and exports."""
    kept = [f"{prefix}*" for prefix in (EVENTS, ERRORS, PEOPLE, QUARANTINE, EXPORTS)]
    return [
        iam.PolicyStatement(
            sid="FindObjects",
            actions=["s3:ListBucket"],
            resources=[lake.bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": kept}},
        ),
        iam.PolicyStatement(
            sid="RewriteObjects",
            actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            resources=[lake.bucket.arn_for_objects(prefix) for prefix in kept],
        ),
    ]


def _of_a_night(
    sink: Literal[Sink.SNAPSHOT, Sink.ANCHORS], around: Surroundings
) -> list[iam.PolicyStatement]:
    """Snapshots are written. Anchors are written once, and read where somebody was there before."""
    if sink is Sink.SNAPSHOT:
        return [_written("WriteSnapshots", around.lake, PEOPLE)]
    objects = around.anchors.bucket.arn_for_objects(f"{ANCHORED}*")
    actions = ["s3:GetObject", "s3:PutObject"]
    return [iam.PolicyStatement(sid="WriteAnchors", actions=actions, resources=[objects])]


def _written(sid: str, lake: Lake, prefix: str) -> iam.PolicyStatement:
    return _allow(sid, "s3:PutObject", lake.bucket.arn_for_objects(f"{prefix}*"))


def _imports_access(imports: Imports) -> list[iam.PolicyStatement]:
    """Files and orders are read, rejects written. Nothing is listed, and nothing deleted: a month takes it away."""
    read = [imports.bucket.arn_for_objects(f"{prefix}*") for prefix in (FILES, ORDERS)]
    return [
        iam.PolicyStatement(sid="ReadImports", actions=["s3:GetObject"], resources=read),
        _allow("WriteRejects", "s3:PutObject", imports.bucket.arn_for_objects(f"{REJECTS}*")),
    ]


def _scheduler_access(schedules: Schedules) -> list[iam.PolicyStatement]:
    return [
        _allow("Schedule", "scheduler:CreateSchedule", schedules.schedules_arn),
        iam.PolicyStatement(
            sid="LendRole",
            actions=["iam:PassRole"],
            resources=[schedules.role.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
        ),
    ]


_IN_BUCKETS = frozenset(
    {
        Sink.QUARANTINE,
        Sink.QUARANTINE_READ,
        Sink.ARCHIVE,
        Sink.IMPORTS,
        Sink.SNAPSHOT,
        Sink.ANCHORS,
        Sink.ATHENA,
    }
)


def _encrypted_services(spec: FunctionSpec) -> list[str]:
    """The services through which this function meets what the stack's own key encrypts."""
    uses = {
        "dynamodb": bool(spec.tables),
        "s3": bool(_IN_BUCKETS.intersection(spec.sinks)),
        "secretsmanager": bool({Sink.SECRETS, Sink.LINE}.intersection(spec.sinks)),
    }
    return [name for name, used in uses.items() if used]


def _allow(sid: str, action: str, resource: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=[action], resources=[resource])
