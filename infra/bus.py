"""The bus for other systems, and the rules that bring events into the queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from infra.queues import Queues
from kizuna.topology import BUS_NAME, BUS_RULES, BusRule


class Bus(Construct):
    """Back ends put events on it, and domain events are published on it. Named, because others must find it."""

    def __init__(self, scope: Construct, *, stage: str) -> None:
        super().__init__(scope, "Bus")
        self.bus = events.EventBus(
            self,
            "Bus",
            event_bus_name=f"{BUS_NAME}-{stage}",
            description="Customer events in, domain events out",
        )

    def connect(self, queues: Queues, *, configuration_set: str, imports: str) -> None:
        """Add every rule of the topology. What a queue refuses goes to its dead-letter queue."""
        for rule in BUS_RULES:
            queue = queues.by_name[rule.queue]
            events.Rule(
                self,
                rule.name.title().replace("-", ""),
                description=rule.why,
                event_bus=self.bus if rule.bus == "kizuna" else None,
                event_pattern=_pattern(rule, configuration_set, imports),
                targets=[targets.SqsQueue(queue, dead_letter_queue=queues.dead_letters[rule.queue])],
            )


def _pattern(rule: BusRule, configuration_set: str, imports: str) -> events.EventPattern:
    pattern: dict[str, Any] = dict(rule.pattern)
    if "aws.ses" in pattern.get("source", ()):
        # The default bus belongs to the whole account: take only what was sent through this stage's own set.
        pattern["detail"] = {"mail": {"tags": {"ses:configuration-set": [configuration_set]}}}
    if "aws.s3" in pattern.get("source", ()):
        pattern["detail"] = {**pattern["detail"], "bucket": {"name": [imports]}}
    return events.EventPattern(**{key.replace("-", "_"): _value(value) for key, value in pattern.items()})


def _value(value: Mapping[str, Any] | list[str]) -> Any:
    return dict(value) if isinstance(value, Mapping) else list(value)
