"""How everything is wired, as data: read by `infra` to build it in AWS and by `kizuna.local` to run it here.

In the order of the picture: what comes in, where it is kept, what reacts, what decides, what goes out,
what comes back. A name used here is the only name a thing has; a function may do exactly what is listed
under `access` and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal


class Table(StrEnum):
    PEOPLE = "people"
    LEDGER = "ledger"
    CATALOG = "catalog"


class Queue(StrEnum):
    INGEST = "ingest"
    IMPORTS = "imports"
    WAKE = "wake"
    BACKFILL = "backfill"
    AUDIENCE = "audience"
    SNAPSHOT = "snapshot"
    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    WHATSAPP = "whatsapp"
    LINE = "line"
    INBOX = "inbox"
    WEBHOOK = "webhook"
    TASK = "task"
    FEEDBACK = "feedback"
    PRIVACY = "privacy"
    LOST_CHANGES = "lost-changes"


class Function(StrEnum):
    COLLECT = "collect"
    HOOKS = "hooks"
    DECIDE = "decide"
    INBOX = "inbox"
    PREFERENCES = "preferences"
    ADMIN = "admin"
    TASKS = "tasks"
    INGEST = "ingest"
    IMPORTER = "importer"
    REACT = "react"
    CAMPAIGN = "campaign"
    AUDIENCE = "audience"
    WAKE = "wake"
    DELIVER = "deliver"
    CALLOUT = "callout"
    FEEDBACK = "feedback"
    PRIVACY = "privacy"
    SNAPSHOT = "snapshot"
    CANARY = "canary"
    ACCOUNT = "account"


class Sink(StrEnum):
    """Things outside the tables and queues that a function may write to or call."""

    LAKE = "lake"  # Firehose → S3, everything that happened
    SNAPSHOT = "snapshots"  # S3, everybody as they are in a night
    ANCHORS = "anchors"  # S3, where every chain of the ledger ended in a night: written once, and kept
    ATHENA = "athena"  # questions to the lake
    QUARANTINE = "quarantine"  # S3, what could not be used, with its cause
    QUARANTINE_READ = "quarantine-read"  # the same, to be counted
    ARCHIVE = "archive"  # S3, lake and quarantine as they lie there: read, and rewritten without somebody
    IMPORTS = "import-files"  # S3, files to be read, and the rows of them that were not taken
    BUS = "bus"  # domain events for other systems
    SCHEDULER = "scheduler"  # one-time schedules of campaigns
    SECRETS = "secrets"  # the keys that sign links, tokens and address hashes
    SES = "ses"
    SMS = "sms-voice"
    PUSH = "push-app"
    WHATSAPP = "social-messaging"
    CALLOUT = "callout"  # the function that calls systems outside
    LINE = "line-accounts"  # the secret with the access tokens of LINE channels
    TOPICS = "topics"  # SNS topics of the company, for colleagues and systems that subscribe to them
    PROVIDERS = "providers"  # what SES and End User Messaging say of the account: quotas, and their lists


# ── tables ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Index:
    name: str
    partition: str
    sort: str
    sort_type: Literal["S", "N"]


@dataclass(frozen=True, slots=True)
class TableSpec:
    """All tables have the string keys `pk` and `sk`, are billed on demand and encrypted."""

    name: Table
    why: str
    stream: bool = False
    ttl: str | None = None
    indexes: tuple[Index, ...] = ()


DUE_INDEX = Index(name="due", partition="ds", sort="du", sort_type="N")
DUE_SHARDS = 8  # partitions of the alarm index; one sweep reads each once
DECIDED_INDEX = Index(name="decided", partition="cs", sort="ck", sort_type="S")
DECIDED_SHARDS = 4  # partitions of one campaign in the index of decisions: 1,000 a second each
SEGMENT_SHARDS = 8  # partitions of one segment's membership; the unit of a campaign's fan-out
COUNTER_SHARDS = 4  # rows that share one hot counter
RESULT_SHARDS = 8  # rows that share the counts of a run: a row takes part in one transaction at a time
JOURNEY_SHARDS = 8  # partitions of one journey's counts, which are written with every step of every run

TABLES: tuple[TableSpec, ...] = (
    TableSpec(
        name=Table.PEOPLE,
        why="profiles, identities, timelines, memberships, messages: hot, personal, erased on request",
        stream=True,
        ttl="ttl",
        indexes=(DUE_INDEX, DECIDED_INDEX),
    ),
    TableSpec(
        name=Table.LEDGER, why="consent events, append-only and chained: outlives the profile as proof"
    ),
    TableSpec(
        name=Table.CATALOG,
        why="definitions, keys, run progress, counters: not personal, written by admins",
        ttl="ttl",
    ),
)

# ── queues ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """A queue with its own dead-letter queue. A record is tried `receives` times, then kept 14 days there."""

    name: Queue
    why: str
    consumer: Function | None
    batch_size: int = 10
    max_concurrency: int | None = None
    receives: int = 5


QUEUES: tuple[QueueSpec, ...] = (
    QueueSpec(Queue.INGEST, "events that were not handled inline, or came by the bus", Function.INGEST),
    QueueSpec(
        Queue.IMPORTS,
        "files to be imported, and the rest of files",
        Function.IMPORTER,
        batch_size=1,
        max_concurrency=2,
    ),
    QueueSpec(Queue.WAKE, "people and messages whose alarm is due", Function.REACT),
    # One piece of work fills a call of the function: alarms wait in a queue of their own, not behind it.
    QueueSpec(
        Queue.BACKFILL,
        "shards of everybody, to be brought up to date with changed definitions",
        Function.REACT,
        batch_size=1,
        max_concurrency=SEGMENT_SHARDS,
    ),
    QueueSpec(
        Queue.AUDIENCE, "shards of a campaign's audience, or of a run of RFM", Function.AUDIENCE, batch_size=1
    ),
    QueueSpec(
        Queue.SNAPSHOT,
        "shards of everybody, to be written into the lake, or anchored",
        Function.SNAPSHOT,
        batch_size=1,
        max_concurrency=2,  # nobody waits for it, and the table serves others meanwhile
    ),
    QueueSpec(Queue.EMAIL, "messages to send by e-mail", Function.DELIVER, max_concurrency=10),
    QueueSpec(Queue.SMS, "messages to send by SMS", Function.DELIVER, max_concurrency=5),
    QueueSpec(Queue.PUSH, "messages to push", Function.DELIVER, max_concurrency=10),
    QueueSpec(Queue.WHATSAPP, "messages to send by WhatsApp", Function.DELIVER, max_concurrency=5),
    QueueSpec(Queue.LINE, "messages to send by LINE", Function.DELIVER, max_concurrency=5),
    QueueSpec(Queue.INBOX, "messages to put into inboxes, and on pages", Function.DELIVER, max_concurrency=5),
    QueueSpec(
        Queue.WEBHOOK, "messages to tell to systems of the company", Function.DELIVER, max_concurrency=5
    ),
    QueueSpec(
        Queue.TASK,
        "messages to put on the lists of call centres and shops",
        Function.DELIVER,
        max_concurrency=5,
    ),
    QueueSpec(Queue.FEEDBACK, "what SES and SMS report about messages, and replies", Function.FEEDBACK),
    QueueSpec(Queue.PRIVACY, "people to be erased or exported", Function.PRIVACY, batch_size=1),
    QueueSpec(Queue.LOST_CHANGES, "stream records that react could not take, with their image", None),
)

CHANNEL_QUEUES: Mapping[str, Queue] = {
    "email": Queue.EMAIL,
    "sms": Queue.SMS,
    "push": Queue.PUSH,
    "whatsapp": Queue.WHATSAPP,
    "line": Queue.LINE,
    "inbox": Queue.INBOX,
    "webhook": Queue.WEBHOOK,
    "task": Queue.TASK,
}

# ── HTTP ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Route:
    """One route of the HTTP API. `jwt` routes are behind the authorizer; all others check by themselves.

    `$default` takes what no other route matches.
    """

    method: Literal["GET", "POST", "ANY"]
    path: str
    function: Function
    auth: Literal["none", "jwt"] = "none"


ROUTES: tuple[Route, ...] = (
    # Client SDKs. ANY, because OPTIONS, HEAD and wrong methods get our own answers (with CORS headers and a
    # JSON body that SDKs understand) and never the gateway's.
    Route("ANY", "/v1/{call}", Function.COLLECT),
    Route("ANY", "/v1/projects/{key}/settings", Function.COLLECT),
    Route("ANY", "/sourceConfig", Function.COLLECT),
    Route("ANY", "/beacon/v1/batch", Function.COLLECT),
    Route("ANY", "/api/s/{call}", Function.COLLECT),
    Route("ANY", "/api/s/s2s/{call}", Function.COLLECT),
    Route("ANY", "/v1/decide", Function.DECIDE),
    Route("ANY", "/v1/inbox", Function.INBOX),
    Route("ANY", "/v1/inbox/{act}", Function.INBOX),
    # What messengers tell us over HTTP, each call signed by them.
    Route("POST", "/hooks/line/{account}", Function.HOOKS),
    # The person's side: signed links.
    Route("ANY", "/u/{token}", Function.PREFERENCES),
    Route("ANY", "/preferences/{token}", Function.PREFERENCES),
    Route("ANY", "/preferences", Function.PREFERENCES),
    Route("ANY", "/confirm/{token}", Function.PREFERENCES),
    Route("ANY", "/c/{token}", Function.PREFERENCES),
    Route("ANY", "/s/{token}", Function.PREFERENCES),
    # The management side.
    Route("ANY", "/admin/{proxy+}", Function.ADMIN, auth="jwt"),
    # Work for call centres and shops: by the role staff, in a function that may record what came of it.
    Route("ANY", "/admin/tasks", Function.TASKS, auth="jwt"),
    Route("ANY", "/admin/tasks/{task}/{act}", Function.TASKS, auth="jwt"),
    # Rights of the person: by the role privacy alone, in a function that may do what no other may.
    Route("ANY", "/admin/people/{person}/erasure", Function.PRIVACY, auth="jwt"),
    Route("ANY", "/admin/people/{person}/export", Function.PRIVACY, auth="jwt"),
    Route("ANY", "/admin/erasures", Function.PRIVACY, auth="jwt"),
    # A path with a slash at its end matches no route (and HTTP APIs take none that has one); unknown paths get an
    # answer that SDKs understand.
    Route("ANY", "$default", Function.COLLECT),
)

# ── bus and schedules ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class BusRule:
    """Events of a bus that match the pattern go to a queue. `default` is the account's own bus."""

    name: str
    bus: Literal["kizuna", "default"]
    pattern: Mapping[str, Any]
    queue: Queue
    why: str


