"""The functions, in the order of the picture, and exactly what each of them may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kizuna.topology.names import Function, Queue, Sink, Table
from kizuna.topology.tables import DECIDED_INDEX, DUE_INDEX, Index


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
        sinks=(Sink.SECRETS, Sink.PACE),
    ),
    FunctionSpec(
        name=Function.INBOX,
        why="gives a person's client what waits for them, and notes what they did with it",
        memory=1024,
        timeout=10,
        tables={
            # GetItem is for a fact that may have been noted before: whether its message is still there
            Table.PEOPLE: (*_READ, "dynamodb:UpdateItem"),
            Table.CATALOG: _CATALOG_READ,  # its keys, and how often they may ask
        },
        sinks=(Sink.SECRETS, Sink.PACE),
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
        # who is put on a list, or is to be told something; who enters a journey, and its pauses; a run that goes on;
        # proofs
        sends_to=(
            Queue.INGEST,
            Queue.WAKE,
            Queue.AUDIENCE,
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
                "dynamodb:Query",  # the person's walks through the journey that speaks
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


def function(name: Function) -> FunctionSpec:
    """The one spec of that name."""
    return next(spec for spec in FUNCTIONS if spec.name is name)
