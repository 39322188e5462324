"""What several entrances build of the same ports: a function and a command, say."""

from __future__ import annotations

from kizuna.adapters.tasks_table import TaskHander
from kizuna.runtime.wiring import Services
from kizuna.usecases.deliver import Deliverer
from kizuna.usecases.tasks import TaskDesk


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
        ),
        hands=lambda task, by, file, now: TaskHander(wired.tasks, task, by=by, file=file, now=now),
        new_id=wired.new_profile_id,
    )
