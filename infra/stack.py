"""One stage of Kizuna, in the order of the picture. What is wired to what stands in `kizuna.topology`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aws_cdk import Annotations, Aws, Duration, Environment, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import bundling
from infra.access import Surroundings, environment, statements
from infra.alarms import Alarms
from infra.anchors import Anchors
from infra.athena import Athena
from infra.bus import Bus
from infra.dashboard import dashboard
from infra.email import Email
from infra.encryption import customer_key
from infra.function import StageFunction
from infra.http_api import HttpApi
from infra.imports import Imports
from infra.lake import Lake
from infra.line import line_accounts
from infra.outputs import camel_case, tell
from infra.push import PushChannel
from infra.queues import Queues
from infra.schedules import Schedules
from infra.secrets import signing_keys
from infra.settings import StageConfig
from infra.sms import SmsChannel
from infra.tables import Tables
from infra.users import Issuer, Users
from infra.whatsapp import WhatsAppChannel
from kizuna.topology import FUNCTIONS, QUEUES, SCHEDULED_FUNCTION, STREAM, SWEEPS, Function

CAMPAIGN_RETRIES = 2  # a sweep has none: the next one is a minute away


class KizunaStack(Stack):
    """Needs no credentials, no network and no look-up to synthesise."""

    def __init__(self, scope: Construct, config: StageConfig) -> None:
        super().__init__(
            scope,
            f"Kizuna-{config.stage}",
            description="Kizuna, a customer engagement engine",
            env=Environment(account=config.account, region=config.region),
            termination_protection=config.keep_data,
            tags={"app": "kizuna", "stage": config.stage, "cost-centre": config.cost_centre},
            analytics_reporting=False,
        )
        self.settings = config
        keep = config.keep_data
        self.key = customer_key(self, keep=keep) if config.customer_key else None

        # What comes in, and where it is kept.
        self.http = HttpApi(self, config=config)
        self.bus = Bus(self, stage=config.stage)
        self.queues = Queues(self)
        self.tables = Tables(self, keep=keep, key=self.key)
        self.lake = Lake(
            self,
            keep=keep,
            empty_on_delete=config.empty_buckets,
            key=self.key,
            keep_events=Duration.days(config.lake_days),
            buffer=Duration.seconds(config.lake_buffer_seconds),
            log_days=config.log_days,
        )
        self.athena = Athena(
            self,
            stage=config.stage,
            lake=self.lake,
            key=self.key,
            keep_days=config.lake_days,
            most_gigabytes=config.lake_query_gigabytes,
        )
        self.imports = Imports(
            self,
            keep=keep,
            empty_on_delete=config.empty_buckets,
            key=self.key,
            access_logs=self.lake.access_logs,
        )
        self.anchors = Anchors(
            self,
            keep=keep,
            empty_on_delete=config.empty_buckets,
            key=self.key,
            access_logs=self.lake.access_logs,
            days=config.anchor_days,
            lock=config.anchor_lock,
        )
        self.secret = signing_keys(self, keep=keep, key=self.key)

        # When something is due, and how it goes out.
        self.schedules = Schedules(self, lost=self.queues.lost_starts)
        self.email = Email(self, config=config, queues=self.queues, key=self.key)
        self.sms = self._sms() if config.sms.enabled else None
        self.push = PushChannel(config.push) if config.push.enabled else None
        self.whatsapp = self._whatsapp() if config.whatsapp.enabled else None
        self.line = line_accounts(self, keep=keep, key=self.key) if config.line.enabled else None

        # What happens in between, who sets it off, and who may look.
        self.functions = self._functions()
        self.users: Users | None = None
        if config.jwt:
            self.issuer = Issuer.of(config.jwt)
        else:
            self.users = Users(self, keep=keep, mfa=config.admin_mfa)
            self.issuer = self.users.issuer
        self._connect()
        self.alarms = self._alarms() if config.alarms else None
        if config.dashboard:
            self._dashboard()
        tell(self, dict(self._outputs()))

    @property
    def base_url(self) -> str:
        """Where links in messages point."""
        own = f"https://{self.settings.domain.name}" if self.settings.domain else None
        return self.settings.base_url or own or self.http.url

    @property
    def scheduled_function_name(self) -> str:
        """A name of our own, for the one function that must know its own ARN to arm its next start."""
        return f"{self.stack_name}-{SCHEDULED_FUNCTION.value}"

    @property
    def scheduled_function_arn(self) -> str:
        return self._function_arn(self.scheduled_function_name)

    @property
    def callout_function_name(self) -> str:
        """Likewise, for the one that another function calls."""
        return f"{self.stack_name}-{Function.CALLOUT.value}"

    @property
    def callout_function_arn(self) -> str:
        return self._function_arn(self.callout_function_name)

    def _function_arn(self, name: str) -> str:
        return f"arn:{Aws.PARTITION}:lambda:{Aws.REGION}:{Aws.ACCOUNT_ID}:function:{name}"

    def _sms(self) -> SmsChannel:
        return SmsChannel(self, settings=self.settings.sms, queues=self.queues, key=self.key)

    def _whatsapp(self) -> WhatsAppChannel:
        return WhatsAppChannel(self, settings=self.settings.whatsapp, queues=self.queues, key=self.key)

    def _functions(self) -> Mapping[Function, StageFunction]:
        around = Surroundings(
            stage=self.settings.stage,
            log_level=self.settings.log_level,
            base_url=self.base_url,
            tables=self.tables.by_name,
            queues=self.queues.by_name,
            bus=self.bus.bus,
            lake=self.lake,
            athena=self.athena,
            imports=self.imports,
            anchors=self.anchors,
            secret=self.secret,
            schedules=self.schedules,
            scheduled_function_arn=self.scheduled_function_arn,
            callout_function_arn=self.callout_function_arn,
            email=self.email,
            sms=self.sms,
            push=self.push,
            whatsapp=self.whatsapp,
            line=self.line,
            topics=self.settings.topics,
            key=self.key,
        )
        target = bundling.Target.named(self.settings.asset)
        code = self._code(target)
        names = {
            SCHEDULED_FUNCTION: self.scheduled_function_name,
            Function.CALLOUT: self.callout_function_name,
        }
        return {
            spec.name: StageFunction(
                self,
                spec,
                code=code,
                target=target,
                environment=environment(spec, around),
                statements=list(statements(spec, around)),
                log_days=self.settings.log_days,
                tracing=self.settings.tracing,
                name=names.get(spec.name),
            )
            for spec in FUNCTIONS
        }

    def _code(self, target: bundling.Target) -> lambda_.Code:
        if self.bundling_required:
            bundling.require_installer()
            if bundling.interpreter(target.python) is None:
                warning = bundling.no_bytecode_warning(target.python)
                Annotations.of(self).add_warning_v2("kizuna:no-bytecode", warning)
        return bundling.code(target)

    def _connect(self) -> None:
        lost = self.queues.lost_starts
        self.http.connect(
            {name: stage.function for name, stage in self.functions.items()}, issuer=self.issuer
        )
        self.bus.connect(
            self.queues,
            configuration_set=self.email.configuration_set_name,
            imports=self.imports.bucket.bucket_name,
        )
        for queue in QUEUES:
            if queue.consumer:
                self.functions[queue.consumer].consume(queue, self.queues.by_name[queue.name])
        self.functions[STREAM.consumer].follow(
            STREAM, self.tables.by_name[STREAM.table], self.queues.by_name[STREAM.lost]
        )
        for sweep in SWEEPS:
            swept = self.functions[sweep.function]
            self.schedules.sweep(sweep, swept.function.function_arn)
            swept.keep_failed_starts(lost, retries=0)
        self.schedules.may_start(self.scheduled_function_arn, sid="StartScheduled")
        self.functions[SCHEDULED_FUNCTION].keep_failed_starts(lost, retries=CAMPAIGN_RETRIES)

    def _alarms(self) -> Alarms:
        alarms = Alarms(self, email=self.settings.alarm_email)
        alarms.on_resting_places(self.queues.resting_places)
        alarms.on_functions(self.functions.values())
        alarms.on_stream(self.functions[STREAM.consumer])
        alarms.on_api(self.http.api)
        alarms.on_reputation(self.email.configuration_set_name)
        alarms.on_sources(self.settings.stage)
        alarms.on_way_out(self.settings.stage)
        alarms.on_brakes(self.settings.stage)
        alarms.on_account(self.settings.stage)
        alarms.on_experiments(self.settings.stage)
        alarms.on_watches(self.settings.stage)
        return alarms

    def _dashboard(self) -> None:
        dashboard(
            self,
            api=self.http.api,
            functions=self.functions.values(),
            queues=self.queues.by_name,
            resting_places=self.queues.resting_places,
            tables=self.tables.by_name,
            configuration_set=self.email.configuration_set_name,
        )

    def _outputs(self) -> Iterator[tuple[str, str]]:
        """Named after the variables of `topology.ENVIRONMENT`, for the command line; then what only people need."""
        yield "Stage", self.settings.stage
        yield "BaseUrl", self.base_url
        for table, built in self.tables.by_name.items():
            yield f"Table{table.value.title()}", built.table_name
        for queue, waiting in self.queues.by_name.items():
            yield f"Queue{camel_case(queue.value)}", waiting.queue_url
        yield "Bus", self.bus.bus.event_bus_name
        yield "Lake", self.lake.stream.ref
        yield "Bucket", self.lake.bucket.bucket_name
        yield "Imports", self.imports.bucket.bucket_name
        yield "Anchors", self.anchors.bucket.bucket_name
        yield "AthenaWorkgroup", self.athena.workgroup_name
        yield "AthenaDatabase", self.athena.database_name
        yield "Secret", self.secret.secret_arn
        yield "ScheduleGroup", self.schedules.group_name
        yield "ScheduleRole", self.schedules.role.role_arn
        yield "ScheduleTarget", self.scheduled_function_arn
        yield "Callout", self.callout_function_arn
        yield "ScheduleLost", self.schedules.lost_arn
        yield "SesConfigurationSet", self.email.configuration_set_name
        if self.sms:
            yield "SmsOrigination", self.sms.origination
            yield "SmsConfigurationSet", self.sms.configuration_set_name
            yield "SmsOptOutList", self.sms.opt_out_list
            yield "SmsReceiptsTopic", self.sms.receipts.topic_arn
            yield "SmsRepliesTopic", self.sms.replies.topic_arn
        if self.push:
            for name, value in self.push.variables().items():
                yield camel_case(name.removeprefix("KIZUNA_").lower().replace("_", "-")), value
        if self.whatsapp:
            for name, value in self.whatsapp.variables().items():
                yield camel_case(name.removeprefix("KIZUNA_").lower().replace("_", "-")), value
            yield "WhatsAppEventsTopic", self.whatsapp.events.topic_arn
        if self.line:
            yield "LineSecret", self.line.secret_arn
        yield "ApiUrl", self.http.url
        if self.http.domain:
            yield "ApiDomainTarget", self.http.domain.attr_regional_domain_name
        for queue, dead in self.queues.dead_letters.items():
            yield f"Dead{camel_case(queue.value)}", dead.queue_url
        yield "LostStarts", self.queues.lost_starts.queue_url
        if self.users:
            yield "UserPoolId", self.users.pool.user_pool_id
            yield "UserPoolClientId", self.users.client.user_pool_client_id
