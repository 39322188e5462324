"""The one composition root: which adapter stands behind which port. Everything is built on first use."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from kizuna.core.ids import profile_id
from kizuna.runtime.settings import Settings, from_environment, needed

if TYPE_CHECKING:  # an adapter is imported by the function that needs it, and by no other
    from kizuna.adapters.anchors import AnchorStore
    from kizuna.adapters.bus import EventBridgeBus
    from kizuna.adapters.imports import ImportBucket, ImportsTable
    from kizuna.adapters.quarantine import S3Quarantine
    from kizuna.adapters.queues import SqsQueues
    from kizuna.adapters.schedules import SchedulerSchedules
    from kizuna.adapters.secrets import SigningSecrets
    from kizuna.adapters.senders.line_accounts import LineAccounts
    from kizuna.adapters.senders.provider_account import AwsAccount
    from kizuna.adapters.senders.topics import TopicPublisher
    from kizuna.adapters.tables.accounts import AccountsTable
    from kizuna.adapters.tables.arrivals import ArrivalsTable
    from kizuna.adapters.tables.askings import AskingsTable
    from kizuna.adapters.tables.backfills import BackfillsTable
    from kizuna.adapters.tables.brakes import BrakesTable
    from kizuna.adapters.tables.catalog import CatalogTable
    from kizuna.adapters.tables.circuits import CircuitsTable
    from kizuna.adapters.tables.cohorts import CohortsTable
    from kizuna.adapters.tables.controls import ControlsTable
    from kizuna.adapters.tables.counters import CountersTable
    from kizuna.adapters.tables.erasure import ErasureTable
    from kizuna.adapters.tables.flight_log import FlightLogTable
    from kizuna.adapters.tables.halts import HaltsTable
    from kizuna.adapters.tables.inbox import InboxTable
    from kizuna.adapters.tables.journey_runs import JourneyRunsTable
    from kizuna.adapters.tables.keys import KeysTable
    from kizuna.adapters.tables.ledger import LedgerTable
    from kizuna.adapters.tables.merges import MergesTable
    from kizuna.adapters.tables.messages import MessagesTable
    from kizuna.adapters.tables.pace import PaceTable
    from kizuna.adapters.tables.people import PeopleTable
    from kizuna.adapters.tables.proofs import ProofsTable
    from kizuna.adapters.tables.results import ResultsTable
    from kizuna.adapters.tables.rfm import RfmTable
    from kizuna.adapters.tables.rhythms import RhythmsTable
    from kizuna.adapters.tables.runs import RunsTable
    from kizuna.adapters.tables.simulations import SimulationsTable
    from kizuna.adapters.tables.tasks import TasksTable
    from kizuna.adapters.tables.trials import TrialsTable
    from kizuna.core.ports import Lake, Rows, Senders
    from kizuna.core.ports.callouts import Callout
    from kizuna.core.ports.lake_queries import LakeEngine
    from kizuna.core.quality.freshness import Tally
    from kizuna.core.rights.rights import HashKeys
    from kizuna.usecases.accounts.quotas import KnownQuotas
    from kizuna.usecases.authoring.template_desk import Pictures
    from kizuna.usecases.collecting.last_known import Memory
    from kizuna.usecases.collecting.throttling import Throttle
    from kizuna.usecases.delivery.turns import Turnstile
    from kizuna.usecases.journeys.driver import Driver


class Services:
    """The ports of one function, each built when it is first asked for and kept for the environment's life."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        lake: Lake | None = None,
        rows: Rows | None = None,
        lake_queries: Callable[[], LakeEngine] | None = None,
        callout: Callout | None = None,
        randomness: Callable[[int], bytes] = os.urandom,
        post: Callable[[str, bytes], int] | None = None,
        rest: Callable[[float], object] = time.sleep,
        pictures: Pictures | None = None,
        limits_keys: bool = True,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        """`randomness(n)` gives n bytes; a local cloud passes a seeded source, so that a run repeats itself.
        `rest(n)` lets n seconds of the clock pass. `pictures` takes pictures of mails, where there is a browser.
        Without `limits_keys` write keys may ask as often as they like: on a still clock a rate means little.
        `stopwatch` counts the seconds that a function has worked; it never goes back.
        """
        self.settings = settings
        self.now = clock
        self.randomness = randomness
        self._post = post
        self.rest = rest
        self.pictures = pictures
        self.limits_keys = limits_keys
        self._stopwatch = stopwatch
        self._lake = lake
        self._rows = rows
        self._lake_queries = lake_queries
        self._callout = callout

    def over_after(self, seconds: float) -> Callable[[], bool]:
        """Whether so many seconds have passed since this was called, for who must leave the rest to a later turn."""
        started = self._stopwatch()
        return lambda: self._stopwatch() - started > seconds

    # ── stores ──────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _dynamodb(self) -> Any:
        from kizuna.adapters.clients import storing_client

        return storing_client("dynamodb")

    @cached_property
    def people(self) -> PeopleTable:
        from kizuna.adapters.tables.people import PeopleTable

        return PeopleTable(
            self._dynamodb,
            table=needed(self.settings.people, "people"),
            ledger=needed(self.settings.ledger, "ledger"),
            hash_keys=self.hash_keys,
        )

    @cached_property
    def ledger(self) -> LedgerTable:
        from kizuna.adapters.tables.ledger import LedgerTable

        return LedgerTable(
            self._dynamodb, table=needed(self.settings.ledger, "ledger"), hash_keys=self.hash_keys
        )

    @cached_property
    def anchors(self) -> AnchorStore:
        from kizuna.adapters.anchors import AnchorStore
        from kizuna.adapters.clients import ClientOnUse

        return AnchorStore(
            ClientOnUse("s3"),
            self._dynamodb,
            bucket=needed(self.settings.anchors, "anchors"),
            ledger=needed(self.settings.ledger, "ledger"),
        )

    @cached_property
    def erasures(self) -> ErasureTable:
        from kizuna.adapters.tables.erasure import ErasureTable

        return ErasureTable(
            self._dynamodb,
            people=needed(self.settings.people, "people"),
            ledger=needed(self.settings.ledger, "ledger"),
        )

    @cached_property
    def merges(self) -> MergesTable:
        from kizuna.adapters.tables.merges import MergesTable

        return MergesTable(
            self._dynamodb,
            table=needed(self.settings.people, "people"),
            ledger=needed(self.settings.ledger, "ledger"),
        )

    @cached_property
    def messages(self) -> MessagesTable:
        from kizuna.adapters.tables.messages import MessagesTable

        return MessagesTable(self._dynamodb, table=needed(self.settings.people, "people"))

    @cached_property
    def flight_log(self) -> FlightLogTable:
        from kizuna.adapters.tables.flight_log import FlightLogTable

        return FlightLogTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    def post(self, url: str, form: bytes) -> int:
        """One POST over the network, or whatever a local cloud has in its place."""
        if self._post is not None:
            return self._post(url, form)
        from kizuna.adapters.http_post import post_form

        return post_form(url, form)

    @cached_property
    def askings(self) -> AskingsTable:
        from kizuna.adapters.tables.askings import AskingsTable

        return AskingsTable(self._dynamodb, table=needed(self.settings.people, "people"))

    @cached_property
    def inboxes(self) -> InboxTable:
        from kizuna.adapters.tables.inbox import InboxTable

        return InboxTable(self._dynamodb, table=needed(self.settings.people, "people"))

    @cached_property
    def tasks(self) -> TasksTable:
        from kizuna.adapters.tables.tasks import TasksTable

        return TasksTable(self._dynamodb, table=needed(self.settings.people, "people"))

    @cached_property
    def journeys(self) -> JourneyRunsTable:
        from kizuna.adapters.tables.journey_runs import JourneyRunsTable

        return JourneyRunsTable(
            self._dynamodb,
            people=needed(self.settings.people, "people"),
            catalog=needed(self.settings.catalog, "catalog"),
        )

    @cached_property
    def halts(self) -> HaltsTable:
        from kizuna.adapters.tables.halts import HaltsTable

        return HaltsTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    def journey_driver(self) -> Driver:
        """Who drives runs of journeys, with the pauses as they stand at this moment."""
        from kizuna.usecases.journeys.driver import Driver

        return Driver(
            people=self.people,
            ledger=self.ledger,
            messages=self.messages,
            runs=self.journeys,
            pace=self._pace(),
            new_id=self.new_profile_id,
            halts=self.halts.current(),
            path_of=lambda run, catalog: catalog.journey_at(run.journey, run.version),
            rhythms=self.rhythms,
        )

    @cached_property
    def controls(self) -> ControlsTable:
        from kizuna.adapters.tables.controls import ControlsTable

        return ControlsTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def counters(self) -> CountersTable:
        from kizuna.adapters.tables.counters import CountersTable

        return CountersTable(
            self._dynamodb,
            people=needed(self.settings.people, "people"),
            catalog=needed(self.settings.catalog, "catalog"),
        )

    @cached_property
    def results(self) -> ResultsTable:
        from kizuna.adapters.tables.results import ResultsTable

        return ResultsTable(
            self._dynamodb,
            people=needed(self.settings.people, "people"),
            catalog=needed(self.settings.catalog, "catalog"),
        )

    @cached_property
    def rhythms(self) -> RhythmsTable:
        from kizuna.adapters.tables.rhythms import RhythmsTable

        return RhythmsTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def catalog(self) -> CatalogTable:
        from kizuna.adapters.tables.catalog import CatalogTable

        return CatalogTable(
            self._dynamodb,
            table=needed(self.settings.catalog, "catalog"),
            fresh_for=self.settings.catalog_seconds,
        )

    @cached_property
    def keys(self) -> KeysTable:
        from kizuna.adapters.tables.keys import KeysTable

        return KeysTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def arrivals(self) -> ArrivalsTable:
        from kizuna.adapters.tables.arrivals import ArrivalsTable

        return ArrivalsTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def tally(self) -> Tally:
        """Arrivals that this function instance has counted and not written down yet."""
        from kizuna.core.quality.freshness import Tally

        return Tally()

    @cached_property
    def memory(self) -> Memory:
        from kizuna.usecases.collecting.last_known import Memory

        return Memory()

    @property
    def throttle(self) -> Throttle | None:
        return self._throttle if self.limits_keys else None

    @cached_property
    def _throttle(self) -> Throttle:
        """Requests of write keys that this function instance has taken in advance and not used."""
        from kizuna.usecases.collecting.throttling import Throttle

        return Throttle(self._pace)

    def _pace(self) -> PaceTable:
        from kizuna.adapters.tables.pace import PaceTable

        return PaceTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def runs(self) -> RunsTable:
        from kizuna.adapters.tables.runs import RunsTable

        return RunsTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def simulations(self) -> SimulationsTable:
        from kizuna.adapters.tables.simulations import SimulationsTable

        return SimulationsTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def backfills(self) -> BackfillsTable:
        from kizuna.adapters.tables.backfills import BackfillsTable

        return BackfillsTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def rfm(self) -> RfmTable:
        from kizuna.adapters.tables.rfm import RfmTable

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
        from kizuna.adapters.lake.firehose import FirehoseLake

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
    def line_accounts(self) -> LineAccounts:
        from kizuna.adapters.clients import ClientOnUse
        from kizuna.adapters.senders.line_accounts import LineAccounts

        return LineAccounts(
            ClientOnUse("secretsmanager"), secret=needed(self.settings.line_secret, "line_secret")
        )

    @cached_property
    def rows(self) -> Rows:
        """The lake and the quarantine as they lie in the bucket."""
        if self._rows is not None:
            return self._rows
        from kizuna.adapters.clients import ClientOnUse
        from kizuna.adapters.lake.rows import S3Rows

        return S3Rows(ClientOnUse("s3"), bucket=needed(self.settings.bucket, "bucket"))

    @cached_property
    def callout(self) -> Callout:
        """The way to systems outside, which has no leave for anything else."""
        if self._callout is not None:
            return self._callout
        from kizuna.adapters.clients import sending_client
        from kizuna.adapters.senders.callout import LambdaCallout

        return LambdaCallout(sending_client("lambda"), function=needed(self.settings.callout, "callout"))

    @cached_property
    def brakes(self) -> BrakesTable:
        from kizuna.adapters.tables.brakes import BrakesTable

        return BrakesTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def accounts(self) -> AccountsTable:
        from kizuna.adapters.tables.accounts import AccountsTable

        return AccountsTable(
            self._dynamodb,
            table=needed(self.settings.catalog, "catalog"),
            people=needed(self.settings.people, "people"),
        )

    @cached_property
    def provider_account(self) -> AwsAccount:
        """Our account at SES and End User Messaging."""
        from kizuna.adapters.clients import sending_client
        from kizuna.adapters.senders.provider_account import AwsAccount

        return AwsAccount(
            cache(lambda: sending_client("sesv2")),
            cache(lambda: sending_client("pinpoint-sms-voice-v2")),
            opt_out_list=self.settings.sms_opt_out_list or "Default",
        )

    @cached_property
    def quotas(self) -> KnownQuotas:
        from kizuna.usecases.accounts.quotas import KnownQuotas

        return KnownQuotas(self.accounts, clock=self.now)

    @cached_property
    def proofs(self) -> ProofsTable:
        from kizuna.adapters.tables.proofs import ProofsTable

        return ProofsTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def trials(self) -> TrialsTable:
        from kizuna.adapters.tables.trials import TrialsTable

        return TrialsTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def cohorts(self) -> CohortsTable:
        from kizuna.adapters.tables.cohorts import CohortsTable

        return CohortsTable(
            self._dynamodb,
            people=needed(self.settings.people, "people"),
            catalog=needed(self.settings.catalog, "catalog"),
        )

    @cached_property
    def circuits(self) -> CircuitsTable:
        from kizuna.adapters.tables.circuits import CircuitsTable

        return CircuitsTable(self._dynamodb, table=needed(self.settings.catalog, "catalog"))

    @cached_property
    def lake_queries(self) -> LakeEngine:
        """Who answers questions about everybody."""
        if self._lake_queries is not None:
            return self._lake_queries()
        from kizuna.adapters.clients import ClientOnUse
        from kizuna.adapters.lake.athena import AthenaLake

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
    def senders(self) -> Senders:
        from kizuna.runtime.senders import SendersOnUse

        return SendersOnUse(self)

    @cached_property
    def topics(self) -> TopicPublisher:
        from kizuna.adapters.clients import sending_client
        from kizuna.adapters.senders.topics import TopicPublisher

        return TopicPublisher(sending_client("sns"))

    @cached_property
    def turns(self) -> Turnstile:
        """Moments that this function instance has taken of the pace of its channels."""
        from kizuna.usecases.delivery.turns import Turnstile

        return Turnstile(self._pace(), clock=self.now, rest=self.rest)

    # ── randomness, which the core does not have ────────────────────────────────────────────────

    def new_profile_id(self) -> str:
        return profile_id(self.now(), self.randomness(10))

    @property
    def base_url(self) -> str:
        return needed(self.settings.base_url, "base_url")


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
