"""What the use cases need from the outside: each is implemented by an adapter and by a fake, held to one contract.

All times are aware UTC. Every write says which condition guards it and what a crash right after it leaves.
"""

from kizuna.core.ports.backfills import Backfills
from kizuna.core.ports.definitions import Arrivals, CatalogStore, KeyFinder, Keys, Run, Runs, Schedules
from kizuna.core.ports.erasures import Cleared, Erasures, Rows
from kizuna.core.ports.merges import Claimed, Merges, Moved, Parting
from kizuna.core.ports.messages import (
    Counters,
    EmailSender,
    Envelope,
    Messages,
    NewMessage,
    Pressed,
    PushSender,
    SmsSender,
)
from kizuna.core.ports.people import Due, IdentityKey, Ledger, People, PersonWrite, TimelineEntry
from kizuna.core.ports.pipes import Bus, Lake, Quarantine, Queues
from kizuna.core.ports.rfm import RfmRuns

__all__ = [
    "Arrivals",
    "Backfills",
    "Bus",
    "CatalogStore",
    "Claimed",
    "Cleared",
    "Counters",
    "Due",
    "EmailSender",
    "Envelope",
    "Erasures",
    "IdentityKey",
    "KeyFinder",
    "Keys",
    "Lake",
    "Ledger",
    "Merges",
    "Messages",
    "Moved",
    "NewMessage",
    "Parting",
    "People",
    "PersonWrite",
    "Pressed",
    "PushSender",
    "Quarantine",
    "Queues",
    "RfmRuns",
    "Rows",
    "Run",
    "Runs",
    "Schedules",
    "SmsSender",
    "TimelineEntry",
]
