"""What several entrances build of the same ports: a function and a command, say."""

from __future__ import annotations

from kizuna.adapters.tables.tasks import TaskHander
from kizuna.runtime.wiring import Services
from kizuna.usecases.authoring.proofs import ProofDesk
from kizuna.usecases.delivery.deliver import Deliverer
from kizuna.usecases.desk import Desk
from kizuna.usecases.journeys.withdrawing import Walks
from kizuna.usecases.tasks.taking import TaskDesk


def management_desk(wired: Services) -> Desk:
    """What the management side looks through, over HTTP and in the terminal."""
    return Desk(
        wired.people,
        wired.ledger,
        wired.messages,
        wired.counters,
        wired.runs,
        wired.merges,
        wired.brakes,
        wired.results,
        wired.journeys,
        wired.halts,
    )


def proof_desk(wired: Services) -> ProofDesk:
    """Where proofs are asked for, over HTTP and in the terminal. They are sent by who sends everything."""
    return ProofDesk(wired.ledger, wired.proofs, wired.queues, wired.base_url, wired.randomness)


def task_desk(wired: Services) -> TaskDesk:
    """Where tasks are handed out. It has no senders: whoever claims a task is the one who brings the message."""
    return TaskDesk(
        tasks=wired.tasks,
        deliverer=Deliverer(
            people=wired.people,
            ledger=wired.ledger,
            messages=wired.messages,
            senders={},
            link_keys=wired.secrets.link_keys,
            base_url=wired.base_url,
            randomness=wired.randomness,
            walks=Walks(wired.journeys, wired.halts),
        ),
        hands=lambda task, by, file, now: TaskHander(wired.tasks, task, by=by, file=file, now=now),
        new_id=wired.new_profile_id,
    )
