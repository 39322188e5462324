"""What each thing is called: tables, queues, functions, and what else a function may write to or call."""

from __future__ import annotations

from enum import StrEnum


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
    PACE = "pace"  # in the catalog table the rows of how often a key may ask, and no other
    PROVIDERS = "providers"  # what SES and End User Messaging say of the account: quotas, and their lists


METRICS_NAMESPACE = "Kizuna"  # of our own metrics in CloudWatch
