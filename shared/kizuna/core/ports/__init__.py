"""What the use cases need from the outside: each is implemented by an adapter and by a fake, held to one contract.

All times are aware UTC. Every write says which condition guards it and what a crash right after it leaves.
"""

from kizuna.core.ports.askings import Askings
from kizuna.core.ports.backfills import Backfills
from kizuna.core.ports.brakes import BrakeStore, Cohorts
from kizuna.core.ports.controls import Controls
from kizuna.core.ports.definitions import (
    Arrivals,
    CatalogStore,
    KeyFinder,
    Keys,
    Parts,
    Run,
    Runs,
    RunState,
    Schedules,
)
from kizuna.core.ports.erasures import Cleared, Erasures, Rows
from kizuna.core.ports.experiments import Trials
from kizuna.core.ports.journeys import Entered, EntryLimit, Halts, JourneyRuns, Walked
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
from kizuna.core.ports.proofs import Proofs
from kizuna.core.ports.results import Results
from kizuna.core.ports.rfm import RfmRuns
from kizuna.core.ports.rhythms import Rhythms
from kizuna.core.ports.senders import Envelope, Sender, Senders
from kizuna.core.ports.simulations import Simulations
from kizuna.core.ports.turns import Pace, Quotas, Slots, Turns

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
    "Controls",
    "Counters",
    "Due",
    "Entered",
    "EntryLimit",
    "Envelope",
    "Erasures",
    "Gathered",
    "Halts",
    "IdentityKey",
    "JourneyRuns",
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
    "Parts",
    "People",
    "PersonWrite",
    "Pressed",
    "Proofs",
    "Quarantine",
    "Queues",
    "Quotas",
    "Results",
    "RfmRuns",
    "Rhythms",
    "Rows",
    "Run",
    "RunState",
    "Runs",
    "Schedules",
    "Sender",
    "Senders",
    "Simulations",
    "Slots",
    "TimelineEntry",
    "Trials",
    "Turns",
    "Walked",
]
