"""List prices of AWS in US dollars, with the day they were last looked at. Check them before you quote them.

us-east-1, on demand, without free tiers and data transfer. Those in `UNCHECKED` were not looked up.
https://aws.amazon.com/dynamodb/pricing/on-demand/ and the like for each service.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """What one million of each thing costs, except where a name says otherwise."""

    as_of: date
    region: str
    write_units: float  # DynamoDB: one KB each, doubled in transactions
    read_units: float  # DynamoDB: 4 KB each, half where the read may be stale
    http_requests: float  # HTTP API, each 512 KB
    lambda_requests: float
    gigabyte_second: float  # Lambda on arm64
    queue_requests: float  # SQS, each 64 KB
    bus_events: float  # EventBridge custom events, each 64 KB
    emails: float  # SES
    push_messages: float  # Pinpoint and SNS
    firehose_gigabyte: float  # each record rounded up to 5 KB
    logs_gigabyte: float


US_EAST_1 = Prices(
    as_of=date(2026, 11, 22),
    region="us-east-1",
    write_units=0.625,
    read_units=0.125,
    http_requests=1.00,
    lambda_requests=0.20,
    gigabyte_second=0.0000133334,
    queue_requests=0.40,
    bus_events=1.00,
    emails=100.00,
    push_messages=0.50,
    firehose_gigabyte=0.029,
    logs_gigabyte=0.50,
)

UNCHECKED = frozenset({"firehose_gigabyte", "logs_gigabyte"})
CORE_MEGABYTES = 1769  # of memory at which a Lambda function has one whole core
FIREHOSE_STEP = 5 * 1024  # bytes
