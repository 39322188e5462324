"""The lists of tasks for members of staff."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.tasks import Stage, Task


class Tasks(Protocol):
    """Rows for call centres, shops and printers, each in the partition of its person."""

    def put(self, task: Task) -> Task:
        """Put a task where there is none; returns the one that is there afterwards. So it may be put again after any
        doubt, and a crash leaves it there or not. Raises Unavailable.
        """
        ...

    def get(self, part: str, task: str) -> Task | None: ...

    def save(self, task: Task) -> bool:
        """Store the next form of a task, if the stored one is of the version before; False if somebody was faster.

        True as well if exactly this is stored already. A crash leaves one or the other. Raises Unavailable.
        """
        ...

    def page(
        self, queues: Collection[str], stages: Collection[Stage], *, after: str = "", limit: int = 20
    ) -> tuple[tuple[Task, ...], str | None]:
        """A page of the tasks of these queues in these stages, what is due first in front, with where the next page
        starts (None: nowhere). `after` is what an earlier page gave. Found by an index that may be a second late: a
        task is given as it is by now, and one that has left the stage since is left out.
        """
        ...