BUS_RULES: tuple[BusRule, ...] = (
    BusRule(
        name="events-in",
        bus="kizuna",
        pattern={"detail-type": ["Customer Event"]},
        queue=Queue.INGEST,
        why="back ends put events on the bus; what Kizuna itself publishes has other detail types",
    ),
    BusRule(
        name="files-in",
        bus="default",
        pattern={
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {"object": {"key": [{"prefix": "imports/"}]}},
        },
        queue=Queue.IMPORTS,
        why="S3 tells the default bus of a new file; infra adds the name of the bucket",
    ),
    BusRule(
        name="ses-feedback",
        bus="default",
        pattern={
            "source": ["aws.ses"],
            "detail-type": [
                "Email Sent",
                "Email Delivered",
                "Email Bounced",
                "Email Complaint Received",
                "Email Rejected",
                "Email Rendering Failed",
                "Email Opened",
                "Email Clicked",
            ],
        },
        queue=Queue.FEEDBACK,
        why="SES publishes to the default bus only",
    ),
)


@dataclass(frozen=True, slots=True)
class Sweep:
    """A function that the Scheduler starts at a fixed rate."""

    name: str
    rate: str
    function: Function


SWEEPS: tuple[Sweep, ...] = (
    Sweep("wake", "rate(1 minute)", Function.WAKE),
    Sweep("snapshot", "rate(1 day)", Function.SNAPSHOT),
    Sweep("canary", "rate(1 day)", Function.CANARY),
    Sweep("account", "rate(1 hour)", Function.ACCOUNT),
)

