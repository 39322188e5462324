"""What the use cases need from the outside: each is implemented by an adapter and by a fake, held to one contract.

All times are aware UTC. Every write says which condition guards it and what a crash right after it leaves.
"""

from kizuna.core.ports.askings import Askings
from kizuna.core.ports.backfills import Backfills
from kizuna.core.ports.brakes import BrakeStore, Cohorts
from kizuna.core.ports.definitions import Arrivals, CatalogStore, KeyFinder, Keys, Run, Runs, Schedules
from kizuna.core.ports.erasures import Cleared, Erasures, Rows
from kizuna.core.ports.merges import Claimed, Merges, Moved, Parting
from kizuna.core.ports.messages import (
    Counters,
    Gathered,
    Messages,
    NewMessage,
    Pressed,
)
from kizuna.core.ports.people import Due, IdentityKey, Ledger, People, PersonWrite, TimelineEntry
from kizuna.core.ports.pipes import Bus, Lake, Quarantine, Queues
from kizuna.core.ports.rfm import RfmRuns
from kizuna.core.ports.senders import Envelope, Sender, Senders
from kizuna.core.ports.turns import Pace, Slots, Turns

__all__ = [
    "Arrivals",
    "Askings",
    "Backfills",
    "BrakeStore",
    "Bus",
    "CatalogStore",
    "Claimed",
    "Cleared",
    "Cohorts",
    "Counters",
    "Due",
    "Envelope",
    "Erasures",
    "Gathered",
    "IdentityKey",
    "KeyFinder",
    "Keys",
    "Lake",
    "Ledger",
    "Merges",
    "Messages",
    "Moved",
    "NewMessage",
    "Pace",
    "Parting",
    "People",
    "PersonWrite",
    "Pressed",
    "Quarantine",
    "Queues",
    "RfmRuns",
    "Rows",
    "Run",
    "Runs",
    "Schedules",
    "Sender",
    "Senders",
    "Slots",
    "TimelineEntry",
    "Turns",
]
