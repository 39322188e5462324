"""One stage of the flow as a Lambda function."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.bundling import Target
from infra.log_groups import log_group
from kizuna.topology import QUEUES, FunctionSpec, QueueSpec, StreamSpec

_READ_QUEUE = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
_READ_STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
STREAM_RETRIES = 10  # then the batch is halved, down to the one record that fails


class StageFunction(Construct):
    """A function with its own role and its own log group, that may do only what the given statements say."""

    def __init__(
        self,
        scope: Construct,
        spec: FunctionSpec,
        *,
        code: lambda_.Code,
        target: Target,
        environment: Mapping[str, str],
        statements: Sequence[iam.PolicyStatement],
        log_days: int,
        tracing: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(scope, spec.name.value.title())
        self.spec = spec
        self.queue_mappings: list[lambda_.EventSourceMapping] = []
        group = log_group(self, days=log_days)
        # Not the managed policy for Lambda, which may write to every log group of the account.
        self._role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self._allow("WriteLogs", ("logs:CreateLogStream", "logs:PutLogEvents"), group.log_group_arn)
        for statement in statements:
            self._role.add_to_policy(statement)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=spec.why,
            code=code,
            handler=spec.handler,
            runtime=target.runtime,
            architecture=target.architecture,
            memory_size=spec.memory,
            timeout=Duration.seconds(spec.timeout),
            environment=dict(environment),
            role=self._role,
            log_group=group,
            tracing=lambda_.Tracing.ACTIVE if tracing else lambda_.Tracing.DISABLED,
            # Lambda stops a function that feeds the queue it is fed by after 16 rounds, unless it is meant to.
            recursive_loop=lambda_.RecursiveLoop.ALLOW if _feeds_itself(spec) else None,
        )

    def consume(self, spec: QueueSpec, queue: sqs.IQueue) -> None:
        """Take batches from a queue, reporting failures record by record."""
        id_ = spec.name.value.title()
        self._allow(f"Consume{id_}", _READ_QUEUE, queue.queue_arn)
        mapping = self.function.add_event_source_mapping(
            f"{id_}Queue",
            event_source_arn=queue.queue_arn,
            batch_size=spec.batch_size,
            max_concurrency=spec.max_concurrency,
            report_batch_item_failures=True,
        )
        self.queue_mappings.append(mapping)

    def follow(self, spec: StreamSpec, table: dynamodb.ITable, lost: sqs.IQueue) -> None:
        """Take the changes of a table. What fails to the end is told to a queue, and the stream moves on."""
        stream = table.table_stream_arn
        if stream is None:
            raise ValueError(f"the table {spec.table} has no stream")
        self._allow("FollowStream", _READ_STREAM, stream)
        self._allow("ListStreams", ("dynamodb:ListStreams",), "*")  # it knows no resources
        lambda_.CfnEventSourceMapping(
            self,
            f"{spec.table.value.title()}Stream",
            function_name=self.function.function_name,
            event_source_arn=stream,
            starting_position="TRIM_HORIZON",
            batch_size=spec.batch_size,
            maximum_batching_window_in_seconds=spec.window_seconds,
            filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
                filters=[
                    lambda_.CfnEventSourceMapping.FilterProperty(pattern=json.dumps(pattern))
                    for pattern in spec.filters
                ]
            ),
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
            maximum_retry_attempts=STREAM_RETRIES,
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=lost.queue_arn)
            ),
        ).node.add_dependency(self._role)

    def keep_failed_starts(self, lost: sqs.IQueue, *, retries: int) -> None:
        """For a function that is started and not waited for: try again, then keep the failed start in a queue."""
        self._allow("KeepFailedStarts", ("sqs:SendMessage",), lost.queue_arn)
        lambda_.CfnEventInvokeConfig(
            self,
            "Starts",
            function_name=self.function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=retries,
            maximum_event_age_in_seconds=Duration.hours(1).to_seconds(),
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=lost.queue_arn)
            ),
        ).node.add_dependency(self._role)

    def _allow(self, sid: str, actions: Sequence[str], resource: str) -> None:
        self._role.add_to_policy(iam.PolicyStatement(sid=sid, actions=list(actions), resources=[resource]))


def _feeds_itself(spec: FunctionSpec) -> bool:
    return any(queue.consumer is spec.name for queue in QUEUES if queue.name in spec.sends_to)