SCHEDULED_FUNCTION = Function.CAMPAIGN  # what the one-time schedules of campaigns start

# ── functions ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """What a function is given: memory in MB, seconds, and the actions it may take on each thing.

    `tables` are the rows by their keys; an index is asked by those alone who name it in `indexes`.
    """

    name: Function
    why: str
    memory: int = 512
    timeout: int = 30
    tables: Mapping[Table, tuple[str, ...]] = field(default_factory=dict)
    indexes: tuple[Index, ...] = ()
    sends_to: tuple[Queue, ...] = ()
    sinks: tuple[Sink, ...] = ()
    reads_stream_of: Table | None = None

    @property
    def handler(self) -> str:
        """The dotted path of the entry point, as Lambda loads it."""
        return f"functions.{self.name}.handler.handler"


_READ = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
# The one guarded write of a person: profile, identities and timeline.
_FOLD = ("dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:BatchWriteItem")
_LEDGER_READ = ("dynamodb:Query",)
_LEDGER_APPEND = ("dynamodb:Query", "dynamodb:PutItem")
_CATALOG_READ = ("dynamodb:GetItem", "dynamodb:Query")
_CATALOG_WRITE = (*_CATALOG_READ, "dynamodb:PutItem")  # runs and how far they have come
_CATALOG_NOTE = (*_CATALOG_READ, "dynamodb:UpdateItem")  # that a source spoke, or whose turn it is
# The one that deletes people, and takes the bodies of consent events away.
_PEOPLE_ERASE = (
    *_READ,
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
)
_LEDGER_REDACT = (*_LEDGER_APPEND, "dynamodb:UpdateItem")

FUNCTIONS: tuple[FunctionSpec, ...] = (
    FunctionSpec(
        name=Function.COLLECT,
        why="takes events over HTTP; when it answers 200 the golden record is current",
        memory=1024,
        tables={Table.PEOPLE: _FOLD, Table.LEDGER: _LEDGER_APPEND, Table.CATALOG: _CATALOG_NOTE},
        sends_to=(Queue.INGEST,),
        sinks=(Sink.QUARANTINE, Sink.SECRETS),
    ),
    FunctionSpec(
        name=Function.HOOKS,
        why="takes what messengers tell over HTTP, checks who signed it, and hands it on",
        timeout=10,
        sends_to=(Queue.FEEDBACK,),
        sinks=(Sink.LINE,),
    ),
    FunctionSpec(
        name=Function.DECIDE,
        why="answers what to show this person in this place now, nothing included",
        memory=1024,
        timeout=10,
        tables={Table.PEOPLE: ("dynamodb:BatchGetItem",), Table.CATALOG: _CATALOG_READ},
        sinks=(Sink.SECRETS,),
    ),
    FunctionSpec(
        name=Function.INBOX,
        why="gives a person's client what waits for them, and notes what they did with it",
        memory=1024,
        timeout=10,
        tables={
            # GetItem is for a fact that may have been noted before: whether its message is still there
            Table.PEOPLE: (*_READ, "dynamodb:UpdateItem"),
            Table.CATALOG: ("dynamodb:GetItem",),  # its keys
        },
        sinks=(Sink.SECRETS,),
    ),
    FunctionSpec(
        name=Function.PREFERENCES,
        why="pages behind signed links: leaving, hearing less, confirming, one's own page, surveys; links followed",
        timeout=10,
        tables={
            Table.PEOPLE: (*_FOLD, "dynamodb:GetItem"),
            Table.LEDGER: _LEDGER_APPEND,
            Table.CATALOG: _CATALOG_READ,
        },
        sends_to=(Queue.WAKE, Queue.FEEDBACK),  # whom to mail a link; that a link was followed
        sinks=(Sink.SECRETS,),
    ),
    FunctionSpec(
        name=Function.ADMIN,
        why="what the people who run it see, and the lists that they keep by hand",
        tables={
            Table.PEOPLE: _READ,
            Table.LEDGER: _LEDGER_READ,
            # approvals and pauses of campaigns; the brakes of their runs
            Table.CATALOG: (*_CATALOG_WRITE, "dynamodb:UpdateItem"),
        },
        indexes=(DECIDED_INDEX,),
        # who is put on a list, or is to be told something; who enters a journey, and its pauses; proofs
        sends_to=(
            Queue.INGEST,
            Queue.WAKE,
            Queue.EMAIL,
            Queue.SMS,
            Queue.PUSH,
            Queue.WHATSAPP,
            Queue.LINE,
        ),
        sinks=(
            Sink.SECRETS,  # the key under which the No of an address outlives a person
            Sink.QUARANTINE_READ,
            Sink.ATHENA,
            Sink.BUS,  # that a person pulled a brake, or let go on what stood still
        ),
    ),
    FunctionSpec(
        name=Function.TASKS,
        why="lists tasks, hands them to staff after asking the gate again, and records what came of them",
        memory=1024,
        tables={
            Table.PEOPLE: (*_FOLD, "dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"),
            Table.LEDGER: _LEDGER_APPEND,
            Table.CATALOG: _CATALOG_READ,
        },
        indexes=(DECIDED_INDEX,),
        sinks=(Sink.SECRETS,),
    ),
    FunctionSpec(
        name=Function.INGEST,
        why="the same as collect, from the queue: what was too much for one request, the bus, files",
        memory=1024,
        timeout=60,
        tables={Table.PEOPLE: _FOLD, Table.LEDGER: _LEDGER_APPEND, Table.CATALOG: _CATALOG_NOTE},
        sinks=(Sink.QUARANTINE, Sink.SECRETS),
    ),
    FunctionSpec(
        name=Function.IMPORTER,
        why="brings a file in part by part, and hands the rest of a long one to its next run",
        memory=1024,
        timeout=300,
        tables={
            Table.PEOPLE: _FOLD,
            Table.LEDGER: _LEDGER_APPEND,
            Table.CATALOG: (*_CATALOG_WRITE, "dynamodb:UpdateItem"),
        },
        sends_to=(Queue.IMPORTS,),
        sinks=(Sink.QUARANTINE, Sink.SECRETS, Sink.IMPORTS),
    ),
    FunctionSpec(
        name=Function.REACT,
        why="follows every change: triggers, queues of messages, counters, the lake; due alarms, and backfills",
        memory=1024,
        timeout=60,
        tables={
            Table.PEOPLE: (*_FOLD, "dynamodb:GetItem", "dynamodb:UpdateItem"),
            Table.LEDGER: _LEDGER_APPEND,
            Table.CATALOG: (*_CATALOG_WRITE, "dynamodb:UpdateItem"),
        },
        # Who waits for a journey that was paused, and what a brake held; by two indexes, for they stand apart.
        indexes=(DUE_INDEX, DECIDED_INDEX),
        sends_to=(
            Queue.EMAIL,
            Queue.SMS,
            Queue.PUSH,
            Queue.WHATSAPP,
            Queue.LINE,
            Queue.INBOX,
            Queue.WEBHOOK,
            Queue.TASK,
            Queue.WAKE,
            Queue.BACKFILL,
            Queue.LOST_CHANGES,
        ),
        sinks=(Sink.LAKE, Sink.BUS, Sink.QUARANTINE, Sink.SECRETS),
        reads_stream_of=Table.PEOPLE,
    ),
    FunctionSpec(
        name=Function.CAMPAIGN,
        why="starts a run of a campaign or of RFM, or entries into a journey, at its time; arms the next one",
        tables={
            Table.PEOPLE: ("dynamodb:Query", "dynamodb:BatchGetItem"),  # how many a run is for, of how many
            Table.CATALOG: _CATALOG_WRITE,
        },
        sends_to=(Queue.AUDIENCE,),
        sinks=(Sink.SCHEDULER,),
    ),
    FunctionSpec(
        name=Function.AUDIENCE,
        why="walks one shard of an audience, deciding for each person, or letting them into a journey; or of "
        "everybody, scoring them",
        memory=1024,
        timeout=300,
        tables={
            Table.PEOPLE: (*_READ, "dynamodb:PutItem", "dynamodb:BatchWriteItem"),
            Table.LEDGER: _LEDGER_READ,
            Table.CATALOG: (
                *_CATALOG_WRITE,
                "dynamodb:UpdateItem",
            ),  # how far a run is; the counts of a journey
        },
        sends_to=(Queue.AUDIENCE,),
        sinks=(Sink.QUARANTINE, Sink.SECRETS),
    ),
    FunctionSpec(
        name=Function.WAKE,
        why="every minute: finds the people and messages whose alarm is due, brakes that were released, sources that "
        "are not as usual, and experiments that are to be decided",
        timeout=55,
        tables={Table.CATALOG: (*_CATALOG_WRITE, "dynamodb:UpdateItem")},
        indexes=(DUE_INDEX,),
        sends_to=(Queue.WAKE, Queue.BACKFILL, Queue.PRIVACY),
        sinks=(Sink.BUS,),
    ),
    FunctionSpec(
        name=Function.DELIVER,
        why="asks the gate again, claims once, calls the provider once",
        memory=1024,
        timeout=60,
        tables={
            Table.PEOPLE: (
                "dynamodb:GetItem",
                "dynamodb:BatchGetItem",
                "dynamodb:PutItem",  # the pressure, where a cap came after the decision
                "dynamodb:UpdateItem",
                "dynamodb:ConditionCheckItem",
            ),
            Table.LEDGER: _LEDGER_READ,
            Table.CATALOG: _CATALOG_NOTE,  # the pace of its channels
        },
        sinks=(
            Sink.SES,
            Sink.SMS,
            Sink.PUSH,
            Sink.WHATSAPP,
            Sink.LINE,
            Sink.CALLOUT,
            Sink.TOPICS,
            Sink.SECRETS,
            Sink.QUARANTINE,
        ),
    ),
    FunctionSpec(
        name=Function.CALLOUT,
        why="makes one call to a system outside; may do nothing else, so that no answer to it can do harm",
        memory=256,
    ),
    FunctionSpec(
        name=Function.FEEDBACK,
        why="what providers report becomes events of the person and facts of the message",
        timeout=60,
        tables={
            Table.PEOPLE: (*_FOLD, "dynamodb:GetItem", "dynamodb:UpdateItem"),
            Table.LEDGER: _LEDGER_APPEND,
            Table.CATALOG: _CATALOG_NOTE,  # what is told of a proof
        },
        sinks=(Sink.QUARANTINE, Sink.SECRETS),
    ),
    FunctionSpec(
        name=Function.CANARY,
        why="once a day unsubscribes somebody who does not exist by the public link, and sees that it counts",
        timeout=60,
        tables={
            Table.PEOPLE: _FOLD,
            Table.LEDGER: _LEDGER_APPEND,
            Table.CATALOG: _CATALOG_WRITE,
        },
        sinks=(Sink.SECRETS,),
    ),
    FunctionSpec(
        name=Function.ACCOUNT,
        why="once an hour reads from the providers what the account may send and to whom it sends nothing, and tells "
        "SES whom we send nothing to",
        timeout=300,
        tables={
            Table.PEOPLE: _FOLD,
            Table.LEDGER: _LEDGER_APPEND,
            Table.CATALOG: _CATALOG_NOTE,
        },
        sinks=(Sink.PROVIDERS,),
    ),
    FunctionSpec(
        name=Function.PRIVACY,
        why="exports and erases people; the only one that deletes them and the bodies of their consent events",
        memory=1024,
        timeout=300,
        tables={
            Table.PEOPLE: _PEOPLE_ERASE,
            Table.LEDGER: _LEDGER_REDACT,
            Table.CATALOG: _CATALOG_NOTE,  # journeys count who leaves them
        },
        sends_to=(Queue.PRIVACY,),
        sinks=(Sink.BUS, Sink.QUARANTINE, Sink.ARCHIVE, Sink.SECRETS),
    ),
    FunctionSpec(
        name=Function.SNAPSHOT,
        why="once a night writes everybody into the lake, and anchors the ledger, shard by shard",
        memory=1024,
        timeout=300,
        tables={
            Table.PEOPLE: ("dynamodb:BatchGetItem", "dynamodb:Query"),
            Table.LEDGER: _LEDGER_APPEND,  # who was erased; a line for each anchor
            Table.CATALOG: (*_CATALOG_WRITE, "dynamodb:UpdateItem"),  # how far each shard has come
        },
        sends_to=(Queue.SNAPSHOT,),
        sinks=(Sink.QUARANTINE, Sink.SNAPSHOT, Sink.ANCHORS),
    ),
)


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """Only what a change can mean something for is handed over (a Lambda filter, `OR` of the patterns)."""

    table: Table
    consumer: Function
    batch_size: int
    window_seconds: int
    filters: tuple[Mapping[str, Any], ...]
    lost: Queue


# A profile's `sk` is "profile", a message's is "message"; an event of the timeline begins with "e#", a run of a
# journey with "j#".
STREAM = StreamSpec(
    table=Table.PEOPLE,
    consumer=Function.REACT,
    batch_size=100,
    window_seconds=0,
    filters=(
        {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"Keys": {"sk": {"S": ["profile", "message"]}}}},
        {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "e#"}]}}}},
        {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "j#"}]}}}},
    ),
    lost=Queue.LOST_CHANGES,
)

BUS_NAME = "kizuna"
METRICS_NAMESPACE = "Kizuna"  # of our own metrics in CloudWatch
# Environment variables of a function: `infra` fills them from what it built, `kizuna.local` with local names.
ENVIRONMENT = {
    "KIZUNA_STAGE": "the stage's name, such as prod",
    "KIZUNA_TABLE_PEOPLE": "table name",
    "KIZUNA_TABLE_LEDGER": "table name",
    "KIZUNA_TABLE_CATALOG": "table name",
    "KIZUNA_QUEUE_<NAME>": "URL of each queue in the function's `sends_to`; dashes become underscores",
    "KIZUNA_BUS": "name of the bus, for functions with the sink BUS",
    "KIZUNA_LAKE": "name of the delivery stream, for functions with the sink LAKE",
    "KIZUNA_BUCKET": "name of the bucket, for functions with the sink QUARANTINE, ARCHIVE or SNAPSHOT",
    "KIZUNA_ATHENA_WORKGROUP": "name, for functions with the sink ATHENA",
    "KIZUNA_ATHENA_DATABASE": "name of the lake's database in Glue, likewise",
    "KIZUNA_IMPORTS": "name of the bucket for imports, for functions with the sink IMPORTS",
    "KIZUNA_ANCHORS": "name of the bucket for anchors of the ledger, for functions with the sink ANCHORS",
    "KIZUNA_SECRET": "ARN of the secret with the signing keys, for functions with the sink SECRETS",
    "KIZUNA_SCHEDULE_GROUP": "name, for functions with the sink SCHEDULER",
    "KIZUNA_SCHEDULE_ROLE": "ARN of the role the Scheduler takes, likewise",
    "KIZUNA_SCHEDULE_TARGET": "ARN of the campaign function, likewise",
    "KIZUNA_SCHEDULE_LOST": "ARN of the queue that keeps starts which never came about, likewise",
    "KIZUNA_BASE_URL": "where the links in messages point: the API's or the custom domain's URL",
    "KIZUNA_SES_CONFIGURATION_SET": "name, for functions with the sink SES",
    "KIZUNA_SMS_ORIGINATION": "pool, number or sender id (ARN or id), for functions with the sink SMS",
    "KIZUNA_SMS_CONFIGURATION_SET": "name, likewise",
    "KIZUNA_SMS_OPT_OUT_LIST": "name of the list that texts go by, for functions with the sink PROVIDERS",
    "KIZUNA_PUSH_APPLICATION": "application id, for functions with the sink PUSH",
    "KIZUNA_PUSH_SNS_IOS": "ARN of SNS's platform application for APNs, likewise, instead of the above",
    "KIZUNA_PUSH_SNS_ANDROID": "ARN of SNS's platform application for FCM, likewise",
    "KIZUNA_WHATSAPP_PHONE_NUMBER": "id of the phone number, for functions with the sink WHATSAPP",
    "KIZUNA_WHATSAPP_API_VERSION": "version of Meta's Cloud API, likewise",
    "KIZUNA_CALLOUT": "ARN of the function that calls systems outside, for functions with the sink CALLOUT",
    "KIZUNA_LINE_SECRET": "ARN of the secret with tokens and channel secrets, for functions with the sink LINE",
    "KIZUNA_LOG_LEVEL": "DEBUG, INFO or WARNING",
}
# Which of them a function is given: these, the URLs of its queues, and what comes with its sinks.
COMMON_VARIABLES = (
    "KIZUNA_STAGE",
    "KIZUNA_LOG_LEVEL",
    "KIZUNA_BASE_URL",
    "KIZUNA_TABLE_PEOPLE",
    "KIZUNA_TABLE_LEDGER",
    "KIZUNA_TABLE_CATALOG",
)
SINK_VARIABLES: Mapping[Sink, tuple[str, ...]] = {
    Sink.LAKE: ("KIZUNA_LAKE",),
    Sink.QUARANTINE: ("KIZUNA_BUCKET",),
    Sink.QUARANTINE_READ: ("KIZUNA_BUCKET",),
    Sink.ARCHIVE: ("KIZUNA_BUCKET",),
    Sink.SNAPSHOT: ("KIZUNA_BUCKET",),
    Sink.ATHENA: ("KIZUNA_ATHENA_WORKGROUP", "KIZUNA_ATHENA_DATABASE"),
    Sink.IMPORTS: ("KIZUNA_IMPORTS",),
    Sink.ANCHORS: ("KIZUNA_ANCHORS",),
    Sink.BUS: ("KIZUNA_BUS",),
    Sink.SCHEDULER: (
        "KIZUNA_SCHEDULE_GROUP",
        "KIZUNA_SCHEDULE_ROLE",
        "KIZUNA_SCHEDULE_TARGET",
        "KIZUNA_SCHEDULE_LOST",
    ),
    Sink.SECRETS: ("KIZUNA_SECRET",),
    Sink.SES: ("KIZUNA_SES_CONFIGURATION_SET",),
    Sink.SMS: ("KIZUNA_SMS_ORIGINATION", "KIZUNA_SMS_CONFIGURATION_SET"),
    Sink.PUSH: ("KIZUNA_PUSH_APPLICATION", "KIZUNA_PUSH_SNS_IOS", "KIZUNA_PUSH_SNS_ANDROID"),
    Sink.WHATSAPP: ("KIZUNA_WHATSAPP_PHONE_NUMBER", "KIZUNA_WHATSAPP_API_VERSION"),
    Sink.LINE: ("KIZUNA_LINE_SECRET",),
    Sink.CALLOUT: ("KIZUNA_CALLOUT",),
    Sink.PROVIDERS: ("KIZUNA_SMS_OPT_OUT_LIST",),
    Sink.TOPICS: (),
}


def variables(spec: FunctionSpec) -> frozenset[str]:
    """The names of the environment variables that a function is given, where all channels are on."""
    queues = (queue_variable(name) for name in spec.sends_to)
    sinks = (variable for sink in spec.sinks for variable in SINK_VARIABLES[sink])
    return frozenset((*COMMON_VARIABLES, *queues, *sinks))


def function(name: Function) -> FunctionSpec:
    """The one spec of that name."""
    return next(spec for spec in FUNCTIONS if spec.name is name)


def queue_variable(name: Queue) -> str:
    """The environment variable that carries a queue's URL."""
    return "KIZUNA_QUEUE_" + name.value.upper().replace("-", "_")
