"""The one composition root: which adapter stands behind which port. Everything is built on first use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from kizuna.core.ids import profile_id
from kizuna.runtime.settings import Settings, from_environment, needed

if TYPE_CHECKING:  # an adapter is imported by the function that needs it, and by no other
    from kizuna.adapters.arrivals_table import ArrivalsTable
    from kizuna.adapters.backfills_table import BackfillsTable
    from kizuna.adapters.bus import EventBridgeBus
    from kizuna.adapters.catalog_table import CatalogTable
    from kizuna.adapters.counters_table import CountersTable
    from kizuna.adapters.erasure_table import ErasureTable
    from kizuna.adapters.imports import ImportBucket, ImportsTable
    from kizuna.adapters.keys_table import KeysTable
    from kizuna.adapters.ledger_table import LedgerTable
    from kizuna.adapters.merges_table import MergesTable
    from kizuna.adapters.messages_table import MessagesTable
    from kizuna.adapters.people_table import PeopleTable
    from kizuna.adapters.quarantine import S3Quarantine
    from kizuna.adapters.queues import SqsQueues
    from kizuna.adapters.rfm_table import RfmTable
    from kizuna.adapters.runs_table import RunsTable
    from kizuna.adapters.schedules import SchedulerSchedules
    from kizuna.adapters.secrets import SigningSecrets
    from kizuna.adapters.unconfigured import UnconfiguredSender
    from kizuna.core.ports import EmailSender, Lake, PushSender, Rows, SmsSender
    from kizuna.core.ports.lake_queries import LakeQueries
    from kizuna.core.quality.freshness import Tally
    from kizuna.core.rights.rights import HashKeys
    from kizuna.usecases.last_known import Memory


class Services:
    """The ports of one function, each built when it is first asked for and kept for the environment's life."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        lake: Lake | None = None,
        rows: Rows | None = None,
        lake_queries: Callable[[], LakeQueries] | None = None,
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """`randomness(n)` gives n bytes; a local cloud passes a seeded source, so that a run repeats itself."""
        self.settings = settings
        self.now = clock
        self.randomness = randomness
        self._lake = lake
        self._rows = rows
        self._lake_queries = lake_queries

    # ── stores ──────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _dynamodb(self) -> Any:
        from kizuna.adapters.clients import storing_client

        return storing_client("dynamodb")

    @cached_property
    def people(self) -> PeopleTable:
        from kizuna.adapters.people_table import PeopleTable

        return PeopleTable(
            self._dynamodb,
            table=needed(self.settings.people, "people"),
            ledger=needed(self.settings.ledger, "ledger"),
            hash_keys=self.hash_keys,
        )

    @cached_property
    def ledger(self) -> LedgerTable:
        from kizuna.adapters.ledger_table import LedgerTable

        return LedgerTable(
            self._dynamodb, table=needed(self.settings.ledger, "ledger"), hash_keys=self.hash_keys
        )

    @cached_property
    def erasures(self) -> ErasureTable:
        from kizuna.adapters.erasure_table import ErasureTable

        return ErasureTable(
            self._dynamodb,
            people=needed(self.settings.people, "people"),
            ledger=needed(self.settings.ledger, "ledger"),
        )

    @cached_property
    def merges(self) -> MergesTable:
        from kizuna.adapters.merges_table import MergesTable

        return MergesTable(
            self._dynamodb,
            table=needed(self.settings.people, "people"),
            ledger=needed(self.settings.ledger, "ledger"),
        )

    @cached_property
    def messages(self) -> MessagesTable:
        from kizuna.adapters.messages_table import MessagesTable

        return MessagesTable(self._dynamodb, table=needed(self.settings.people, "people"))

    @cached_property
    def counters(self) -> CountersTable:
        from kizuna.adapters.counters_table import CountersTable

        return CountersTable(
            self._dynamodb,
            people=needed(self.settings.people, "people"),
            catalog=needed(self.settings.catalog, "catalog"),
        )

    @cached_property
    def catalog(self) -> CatalogTable:
        from kizuna.adapters.catalog_table import CatalogTable

        return CatalogTable(
            self._dynamodb,
            table=needed(self.settings.catalog, "catalog"),
            fresh_for=self.settings.catalog_seconds,
        )

    @cached_property
    def keys(self) -> KeysTable:
        from kizuna.adapters.keys_table import KeysTable

        return KeysTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def arrivals(self) -> ArrivalsTable:
        from kizuna.adapters.arrivals_table import ArrivalsTable

        return ArrivalsTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def tally(self) -> Tally:
        """Arrivals that this function instance has counted and not written down yet."""
        from kizuna.core.quality.freshness import Tally

        return Tally()

    @cached_property
    def memory(self) -> Memory:
        from kizuna.usecases.last_known import Memory

        return Memory()

    @cached_property
    def runs(self) -> RunsTable:
        from kizuna.adapters.runs_table import RunsTable

        return RunsTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def backfills(self) -> BackfillsTable:
        from kizuna.adapters.backfills_table import BackfillsTable

        return BackfillsTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def rfm(self) -> RfmTable:
        from kizuna.adapters.rfm_table import RfmTable

        return RfmTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def imports(self) -> ImportsTable:
        from kizuna.adapters.imports import ImportsTable

        return ImportsTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def import_bucket(self) -> ImportBucket:
        from kizuna.adapters.clients import ClientOnUse
        from kizuna.adapters.imports import ImportBucket

        return ImportBucket(ClientOnUse("s3"), bucket=needed(self.settings.imports, "imports"))

    # ── things to hand on to ────────────────────────────────────────────────────────────────────

    @cached_property
    def queues(self) -> SqsQueues:
        from kizuna.adapters.clients import ClientOnUse
        from kizuna.adapters.queues import SqsQueues

        return SqsQueues(ClientOnUse("sqs"), urls=self.settings.queues)

    @cached_property
    def quarantine(self) -> S3Quarantine:
        from kizuna.adapters.clients import ClientOnUse
        from kizuna.adapters.quarantine import S3Quarantine

        return S3Quarantine(ClientOnUse("s3"), bucket=needed(self.settings.bucket, "bucket"))

    @cached_property
    def lake(self) -> Lake:
        if self._lake is not None:
            return self._lake
        from kizuna.adapters.clients import ClientOnUse
        from kizuna.adapters.lake import FirehoseLake

        return FirehoseLake(ClientOnUse("firehose"), stream=needed(self.settings.lake, "lake"))

    @cached_property
    def bus(self) -> EventBridgeBus:
        from kizuna.adapters.bus import EventBridgeBus
        from kizuna.adapters.clients import ClientOnUse

        return EventBridgeBus(ClientOnUse("events"), bus=needed(self.settings.bus, "bus"))

    @cached_property
    def schedules(self) -> SchedulerSchedules:
        from kizuna.adapters.clients import ClientOnUse
        from kizuna.adapters.schedules import SchedulerSchedules

        return SchedulerSchedules(
            ClientOnUse("scheduler"),
            group=needed(self.settings.schedule_group, "schedule_group"),
            role=needed(self.settings.schedule_role, "schedule_role"),
            target=needed(self.settings.schedule_target, "schedule_target"),
            lost=self.settings.schedule_lost,
        )

    @cached_property
    def secrets(self) -> SigningSecrets:
        from kizuna.adapters.clients import ClientOnUse
        from kizuna.adapters.secrets import SigningSecrets

        return SigningSecrets(ClientOnUse("secretsmanager"), secret=needed(self.settings.secret, "secret"))

    @cached_property
    def rows(self) -> Rows:
        """The lake and the quarantine as they lie in the bucket."""
        if self._rows is not None:
            return self._rows
        from kizuna.adapters.clients import ClientOnUse
        from kizuna.adapters.rows import S3Rows

        return S3Rows(ClientOnUse("s3"), bucket=needed(self.settings.bucket, "bucket"))

    @cached_property
    def lake_queries(self) -> LakeQueries:
        """Who answers questions about everybody."""
        if self._lake_queries is not None:
            return self._lake_queries()
        from kizuna.adapters.athena import AthenaLake
        from kizuna.adapters.clients import ClientOnUse

        return AthenaLake(
            ClientOnUse("athena"),
            workgroup=needed(self.settings.athena_workgroup, "athena_workgroup"),
            database=needed(self.settings.athena_database, "athena_database"),
        )

    def hash_keys(self) -> HashKeys:
        from kizuna.core.rights.rights import HASHING, HashKeys

        return HashKeys(*self.secrets.keys(HASHING))

    # ── senders: one attempt each ───────────────────────────────────────────────────────────────

    @cached_property
    def email(self) -> EmailSender:
        if not self.settings.ses_configuration_set:
            return _unconfigured()
        from kizuna.adapters.clients import sending_client
        from kizuna.adapters.ses import SesEmailSender

        return SesEmailSender(sending_client("sesv2"), configuration_set=self.settings.ses_configuration_set)

    @cached_property
    def sms(self) -> SmsSender:
        if not self.settings.sms_origination:
            return _unconfigured()
        from kizuna.adapters.clients import sending_client
        from kizuna.adapters.sms import SmsVoiceSender

        return SmsVoiceSender(
            sending_client("pinpoint-sms-voice-v2"),
            origination=self.settings.sms_origination,
            configuration_set=self.settings.sms_configuration_set,
        )

    @cached_property
    def push(self) -> PushSender:
        if not self.settings.push_application:
            return _unconfigured()
        from kizuna.adapters.clients import sending_client
        from kizuna.adapters.push import PinpointPushSender

        return PinpointPushSender(sending_client("pinpoint"), application=self.settings.push_application)

    # ── randomness, which the core does not have ────────────────────────────────────────────────

    def new_profile_id(self) -> str:
        return profile_id(self.now(), self.randomness(10))

    @property
    def base_url(self) -> str:
        return needed(self.settings.base_url, "base_url")


def _unconfigured() -> UnconfiguredSender:
    """For a channel that the stage has not set up."""
    from kizuna.adapters.unconfigured import UnconfiguredSender

    return UnconfiguredSender()


_installed: list[Services] = []


def services() -> Services:
    """The services of this process: built from the environment once, or those a local cloud installed."""
    return _installed[-1] if _installed else _from_environment()


@cache
def _from_environment() -> Services:
    return Services(from_environment())


@contextmanager
def installed(replacement: Services) -> Iterator[Services]:
    """Use these services for the time of a block."""
    _installed.append(replacement)
    try:
        yield replacement
    finally:
        _installed.remove(replacement)
