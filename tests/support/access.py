"""Watches what functions ask of AWS while a local cloud runs them, and says which leave that takes.

    watch = Watch(clock)
    with LocalCloud(clock, around=watch.around): ...
    watch.taken[Function.WAKE]         the leave that `wake` took

Each function runs on services of its own, made from the environment that it has when it is deployed.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple

import boto3

from kizuna.local import resources
from kizuna.local.clock import Clock
from kizuna.runtime import wiring
from kizuna.runtime.settings import from_environment
from kizuna.topology import (
    BUS_NAME,
    PACES_OF_KEYS,
    TABLES,
    Function,
    FunctionSpec,
    Queue,
    Sink,
    Table,
    function,
    variables,
)
from tests.infra.golden import POLICIES
from tests.infra.reading import as_list

# What infra gives and a local cloud has no such thing for.
WORKGROUP = "Kizuna-test-lake"
NOT_LOCAL = {
    "KIZUNA_LOG_LEVEL": "INFO",
    "KIZUNA_ATHENA_WORKGROUP": WORKGROUP,
    "KIZUNA_ATHENA_DATABASE": "kizuna_test",
    "KIZUNA_SCHEDULE_LOST": f"arn:aws:sqs:{resources.REGION}:{resources.ACCOUNT}:kizuna-local-lost-starts",
}
# What a local cloud gives and infra does not: the pace of things alone.
PACE = {"KIZUNA_CATALOG_SECONDS", "KIZUNA_WORKERS"}
_PREFIX = "kizuna-local-"


class Leave(NamedTuple):
    """An action as IAM calls it, and the table, index, queue or sink that it is done to."""

    action: str
    on: str


class Watch:
    """Remembers what every function that runs inside `around` takes leave for."""

    def __init__(self, clock: Clock) -> None:
        self.taken: dict[Function, set[Leave]] = defaultdict(set)
        self._clock = clock
        self._services: dict[Function, wiring.Services] = {}
        self._running: Function | None = None

    @contextmanager
    def around(self, name: Function) -> Iterator[None]:
        """The function's own environment and services, and ears on all clients that it makes."""
        with only(environment(function(name))):
            if not self._services:
                boto3.DEFAULT_SESSION.events.register("provide-client-params", self._heard)
            if name not in self._services:
                self._services[name] = wiring.Services(
                    from_environment(), clock=self._clock.now, rest=self._rest
                )
            self._running = name
            try:
                with wiring.installed(self._services[name]):
                    yield
            finally:
                self._running = None

    def _rest(self, seconds: float) -> None:
        self._clock.advance(timedelta(seconds=seconds))

    def _heard(self, *, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        if self._running is not None:  # else it is the test that calls
            found = leaves(model.service_model.service_name, model.name, params)
            self.taken[self._running].update(narrowed(found, params, function(self._running)))


def environment(spec: FunctionSpec) -> dict[str, str]:
    """What infra tells a function, in the words of the local cloud that runs."""
    told = {**NOT_LOCAL, **os.environ}
    paced = {name: os.environ[name] for name in (*PACE, "KIZUNA_LINE_ENDPOINT")}
    return {**{name: told[name] for name in variables(spec)}, **paced}


@contextmanager
def only(wanted: Mapping[str, str]) -> Iterator[None]:
    """Of all variables of Kizuna only these."""
    before = {name: value for name, value in os.environ.items() if name.startswith("KIZUNA_")}
    for name in before:
        del os.environ[name]
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name in wanted:
            del os.environ[name]
        os.environ.update(before)


def narrowed(found: Iterator[Leave], params: Mapping[str, Any], spec: FunctionSpec) -> Iterator[Leave]:
    """The same leave; but of a function that may write down the paces of keys alone, the leave for these."""
    for leave in found:
        row = params.get("Key", {}) if leave == ("dynamodb:UpdateItem", Table.CATALOG) else {}
        is_pace = Sink.PACE in spec.sinks and row.get("pk", {}).get("S", "").startswith(PACES_OF_KEYS)
        yield Leave(leave.action, str(Sink.PACE)) if is_pace else leave


# ── what a call takes ───────────────────────────────────────────────────────────────────────────


def leaves(service: str, operation: str, params: Mapping[str, Any]) -> Iterator[Leave]:
    """What AWS asks leave for when it is called so; a call that is not known here takes what nobody has.

    "Actions, resources, and condition keys for AWS services" (Service Authorization Reference), service by service.
    """
    match service, operation:
        case "dynamodb", _:
            yield from _on_tables(operation, params)
        case "sqs", "SendMessage" | "SendMessageBatch":
            yield Leave("sqs:SendMessage", local_name(params["QueueUrl"]))
        case "s3", _:
            yield _on_objects(operation, params)
        case "firehose", _:
            yield Leave(f"firehose:{operation}", _within(params["DeliveryStreamName"], "local", Sink.LAKE))
        case "events", "PutEvents":
            for entry in params["Entries"]:
                yield Leave("events:PutEvents", _within(entry["EventBusName"], BUS_NAME, Sink.BUS))
        case "scheduler", _:
            group = _within(params["GroupName"], resources.GROUP, Sink.SCHEDULER)
            yield Leave(f"scheduler:{operation}", group)
            if "Target" in params:
                yield Leave(
                    "iam:PassRole", _within(params["Target"]["RoleArn"], resources.ROLE, Sink.SCHEDULER)
                )
        case "secretsmanager", _:
            of_line = params["SecretId"] == resources.LINE_SECRET
            known, sink = (resources.LINE_SECRET, Sink.LINE) if of_line else (resources.SECRET, Sink.SECRETS)
            yield Leave(f"secretsmanager:{operation}", _within(params["SecretId"], known, sink))
        case "athena", _:
            workgroup = params.get("WorkGroup", WORKGROUP)  # others name a query, which lies in its workgroup
            yield Leave(f"athena:{operation}", _within(workgroup, WORKGROUP, Sink.ATHENA))
        case _:
            yield _of_a_provider(service, operation, params)


def _of_a_provider(service: str, operation: str, params: Mapping[str, Any]) -> Leave:
    match service, operation:
        case "sesv2", "SendEmail":
            name, wanted, sink = params["ConfigurationSetName"], resources.CONFIGURATION_SET, Sink.SES
            # As SES itself asks, whatever the call is named after.
            action = "ses:SendRawEmail" if "Raw" in params["Content"] else "ses:SendEmail"
        case "pinpoint-sms-voice-v2", "SendTextMessage":
            name, wanted, sink = params["ConfigurationSetName"], resources.CONFIGURATION_SET, Sink.SMS
            action = "sms-voice:SendTextMessage"
        case "pinpoint", "SendMessages":
            name, wanted, sink = params["ApplicationId"], "local", Sink.PUSH
            action = "mobiletargeting:SendMessages"
        case "sesv2", "GetAccount" | "ListSuppressedDestinations" | "PutSuppressedDestination":
            return Leave(f"ses:{operation}", str(Sink.PROVIDERS))
        case "pinpoint-sms-voice-v2", "DescribeSpendLimits" | "DescribeAccountAttributes":
            return Leave(f"sms-voice:{operation}", str(Sink.PROVIDERS))
        case "pinpoint-sms-voice-v2", "DescribeOptedOutNumbers":
            name, wanted, sink = params["OptOutListName"], "Default", Sink.PROVIDERS
            action = "sms-voice:DescribeOptedOutNumbers"
        case "sns", "Publish":
            return Leave("sns:Publish", str(Sink.TOPICS))
        case "lambda", "Invoke":
            name, wanted, sink = params["FunctionName"], os.environ["KIZUNA_CALLOUT"], Sink.CALLOUT
            action = "lambda:InvokeFunction"
        case "socialmessaging", "SendWhatsAppMessage":
            name, wanted, sink = params["originationPhoneNumberId"], "phone-number-id-local", Sink.WHATSAPP
            action = "social-messaging:SendWhatsAppMessage"
        case _:
            return Leave(f"{service}:{operation}", "?")
    return Leave(action, _within(name, wanted, sink))


_ARCHIVED = ("events", "errors", "exports", "people")  # by the only function that comes there by itself

# To know of an object takes the leave to read it ("HeadObject", Amazon S3 API reference).
_OBJECTS = {"HeadObject": "s3:GetObject", "ListObjectsV2": "s3:ListBucket"}


def _on_objects(operation: str, params: Mapping[str, Any]) -> Leave:
    action, folder = _OBJECTS.get(operation, f"s3:{operation}"), params.get("Key", "").partition("/")[0]
    if params["Bucket"] == resources.ANCHORS:
        return Leave(action, str(Sink.ANCHORS))
    if params["Bucket"] == resources.IMPORTS:
        return Leave(action, f"{Sink.IMPORTS} {folder}")
    place = f"{Sink.ARCHIVE} {folder}".strip() if folder in ("", *_ARCHIVED) else folder
    return Leave(action, _within(params["Bucket"], resources.BUCKET, place))


def _on_tables(operation: str, params: Mapping[str, Any]) -> Iterator[Leave]:
    """A transaction takes the leave of each of its actions, a batch only that for batches.

    "Using IAM with DynamoDB transactions", DynamoDB developer guide.
    """
    match operation:
        case "TransactWriteItems":
            for action in params["TransactItems"]:
                ((kind, body),) = action.items()
                yield Leave(f"dynamodb:{kind}Item", local_name(body["TableName"]))
        case "BatchGetItem" | "BatchWriteItem":
            for table in params["RequestItems"]:
                yield Leave(f"dynamodb:{operation}", local_name(table))
        case _:
            index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
            yield Leave(f"dynamodb:{operation}", local_name(params["TableName"]) + index)


def local_name(name: str) -> str:
    """The name in the topology of a local table or of the queue of a URL."""
    return name.rpartition("/")[2].removeprefix(_PREFIX)


def _within(given: str, known: str, what: str) -> str:
    return str(what) if given == known else f"{what} {given}"


# ── what a function is given ────────────────────────────────────────────────────────────────────


def given(spec: FunctionSpec) -> set[Leave]:
    """In the words of the topology, which gives a sink as a whole (see `coarse`)."""
    tables = {Leave(action, str(table)) for table, actions in spec.tables.items() for action in actions}
    indexes = {
        Leave("dynamodb:Query", f"{table.name}/index/{index.name}")
        for table in TABLES
        for index in table.indexes
        if index in spec.indexes
    }
    queues = {Leave("sqs:SendMessage", str(name)) for name in spec.sends_to}
    sinks = {Leave("use", str(part)) for sink in spec.sinks for part in _PARTS.get(sink, (sink,))}
    return tables | indexes | queues | sinks


# Who counts what is in quarantine finds it by a list of the bucket, which is the archive's.
_PARTS: Mapping[Sink, tuple[Sink, ...]] = {
    Sink.QUARANTINE_READ: (Sink.ARCHIVE, Sink.QUARANTINE),
    Sink.SNAPSHOT: (Sink.ARCHIVE,),  # which rewrites what is written there
}


def coarse(leave: Leave) -> Leave:
    """The same leave in the words of the topology."""
    if leave.on.partition(" ")[0] in set(Sink):
        return Leave("use", leave.on.partition(" ")[0])
    return leave


def reviewed(name: Function) -> set[Leave]:
    """In the words of IAM, by the policies of the deployed stack as they were reviewed.

    Without what Lambda itself needs (to feed a function, for logs and traces) and without the key of the stack.
    """
    role = json.loads(POLICIES.read_text(encoding="utf-8"))["roles"][f"{name.title()}/Role"]
    return {
        Leave(
            action,
            _SENDERS.get(action)
            or _PARTS_OF_TABLES.get(statement.get("Sid", _TRACES))
            or _RESOURCES.get(resource, resource),
        )
        for statement in role["may"]
        if not statement.get("Sid", _TRACES).startswith(_OF_LAMBDA)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


_PARTS_OF_TABLES: Mapping[str, str] = {"TakeTurns": Sink.PACE}  # which a condition tells from the rest
_TRACES = "Traces"  # what CDK adds for them has no name
_OF_LAMBDA = ("Consume", "FollowStream", "ListStreams", "KeepFailedStarts", "WriteLogs", _TRACES, "UseKey")
_SENDERS: Mapping[str, str] = {
    "ses:SendEmail": Sink.SES,
    "ses:SendRawEmail": Sink.SES,
    "ses:GetAccount": Sink.PROVIDERS,
    "ses:ListSuppressedDestinations": Sink.PROVIDERS,
    "ses:PutSuppressedDestination": Sink.PROVIDERS,
    "sms-voice:DescribeSpendLimits": Sink.PROVIDERS,
    "sms-voice:DescribeAccountAttributes": Sink.PROVIDERS,
    "sms-voice:DescribeOptedOutNumbers": Sink.PROVIDERS,
    "sms-voice:SendTextMessage": Sink.SMS,
    "sms-voice:SendMediaMessage": Sink.SMS,
    "mobiletargeting:SendMessages": Sink.PUSH,
    "sns:Publish": Sink.TOPICS,
    "lambda:InvokeFunction": Sink.CALLOUT,
    "social-messaging:SendWhatsAppMessage": Sink.WHATSAPP,
}
_RESOURCES: Mapping[str, str] = {
    **{f"<Tables/{table.name.title()}.Arn>": table.name for table in TABLES},
    **{
        f"<Tables/{table.name.title()}.Arn>/index/{index.name}": f"{table.name}/index/{index.name}"
        for table in TABLES
        for index in table.indexes
    },
    **{f"<Queues/{queue.title().replace('-', '')}.Arn>": queue for queue in Queue},
    "<Lake/Bucket.Arn>/quarantine/*": Sink.QUARANTINE,
    "arn:<Partition>:s3:::pictures-of-the-shop/mms/*": "mms",
    "<LineAccounts>": Sink.LINE,
    "<Lake/Bucket.Arn>": Sink.ARCHIVE,
    **{f"<Lake/Bucket.Arn>/{folder}/*": f"{Sink.ARCHIVE} {folder}" for folder in _ARCHIVED},
    **{
        f"<Imports/Bucket.Arn>/{folder}/*": f"{Sink.IMPORTS} {folder}"
        for folder in ("imports", "orders", "rejects")
    },
    "<Anchors/Bucket.Arn>/anchors/*": Sink.ANCHORS,
    "<Lake/Stream.Arn>": Sink.LAKE,
    "<Lake/Bucket.Arn>/answers/*": "answers",
    f"arn:<Partition>:athena:<Region>:<AccountId>:workgroup/{WORKGROUP}": Sink.ATHENA,
    "<Bus/Bus.Arn>": Sink.BUS,
    "<SigningKeys>": Sink.SECRETS,
    "<Schedules/Role.Arn>": Sink.SCHEDULER,
    "arn:<Partition>:scheduler:<Region>:<AccountId>:schedule/<Schedules/Group>/*": Sink.SCHEDULER,
}
