"""What somebody must be told of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.function import StageFunction
from kizuna.topology import METRICS_NAMESPACE

FIVE_MINUTES = Duration.minutes(5)
# The rates from which SES calls a sender's reputation less than good; it reviews at 5 % and 0.1 %.
BOUNCE_RATE = 0.02
COMPLAINT_RATE = 0.001


class Alarms(Construct):
    """One alarm for each thing that is wrong by itself; all tell one topic, which whoever is on call subscribes.

    Each is called by the stack and the name that docs/runbook.md has a line for (`Kizuna-prod-WayOut`), so that
    whoever is woken finds the line.
    """

    def __init__(self, scope: Construct, *, email: str | None) -> None:
        super().__init__(scope, "Alarms")
        self.topic = sns.Topic(self, "Topic", display_name="Kizuna", enforce_ssl=True)
        self.topic.apply_removal_policy(RemovalPolicy.DESTROY)
        if email:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))

    def on_resting_places(self, queues: Mapping[str, sqs.Queue]) -> None:
        for name, queue in queues.items():
            self._alarm(
                f"NotEmpty{_id(name)}",
                queue.metric_approximate_number_of_messages_visible(period=FIVE_MINUTES, statistic="Maximum"),
                at_least=1,
                why=f"{name} holds records that failed for good. Read one, mend the cause, redrive.",
            )

    def on_functions(self, functions: Iterable[StageFunction]) -> None:
        for stage in functions:
            name = stage.spec.name.value
            self._alarm(
                f"Errors{_id(name)}",
                stage.function.metric_errors(period=FIVE_MINUTES),
                at_least=1,
                why=f"{name} failed as a whole: an error that it does not handle, a time-out, or memory.",
            )
            self._alarm(
                f"Throttles{_id(name)}",
                stage.function.metric_throttles(period=FIVE_MINUTES),
                at_least=1,
                periods=3,
                why=f"{name} was refused for a quarter of an hour: the account's concurrency is used up.",
            )

    def on_stream(self, stage: StageFunction) -> None:
        self._alarm(
            "Lag",
            stage.function.metric("IteratorAge", period=FIVE_MINUTES, statistic="Maximum"),
            at_least=Duration.hours(1).to_milliseconds(),
            why=f"{stage.spec.name} is an hour behind the changes; the stream forgets after 24 hours.",
        )

    def on_api(self, api: gateway.HttpApi) -> None:
        self._alarm(
            "ServerErrors",
            api.metric_server_error(period=FIVE_MINUTES, statistic="Sum"),
            at_least=1,
            periods=2,
            why="The API answers 5xx. Clients try again, so little is lost if it ends soon.",
        )

    def on_reputation(self, configuration_set: str) -> None:
        for name, metric, rate in (
            ("Bounces", "Reputation.BounceRate", BOUNCE_RATE),
            ("Complaints", "Reputation.ComplaintRate", COMPLAINT_RATE),
        ):
            self._alarm(
                name,
                reputation(configuration_set, metric),
                at_least=rate,
                why=f"{name} are at {rate:.1%} or more. Find the run that causes them before SES pauses sending.",
            )

    def on_sources(self, stage: str) -> None:
        """By the figures that the sweep of every minute writes while some source declares a cadence."""
        for metric, why in (
            ("SourcesQuiet", "A source has gone quiet: kizuna doctor says which. Ask whoever runs it."),
            ("SourcesFlooding", "A source sends far more than usual: kizuna doctor says which."),
            ("SourcesNotWatched", "The watch over sources fails; the log of wake says why."),
        ):
            self._alarm(metric, _own(metric, stage), at_least=1, why=why)

    def on_brakes(self, stage: str) -> None:
        """By the figures that the sweep of every minute writes once there was a brake: they ring while it is on."""
        for metric, why in (
            (
                "RunsPaused",
                "A run stands still: kizuna brake says which and why. Resume it with a reason, or leave it.",
            ),
            ("MarketingStopped", "All promotion stands still: kizuna brake says why."),
            ("MarketingWarned", "If this goes on, all promotion stops: kizuna brake says what."),
            ("BrakesNotWatched", "The watch over brakes fails; the log of wake says why."),
        ):
            self._alarm(metric, _own(metric, stage), at_least=1, why=why)

    def on_experiments(self, stage: str) -> None:
        """By what the sweep of every minute writes as it finds an experiment's arms out of proportion, which it tells
        once: the counts of such an experiment prove nothing (`core/experiments/verdict.py`)."""
        for metric, why in (
            (
                "ExperimentsUneven",
                "The arms of an experiment are not as large as they were drawn: its figures prove nothing."
                " kizuna experiment status says which; docs/experiments.md.",
            ),
            ("ExperimentsNotJudged", "Experiments are not looked at; the log of wake says why."),
        ):
            self._alarm(metric, _own(metric, stage), at_least=1, why=why)

    def on_account(self, stage: str) -> None:
        """By what the hourly look at the providers writes."""
        for metric, why in (
            (
                "AccountWarnings",
                "Something about the account at SES or End User Messaging is to be looked at: kizuna account.",
            ),
            ("ListsNotMirrored", "A provider's list could not be mirrored; the log of account says which."),
        ):
            self._alarm(metric, _own(metric, stage), at_least=1, why=why)

    def on_watches(self, stage: str) -> None:
        """By what the sweep of every minute writes when it cannot look after something that goes on by itself."""
        for metric, why in (
            (
                "BackfillNotWatched",
                "A backfill that stands still would not be seen; the log of wake says why.",
            ),
            (
                "JourneysNotWatched",
                "Journeys that were resumed or changed may stand still; the log of wake says why.",
            ),
        ):
            self._alarm(metric, _own(metric, stage), at_least=1, why=why)

    def on_way_out(self, stage: str) -> None:
        """By what the canary writes once a day, and what the sweep of every minute says of how long ago that was."""
        self._alarm(
            "WayOut",
            _own("WayOutBroken", stage),
            at_least=1,
            why="Unsubscribing does not work: the canary's opt-out did not count. Stop sending.",
        )
        self._alarm(
            "WayOutNotChecked",
            _own("WayOutNotChecked", stage),
            at_least=1,
            why="The way out was not checked for 30 hours, or nobody can tell: is the schedule on?",
        )

    def _alarm(
        self, id_: str, metric: cloudwatch.IMetric, *, at_least: float, why: str, periods: int = 1
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            id_,
            alarm_name=f"{Stack.of(self).stack_name}-{id_}",
            metric=metric,
            threshold=at_least,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"{why} See docs/runbook.md: {id_}.",
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))


def _own(metric: str, stage: str) -> cloudwatch.Metric:
    """One of our own gauges."""
    return cloudwatch.Metric(
        namespace=METRICS_NAMESPACE,
        metric_name=metric,
        dimensions_map={"service": "kizuna", "stage": stage},
        statistic="Maximum",
        period=FIVE_MINUTES,
    )


def reputation(configuration_set: str, metric: str) -> cloudwatch.Metric:
    """A rate that SES keeps for one configuration set, as a share of one."""
    return cloudwatch.Metric(
        namespace="AWS/SES",
        metric_name=metric,
        dimensions_map={"ses:configuration-set": configuration_set},
        statistic="Average",
        period=Duration.hours(1),
    )


def _id(name: str) -> str:
    return "".join(
        part.capitalize() for part in name.replace("(", "").replace(")", "").replace("-", " ").split()
    )
