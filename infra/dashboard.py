"""One page that follows the path of the data: in, kept, reacted to, sent, come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarms import reputation
from infra.function import StageFunction
from kizuna.topology import Queue, Table

_PERIOD = Duration.minutes(5)
_HALF = 12


def dashboard(
    scope: Construct,
    *,
    api: gateway.HttpApi,
    functions: Iterable[StageFunction],
    queues: Mapping[Queue, sqs.Queue],
    resting_places: Mapping[str, sqs.Queue],
    tables: Mapping[Table, dynamodb.Table],
    configuration_set: str,
) -> cloudwatch.Dashboard:
    """Every graph on it answers one question, which is its title."""
    stages = list(functions)
    rows: list[list[cloudwatch.IWidget]] = [
        [
            _graph(
                "What comes in, and is it refused?",
                [api.metric_count(), api.metric_client_error(), api.metric_server_error()],
            ),
            _graph(
                "How long do callers wait?",
                [api.metric_latency(statistic=statistic) for statistic in ("p50", "p99")],
            ),
        ],
        [
            _graph("What do the functions do?", [stage.function.metric_invocations() for stage in stages]),
            _graph(
                "Which of them fail?",
                [
                    m
                    for stage in stages
                    for m in (stage.function.metric_errors(), stage.function.metric_throttles())
                ],
            ),
        ],
        [
            _graph(
                "What waits in the queues?",
                [queue.metric_approximate_number_of_messages_visible() for queue in queues.values()],
            ),
            _graph(
                "For how long?",
                [queue.metric_approximate_age_of_oldest_message() for queue in queues.values()],
            ),
        ],
        [
            _graph(
                "How far behind the changes is each reader?",
                [
                    stage.function.metric("IteratorAge", statistic="Maximum")
                    for stage in stages
                    if stage.spec.reads_stream_of
                ],
            ),
            _graph(
                "What failed for good?",
                [
                    queue.metric_approximate_number_of_messages_visible(label=name)
                    for name, queue in resting_places.items()
                ],
            ),
        ],
        [
            _graph(
                "What do the tables cost?",
                [
                    metric
                    for table in tables.values()
                    for metric in (
                        table.metric_consumed_read_capacity_units(),
                        table.metric_consumed_write_capacity_units(),
                    )
                ],
            ),
            _graph(
                "How good is the name of the sender?",
                [
                    reputation(configuration_set, metric)
                    for metric in ("Reputation.BounceRate", "Reputation.ComplaintRate")
                ],
            ),
        ],
    ]
    return cloudwatch.Dashboard(scope, "Dashboard", widgets=rows)


def _graph(title: str, metrics: list[cloudwatch.Metric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=_HALF, period=_PERIOD)
