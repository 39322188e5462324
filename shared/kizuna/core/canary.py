"""The canary: a synthetic person who unsubscribes every day, so that a way out that leads nowhere is soon noticed.

It is a person like any other in the tables, under an id that no real one has, and counts nowhere: it is in no
segment's index, so in no audience, report, score or snapshot, and nothing of it goes to the lake, the bus or the
counters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

PREFIX = "canary-"  # real profile ids begin with a p
SIMULATOR = (
    "success@simulator.amazonses.com"  # takes mail and costs no reputation (SES guide, mailbox simulator)
)


class Canary(BaseModel):
    """Which promotional e-mail campaign it is asked about, and to which mailbox that goes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    campaign: str
    mailbox: str = Field(default=SIMULATOR, pattern=r"^[^@\s]+@[^@\s]+$")


LATE = timedelta(hours=30)
"""After the last check. There is one a day; the rest is for a day on which it began late or was tried again."""

Step = Literal["joined", "allowed", "left", "withheld", "check"]


@dataclass(frozen=True, slots=True)
class Flight:
    """How one day's check ended. `failed_at` is the step that did not come out as it must; empty: all did; `check`:
    it could not be made."""

    at: datetime
    failed_at: Step | Literal[""] = ""
    seen: str = ""  # what came instead: a reason, a state, a status or the name of an error

    @property
    def is_well(self) -> bool:
        return not self.failed_at

    def is_late(self, *, now: datetime) -> bool:
        """Whether the next check should have ended long ago."""
        return now - self.at > LATE


def canary_id(now: datetime) -> str:
    """The canary of a month; a new one begins with an empty ledger."""
    return f"{PREFIX}{now.astimezone(UTC):%Y-%m}"


def mailbox_of(canary: Canary, now: datetime) -> str:
    """The mailbox of a month's canary: a label keeps it apart from those of other months."""
    name, _, host = canary.mailbox.rpartition("@")
    return f"{name}+{now.astimezone(UTC):%Y-%m}@{host}"


def is_canary(person: str) -> bool:
    return person.startswith(PREFIX)
