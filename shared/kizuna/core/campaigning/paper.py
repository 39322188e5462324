"""A run on paper: what so many people cost, and how long they take against the quotas of each service.

No figure here was measured on AWS. What a decision and a sending take is assumed (`Pace`), quotas are those that an
account begins with in us-east-1, as told by the pages of each service: raise them, or the pace, and ask again.

    DynamoDB   40,000 write units a second and table, 1,000 a second and partition
               https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
    Lambda     1,000 at a time, https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    SES        a rate of the account's own, https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html
    SQS        no quota on a standard queue's calls; 120,000 messages in flight
               https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kizuna.core.costs import READ_UNITS, REST, WRITE_UNITS, CostRules
from kizuna.core.prices import MILLION, US_EAST_1, Prices
from kizuna.topology import CHANNEL_QUEUES, COUNTER_SHARDS, DECIDED_SHARDS, QUEUES, SEGMENT_SHARDS

TABLE_WRITES = 40_000  # units a second
PARTITION_WRITES = 1_000
ACCOUNT_LAMBDAS = 1_000


@dataclass(frozen=True, slots=True)
class Pace:
    """What is assumed of single steps, in seconds: some round trips to DynamoDB of 5 ms each, and our own CPU."""

    decision: float = 0.025  # of one person, in one shard of the audience
    sending: float = 0.080  # of one message: the provider's call, the claim, and what is read before
    count: float = 0.010  # of one transaction on a row of a counter, which takes one at a time


@dataclass(frozen=True, slots=True)
class Limit:
    """How many people a second one part lets through, and what sets that."""

    what: str
    per_second: float
    because: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A run of so many people: dollars, units, and the parts from the slowest on."""

    people: int
    sent: int
    write_units: float
    read_units: float
    provider: float
    dynamodb: float
    rest: float
    limits: tuple[Limit, ...]

    @property
    def total(self) -> float:
        return self.provider + self.dynamodb + self.rest

    @property
    def takes(self) -> timedelta:
        """How long the slowest part needs; the parts work at the same time."""
        return timedelta(seconds=self.people / self.limits[0].per_second)

    @property
    def lambdas(self) -> int:
        """How many functions run at a time at most, for the fan-out and for the senders."""
        return SEGMENT_SHARDS + _senders("email")


_RULES, _PACE = CostRules(), Pace()


def on_paper(
    people: int,
    *,
    channel: str = "email",
    heard: float = 1.0,
    provider_rate: float = 14.0,
    rules: CostRules = _RULES,
    pace: Pace = _PACE,
    prices: Prices = US_EAST_1,
) -> Paper:
    """A run of `people`, of whom the share `heard` is sent a message; the provider takes `provider_rate` a second.

    Raises ValueError for nobody, a share that is none, or a rate of nothing.
    """
    if people < 1 or not 0 <= heard <= 1 or not provider_rate > 0:
        raise ValueError("people is at least 1, heard 0 to 1, provider_rate above 0")
    sent = round(people * heard)
    withheld = people - sent
    writes = sent * WRITE_UNITS["sent"] + withheld * WRITE_UNITS["withheld"]
    reads = sent * READ_UNITS["sent"] + withheld * READ_UNITS["withheld"]
    return Paper(
        people=people,
        sent=sent,
        write_units=writes,
        read_units=reads,
        provider=sent * rules.of_message(channel),
        dynamodb=(writes * prices.write_units + reads * prices.read_units) / MILLION,
        rest=(sent * REST["sent"] + withheld * REST["withheld"]) / MILLION,
        limits=_limits(heard, writes / people, channel, provider_rate, pace),
    )


def _limits(heard: float, writes: float, channel: str, provider_rate: float, pace: Pace) -> tuple[Limit, ...]:
    senders = _senders(channel)
    found = [
        Limit("deciding", SEGMENT_SHARDS / pace.decision, f"{SEGMENT_SHARDS} shards at a time"),
        Limit("the table", TABLE_WRITES / writes, f"{TABLE_WRITES:,} write units a second"),
        Limit(
            "the index of decisions",
            DECIDED_SHARDS * PARTITION_WRITES / 3,  # written as decided, claimed and settled
            f"{DECIDED_SHARDS} partitions",
        ),
        Limit("counting", COUNTER_SHARDS / pace.count / (1 + heard), f"{COUNTER_SHARDS} rows of a counter"),
    ]
    if heard:
        found += [
            Limit("sending", senders / pace.sending / heard, f"{senders} senders at a time"),
            Limit("the provider", provider_rate / heard, f"{provider_rate:g} messages a second"),
        ]
    return tuple(sorted(found, key=lambda limit: limit.per_second))


def _senders(channel: str) -> int:
    """How many functions send on a channel at a time."""
    queue = CHANNEL_QUEUES[channel]
    most = next(spec.max_concurrency for spec in QUEUES if spec.name == queue)
    return most or ACCOUNT_LAMBDAS
