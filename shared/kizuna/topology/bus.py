"""What comes in by the bus, and by the account's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kizuna.topology.names import Queue

BUS_NAME = "kizuna"


@dataclass(frozen=True, slots=True)
class BusRule:
    """Events of a bus that match the pattern go to a queue. `default` is the account's own bus."""

    name: str
    bus: Literal["kizuna", "default"]
    pattern: Mapping[str, Any]
    queue: Queue
    why: str


BUS_RULES: tuple[BusRule, ...] = (
    BusRule(
        name="events-in",
        bus="kizuna",
        pattern={"detail-type": ["Customer Event"]},
        queue=Queue.INGEST,
        why="back ends put events on the bus; what Kizuna itself publishes has other detail types",
    ),
    BusRule(
        name="files-in",
        bus="default",
        pattern={
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {"object": {"key": [{"prefix": "imports/"}]}},
        },
        queue=Queue.IMPORTS,
        why="S3 tells the default bus of a new file; infra adds the name of the bucket",
    ),
    BusRule(
        name="ses-feedback",
        bus="default",
        pattern={
            "source": ["aws.ses"],
            "detail-type": [
                "Email Sent",
                "Email Delivered",
                "Email Bounced",
                "Email Complaint Received",
                "Email Rejected",
                "Email Rendering Failed",
                "Email Opened",
                "Email Clicked",
            ],
        },
        queue=Queue.FEEDBACK,
        why="SES publishes to the default bus only",
    ),
)
